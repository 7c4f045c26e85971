//! The imports between source files: no circle of files, and only the directions of this table.
//! `docs/architecture.md` describes the rooms.
//!
//! 1. Every file below `src/` belongs to a room, named after its first module.
//! 2. `graph` finds the files that a file uses; it follows a re-export to where an item is defined.
//! 3. The table says whether the room of the first may use the room of the second.

mod graph;

use std::{collections::BTreeMap, path::Path};

use petgraph::{algo::tarjan_scc, graphmap::DiGraphMap};

use graph::Graph;

enum MayUse {
    Only(&'static [&'static str]),
    AllBut(&'static [&'static str]),
}
use MayUse::{AllBut, Only};

/// Every room, from the ones that know nothing to the ones that wire it all. What a crate may use
/// is in its `Cargo.toml`.
const ROOMS: &[(&str, MayUse)] = &[
    ("secret_file", Only(&[])),
    ("trace", Only(&[])),
    ("domain", Only(&[])),
    ("metrics", Only(&["domain"])),
    ("db", Only(&["domain"])),
    ("audit", Only(&["db", "domain", "metrics"])),
    ("jobs", Only(&["db", "domain", "metrics"])),
    (
        "accounts",
        Only(&["audit", "db", "domain", "metrics", "trace"]),
    ),
    ("toolkit", Only(&["accounts", "domain"])),
    ("tools", Only(&["toolkit"])),
    ("arguments", Only(&["toolkit"])),
    ("work", Only(&["toolkit"])),
    (
        "calls",
        Only(&[
            "accounts",
            "arguments",
            "audit",
            "domain",
            "metrics",
            "toolkit",
            "tools",
            "trace",
            "work",
        ]),
    ),
    (
        "mcp",
        Only(&[
            "accounts",
            "arguments",
            "audit",
            "calls",
            "domain",
            "metrics",
            "toolkit",
            "trace",
        ]),
    ),
    ("config", Only(&["audit", "calls", "domain", "toolkit"])),
    (
        "telemetry",
        Only(&["config", "domain", "metrics", "trace", "audit"]),
    ),
    ("web", AllBut(&["app", "cli", "local"])),
    ("local", AllBut(&["app", "cli", "db"])),
    ("app", AllBut(&["cli"])),
    ("cli", AllBut(&[])),
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The groups of files that use each other in a circle, by their paths.
fn circles(graph: &Graph) -> Vec<Vec<String>> {
    let groups = tarjan_scc(&DiGraphMap::<_, ()>::from_edges(graph.edges()));
    let circles = groups.into_iter().filter(|group| group.len() > 1);
    circles
        .map(|group| {
            let files = group.into_iter().map(|module| graph.file(module));
            let mut names: Vec<_> = files.map(|file| file.display().to_string()).collect();
            names.sort();
            names
        })
        .collect()
}

#[test]
fn no_files_use_each_other_in_a_circle() {
    let crates = std::fs::read_dir(root().join("crates")).expect("the crates");
    let crates = crates.map(|entry| entry.expect("an entry").path().join("src"));
    let others = ["src", "backlog-sim/src", "benchmark/src"].map(|name| root().join(name));
    for source_root in others.into_iter().chain(crates) {
        let found = circles(&Graph::of(&source_root));
        assert!(found.is_empty(), "{}: {found:#?}", source_root.display());
    }
}

#[test]
fn rooms_use_only_the_rooms_below_them() {
    let graph = Graph::of(&root().join("src"));
    let mut problems = BTreeMap::new();
    for (from, to) in graph.edges() {
        let (Some(room), Some(used)) = (from.first(), to.first()) else {
            continue;
        };
        if !may_use(room, used) {
            let names = format!("{} uses {}", graph.file(from).display(), to.join("::"));
            problems.insert(names, format!("`{room}` may not use `{used}`"));
        }
    }
    assert!(problems.is_empty(), "{problems:#?}");
}

/// A room without a row may use nothing.
fn may_use(room: &str, used: &str) -> bool {
    let row = ROOMS.iter().find(|(name, _)| *name == room);
    room == used
        || row.is_some_and(|(_, may_use)| match may_use {
            Only(rooms) => rooms.contains(&used),
            AllBut(rooms) => !rooms.contains(&used),
        })
}

#[test]
fn a_circle_and_an_import_against_the_table_are_found() {
    let directory = tempfile::tempdir().expect("a directory");
    let write = |name: &str, source: &str| {
        let file = directory.path().join(name);
        std::fs::create_dir_all(file.parent().expect("a parent")).expect("a directory");
        std::fs::write(file, source).expect("a written file");
    };
    write("lib.rs", "pub mod oauth;\npub mod web;\n");
    write(
        "oauth/mod.rs",
        "mod scope;\nmod token;\npub use scope::Scope;\n",
    );
    write(
        "oauth/scope.rs",
        "use super::token::Token;\npub struct Scope(Token);\n\
         #[cfg(test)]\nmod tests {\n    use crate::db::Pool;\n}\n",
    );
    write(
        "oauth/token.rs",
        "pub struct Token;\nfn f() { println!(\"{}\", super::Scope::NAME) }\n",
    );
    write(
        "web.rs",
        "use crate::oauth::{self};\nfn f(_: oauth::Scope) {}\n",
    );
    let graph = Graph::of(directory.path());
    let scope_and_token = circles(&graph);
    let [files] = &*scope_and_token else {
        panic!("{scope_and_token:?}");
    };
    assert!(files[0].ends_with("oauth/scope.rs") && files[1].ends_with("oauth/token.rs"));
    let edges: Vec<_> = graph
        .edges()
        .into_iter()
        .map(|(from, to)| (from.join("::"), to.join("::")))
        .collect();
    let edge = |from: &str, to: &str| (from.to_owned(), to.to_owned());
    assert_eq!(
        edges,
        [
            edge("oauth::scope", "oauth::token"),
            edge("oauth::token", "oauth::scope"),
            edge("web", "oauth::scope"),
        ]
    );
    assert!(may_use("web", "oauth") && !may_use("oauth", "web"));
}
