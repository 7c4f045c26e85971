//! `docs/architecture.md` and `docs/decisions` describe the program as it is:
//!
//! 1. The page names every room and every crate, and no file.
//! 2. The solid lines of its entity diagram are the foreign keys of the migrations, and
//!    `docs/data.md` has every table.
//! 3. It and the decisions are short, and the list of decisions is complete.

use std::{collections::BTreeSet, fs, path::Path};

use regex::Regex;

const PAGE: &str = "docs/architecture.md";
const DECISIONS: &str = "docs/decisions";
/// The longest line, in characters.
const LINE: usize = 100;
/// The most words of the page, its diagrams included.
const WORDS: usize = 2_000;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).expect(path)
}

/// The names in a folder, without extensions.
fn names_in(folder: &str) -> BTreeSet<String> {
    let entries = fs::read_dir(root().join(folder)).expect(folder);
    let paths = entries.map(|entry| entry.expect("a readable entry").path());
    paths
        .filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned()))
        .collect()
}

/// The pages of decisions, by their file names without extension.
fn decisions() -> BTreeSet<String> {
    let mut names = names_in(DECISIONS);
    assert!(names.remove("README"), "the list of decisions");
    names
}

#[test]
fn the_page_names_every_room_and_every_crate() {
    let page = read(PAGE);
    let rooms = names_in("src").into_iter();
    let rooms = rooms.filter(|name| !["lib", "main"].contains(&name.as_str()));
    // A room of one file is named without its path, because the page names no files.
    let is_folder = |name: &str| root().join("src").join(name).is_dir();
    let rooms = rooms.map(|name| match is_folder(&name) {
        true => format!("`src/{name}`"),
        false => format!("`{name}`"),
    });
    let crates = names_in("crates").into_iter();
    let crates = crates.map(|name| format!("`{name}`"));
    let missing: Vec<_> = rooms
        .chain(crates)
        .filter(|name| !page.contains(name))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn the_page_names_no_source_file() {
    let page = read(PAGE);
    let file = Regex::new(r"[\w/]+\.(?:rs|sql)\b").unwrap();
    let files: Vec<_> = file.find_iter(&page).map(|found| found.as_str()).collect();
    assert!(files.is_empty(), "{files:?}");
}

/// The tables, and pairs of one and another that refers to it, as the migrations declare them.
fn foreign_keys() -> (BTreeSet<String>, BTreeSet<(String, String)>) {
    let table = Regex::new(r"(?ms)^CREATE TABLE hub\.(\w+) \($(.*?)^\)").unwrap();
    let reference = Regex::new(r"REFERENCES hub\.(\w+)").unwrap();
    let mut tables = BTreeSet::new();
    let mut keys = BTreeSet::new();
    for name in names_in("migrations") {
        let source = read(&format!("migrations/{name}.sql"));
        for found in table.captures_iter(&source) {
            tables.insert(found[1].to_owned());
            for key in reference.captures_iter(&found[2]) {
                keys.insert((key[1].to_owned(), found[1].to_owned()));
            }
        }
    }
    (tables, keys)
}

#[test]
fn the_entity_diagram_has_the_foreign_keys_of_the_migrations() {
    let page = read(PAGE);
    let (_, diagram) = page.split_once("erDiagram\n").expect("the diagram");
    let (diagram, _) = diagram.split_once("```").expect("its end");
    let relation = Regex::new(r"^ +(\w+) [|}][|o](--|\.\.)[|o][|{] (\w+) : ").unwrap();
    let mut entities = BTreeSet::new();
    let mut solid = BTreeSet::new();
    for line in diagram.lines() {
        let found = relation.captures(line);
        let found = found.unwrap_or_else(|| panic!("not a relation: {line}"));
        let pair = (found[1].to_owned(), found[3].to_owned());
        entities.extend([pair.0.clone(), pair.1.clone()]);
        if &found[2] == "--" {
            solid.insert(pair);
        }
    }
    let (tables, keys) = foreign_keys();
    assert!(entities.is_subset(&tables), "{entities:?}");
    let expected: BTreeSet<_> = keys
        .into_iter()
        .filter(|(to, from)| entities.contains(to) && entities.contains(from))
        .collect();
    assert_eq!(solid, expected);
}

#[test]
fn the_page_of_data_has_every_table_and_no_other() {
    let row = Regex::new(r"(?m)^\| `(\w+)` \|").unwrap();
    let page = read("docs/data.md");
    // Below the tables are the indexes.
    let (section, _) = page.split_once("\n## ").expect("the next section");
    let documented: BTreeSet<_> = row
        .captures_iter(section)
        .map(|row| row[1].to_owned())
        .collect();
    let (tables, _) = foreign_keys();
    assert_eq!(documented, tables);
}

#[test]
fn the_page_and_the_decisions_are_short() {
    let page = read(PAGE);
    let words = page.split_whitespace().count();
    assert!(words <= WORDS, "{words} words");
    let decisions = decisions();
    let files = decisions
        .iter()
        .map(|name| format!("{DECISIONS}/{name}.md"));
    for file in files.clone() {
        let lines = read(&file).lines().count();
        assert!((15..=40).contains(&lines), "{file}: {lines} lines");
    }
    for file in files.chain([PAGE.to_owned(), format!("{DECISIONS}/README.md")]) {
        for (index, line) in read(&file).lines().enumerate() {
            let length = line.chars().count();
            // A row of a table is one line.
            let fits = length <= LINE || line.starts_with('|');
            assert!(fits, "{file}:{}: {length} characters", index + 1);
        }
    }
}

#[test]
fn every_decision_is_listed_under_its_title_and_has_the_three_parts() {
    let list = read(&format!("{DECISIONS}/README.md"));
    let row = Regex::new(r"(?m)^- \[(\d+)\. ([^\]]+)\]\((\d{4}-[a-z0-9-]+)\.md\)$").unwrap();
    let listed: BTreeSet<_> = row
        .captures_iter(&list)
        .map(|row| row[3].to_owned())
        .collect();
    assert_eq!(listed, decisions());
    for row in row.captures_iter(&list) {
        let (number, title, name) = (&row[1], &row[2], &row[3]);
        let page = read(&format!("{DECISIONS}/{name}.md"));
        assert!(name.starts_with(&format!("{number:0>4}-")), "{name}");
        assert!(
            page.starts_with(&format!("# {number}. {title}\n")),
            "{name}"
        );
        for part in ["## Context", "## Decision", "## Consequences"] {
            assert_eq!(
                page.matches(&format!("\n{part}\n")).count(),
                1,
                "{name}: {part}"
            );
        }
    }
}
