//! The budgets of memory in `docs/operations.md` are those of the program, and the memory limit
//! of the pods is their sum.

use std::{collections::HashMap, fs, path::Path};

use backlog_mcp_hub::{backlog::ClientOptions, web::body_budget::BodyLimits};
use regex::Regex;

const MIB: usize = 1 << 20;

fn read(file: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    fs::read_to_string(root.join(file)).expect(file)
}

/// The MiB of each budget in the table, by its name.
fn budgets() -> HashMap<String, usize> {
    let page = read("docs/operations.md");
    let section = page.split("### Memory").nth(1).expect("the section");
    let row = Regex::new(r"(?m)^\| ([^|]+) \| ([0-9]+) MiB \|").unwrap();
    row.captures_iter(section)
        .map(|row| (row[1].to_owned(), row[2].parse().expect("a number")))
        .collect()
}

#[test]
fn the_memory_limit_of_the_pods_is_the_sum_of_the_budgets() {
    let mut budgets = budgets();
    let together = budgets.remove("together").expect("the sum");
    assert_eq!(budgets.values().sum::<usize>(), together, "{budgets:?}");
    let manifest = read("deploy/kubernetes/backlog-mcp-hub.yaml");
    // The other containers run commands, and end.
    let limit = Regex::new(r"limits:\s+# The sum of [^\n]*\s+memory: ([0-9]+)Mi\n").unwrap();
    let limit = limit.captures(&manifest).expect("a limit");
    assert_eq!(limit[1].parse::<usize>().unwrap(), together);
}

#[test]
fn the_budgets_are_those_of_the_program() {
    let budgets = budgets();
    let of = |name: &str| {
        let found = budgets.iter().find(|(known, _)| known.starts_with(name));
        found.expect(name).1 * MIB
    };
    assert_eq!(of("request bodies"), BodyLimits::default().of_all);
    let client = ClientOptions::default();
    assert_eq!(of("answers of Backlog"), client.max_bytes_in_memory);
}
