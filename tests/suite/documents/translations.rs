//! A page in Japanese is its English page in other words:
//!
//! 1. The commands and settings files are the same, in the same order. The page for
//!    administrators is an extract: each of its blocks is one of the English page, whose test runs
//!    them.
//! 2. The settings that both name are the same.
//! 3. The links are the same, where one to a translated page counts as one to its English page.
//! 4. Each page names the other one, and the first page is short.

use std::{collections::BTreeSet, fs};

use regex::Regex;

use super::page::{read, root};

/// The English page, the Japanese one, and whether that is an extract.
const PAGES: [(&str, &str, bool); 4] = [
    ("README.md", "README.ja.md", false),
    (
        "docs/getting-started.md",
        "docs/ja/getting-started.md",
        false,
    ),
    ("docs/connect.md", "docs/ja/connect.md", false),
    ("docs/admin.md", "docs/ja/admin.md", true),
];
/// The most lines of the first page.
const LINES: usize = 150;

/// The blocks of code of a page, each with its language.
fn blocks(page: &str) -> Vec<(String, String)> {
    let block = Regex::new(r"(?ms)^ *```(\w+(?: \w+)?)\n(.*?)^ *```$").unwrap();
    let found: Vec<_> = block
        .captures_iter(page)
        .map(|found| (found[1].to_owned(), found[2].to_owned()))
        .collect();
    assert_eq!(found.len() * 2, page.matches("```").count());
    found
}

/// The variables that a page names.
fn settings(page: &str) -> BTreeSet<String> {
    let name = Regex::new(r"`([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)`").unwrap();
    name.captures_iter(page)
        .map(|found| found[1].to_owned())
        .collect()
}

/// The path of a link's target from the root.
fn target(from: &str, link: &str) -> String {
    if link.is_empty() {
        return from.to_owned();
    }
    let mut parts: Vec<_> = from.split('/').collect();
    parts.pop();
    for part in link.split('/') {
        match part {
            ".." => {
                parts.pop();
            }
            name => parts.push(name),
        }
    }
    parts.join("/")
}

/// What a page leads to. Headings of translated pages are left out, because theirs differ.
fn links(path: &str) -> BTreeSet<String> {
    let link = Regex::new(r"\]\(([^)#\s]*)(?:#([^)\s]+))?\)").unwrap();
    let page = read(path);
    let targets = link.captures_iter(&page).map(|found| {
        if found[1].contains("://") {
            return found[1].to_owned();
        }
        let target = target(path, &found[1]);
        let translated = PAGES
            .iter()
            .find(|(english, japanese, _)| [*english, *japanese].contains(&target.as_str()));
        match (translated, found.get(2)) {
            (Some((english, ..)), _) => (*english).to_owned(),
            (None, Some(heading)) => format!("{target}#{}", heading.as_str()),
            (None, None) => target,
        }
    });
    targets.collect()
}

#[test]
fn both_languages_have_the_same_commands() {
    for (english, japanese, is_extract) in PAGES {
        let (expected, found) = (blocks(&read(english)), blocks(&read(japanese)));
        if is_extract {
            assert!(!found.is_empty(), "{japanese}");
            for block in found {
                assert!(expected.contains(&block), "{japanese}: {block:?}");
            }
        } else {
            assert_eq!(found, expected, "{japanese}");
        }
    }
}

#[test]
fn both_languages_name_the_same_settings() {
    for (english, japanese, is_extract) in PAGES {
        let (expected, found) = (settings(&read(english)), settings(&read(japanese)));
        match is_extract {
            true => assert!(found.is_subset(&expected), "{japanese}: {found:?}"),
            false => assert_eq!(found, expected, "{japanese}"),
        }
    }
}

#[test]
fn both_languages_have_the_same_links() {
    for (english, japanese, is_extract) in PAGES {
        let (expected, found) = (links(english), links(japanese));
        for page in [&expected, &found] {
            assert!(
                page.contains(english),
                "{english} and {japanese} are linked"
            );
        }
        if !is_extract {
            assert_eq!(found, expected, "{japanese}");
        }
    }
}

#[test]
fn every_page_in_japanese_is_one_of_these() {
    let folder = fs::read_dir(root().join("docs/ja")).expect("the folder");
    for entry in folder {
        let name = entry.expect("a readable entry").file_name();
        let path = format!("docs/ja/{}", name.to_str().expect("a name in UTF-8"));
        let is_known = PAGES.iter().any(|(_, japanese, _)| *japanese == path);
        assert!(is_known, "{path}");
    }
}

#[test]
fn the_first_page_is_short_and_its_pictures_are_small() {
    let picture = Regex::new(r#"<img src="([^"]+)""#).unwrap();
    for path in ["README.md", "README.ja.md"] {
        let page = read(path);
        let lines = page.lines().count();
        assert!(lines <= LINES, "{path}: {lines} lines");
        let pictures: Vec<_> = picture.captures_iter(&page).collect();
        assert_eq!(pictures.len(), 1, "{path}");
        let file = fs::metadata(root().join(&pictures[0][1])).expect("the picture");
        assert!(file.len() < 150_000, "{path}: {} bytes", file.len());
    }
}
