//! The documents: which there are, a page as text, and its tables.

use std::{collections::BTreeSet, fs, path::Path};

pub(super) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

pub(super) fn read(document: &str) -> String {
    fs::read_to_string(root().join(document)).expect(document)
}

/// The pages in Markdown, of the root and of `docs`. The changelog names what was.
pub(super) fn documents() -> BTreeSet<String> {
    let mut documents = BTreeSet::new();
    for folder in ["", "docs", "docs/decisions", "docs/ja"] {
        for entry in fs::read_dir(root().join(folder)).expect(folder) {
            let name = entry.expect("a readable entry").file_name();
            let path = Path::new(folder).join(name);
            let is_page = path.extension().is_some_and(|extension| extension == "md");
            if is_page && path != Path::new("CHANGELOG.md") {
                documents.insert(path.to_str().expect("a name in UTF-8").to_owned());
            }
        }
    }
    documents
}

/// The rows of the first table below a heading, without its head.
pub(super) fn table(document: &str, heading: &str) -> Vec<Vec<String>> {
    let (_, section) = document.split_once(heading).expect(heading);
    section
        .lines()
        .skip_while(|line| !line.starts_with('|'))
        .take_while(|line| line.starts_with('|'))
        .skip(2)
        .map(|line| {
            let cells = line.trim_matches('|').split('|');
            cells.map(|cell| cell.trim().to_owned()).collect()
        })
        .collect()
}

pub(super) fn code(cell: &str) -> String {
    cell.trim_matches('`').to_owned()
}
