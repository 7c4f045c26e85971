//! Every index earns its place: `docs/data.md` names what uses it.
//!
//! 1. The table has each index of the schema once, and no other. A partition has those of its table.
//! 2. Every foreign key has an index that begins with its column.
//! 3. The cleanup can use its indexes.

use std::collections::BTreeSet;

use regex::Regex;
use sqlx::PgPool;

use crate::{deployment::files::read, support::database::TestDatabase};

/// The indexes that the page names, in its order.
fn documented() -> Vec<String> {
    let page = read("docs/data.md");
    let (_, section) = page.split_once("\n## Indexes\n").expect("the section");
    let (section, _) = section.split_once("\n## ").expect("the next section");
    let name = Regex::new("`([a-z_]+)`").unwrap();
    let rows = section.lines().filter(|line| line.starts_with("| `"));
    let cells = rows.map(|row| row.split('|').nth(1).expect("a cell"));
    cells
        .flat_map(|cell| name.captures_iter(cell).map(|found| found[1].to_owned()))
        .collect()
}

async fn names(db: &PgPool, query: &'static str) -> Vec<String> {
    sqlx::query_scalar(query)
        .fetch_all(db)
        .await
        .expect("names of the catalog")
}

#[tokio::test(flavor = "multi_thread")]
async fn every_index_has_a_use() {
    let database = TestDatabase::create().await;
    let indexes = names(
        database.pool(),
        "SELECT indexes.relname::text
         FROM pg_index JOIN pg_class AS indexes ON indexes.oid = indexrelid
         JOIN pg_class AS tables ON tables.oid = indrelid
         WHERE tables.relnamespace = 'hub'::regnamespace AND NOT indexes.relispartition
           AND tables.relkind IN ('r', 'p') AND tables.relname <> 'refinery_schema_history'",
    )
    .await;
    let documented = documented();
    let once: BTreeSet<_> = documented.iter().cloned().collect();
    assert_eq!(once.len(), documented.len(), "named twice: {documented:?}");
    assert_eq!(once, indexes.into_iter().collect::<BTreeSet<_>>());
}

#[tokio::test(flavor = "multi_thread")]
async fn every_foreign_key_has_an_index() {
    let database = TestDatabase::create().await;
    let without = names(
        database.pool(),
        "SELECT conname::text FROM pg_constraint
         WHERE contype = 'f' AND connamespace = 'hub'::regnamespace
           AND NOT EXISTS (SELECT FROM pg_index
                           WHERE indrelid = conrelid AND indkey[0] = conkey[1]
                             AND indpred IS NULL)",
    )
    .await;
    assert_eq!(without, Vec::<String>::new());
}

/// PostgreSQL compares no index with `clock_timestamp()`, whose value changes during the statement:
/// each batch would read its table from the beginning.
#[test]
fn the_cleanup_compares_indexes_with_the_time_of_its_statement() {
    let source = read("src/db/cleanup.rs");
    assert!(source.contains("expires_at <= statement_timestamp()"));
    assert!(!source.contains("clock_timestamp()"));
}
