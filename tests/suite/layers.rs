//! Which module may use which: the import directions of `docs/architecture.md`.
//!
//! 1. Every file under `src/` belongs to a layer, named after its first module
//!    (`mcp::tools` is one of its own).
//! 2. Every `crate::…` in it, in a `use` or elsewhere, names another layer.
//! 3. The table says whether the first may use the second.
//!
//! `super::` is not followed: it stays within a layer in any file that is not
//! itself the layer's root.

use std::{
    fs,
    path::{Path, PathBuf},
};

enum MayUse {
    Only(&'static [&'static str]),
    AllBut(&'static [&'static str]),
}
use MayUse::{AllBut, Only};

/// Every layer, from the ones that know nothing to the ones that wire it all.
const LAYERS: &[(&str, MayUse)] = &[
    ("clock", Only(&[])),
    ("random", Only(&[])),
    ("secret_file", Only(&[])),
    ("oauth", Only(&["clock", "random"])),
    ("crypto", Only(&["clock", "random"])),
    ("backlog", Only(&["clock"])),
    ("accounts", Only(&[])),
    ("domain", Only(&["clock", "crypto", "oauth", "random"])),
    (
        "db",
        Only(&["accounts", "clock", "crypto", "domain", "oauth", "random"]),
    ),
    ("mcp::tools", Only(&["backlog", "mcp"])),
    (
        "mcp",
        Only(&[
            "accounts",
            "backlog",
            "clock",
            "crypto",
            "db",
            "domain",
            "mcp::tools",
            "oauth",
            "observe",
            "random",
        ]),
    ),
    (
        "jobs",
        Only(&[
            "clock", "crypto", "db", "domain", "oauth", "observe", "random",
        ]),
    ),
    ("observe", Only(&["domain"])),
    ("embedded", Only(&["clock", "db", "random"])),
    ("fetch", Only(&["backlog", "clock"])),
    (
        "config",
        Only(&["backlog", "crypto", "domain", "mcp", "oauth"]),
    ),
    (
        "telemetry",
        Only(&["backlog", "config", "observe", "random"]),
    ),
    ("web", AllBut(&["app", "cli"])),
    ("local", AllBut(&["app", "cli", "db"])),
    ("app", AllBut(&["cli"])),
    ("cli", AllBut(&[])),
];

#[test]
fn modules_use_only_the_layers_below_them() {
    let source_root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut problems = Vec::new();
    let mut files = rust_files(&source_root);
    files.sort();
    assert!(
        !files.is_empty(),
        "no source file under {}",
        source_root.display()
    );
    for file in files {
        let name = file.strip_prefix(&source_root).expect("listed below it");
        if let Some(layer) = layer_of_file(name) {
            let source = fs::read_to_string(&file).expect("a readable source file");
            problems.extend(problems_in(
                &format!("src/{}", name.display()),
                &layer,
                &source,
            ));
        }
    }
    assert!(
        problems.is_empty(),
        "{} import(s) against the layering:\n{}",
        problems.len(),
        problems.join("\n")
    );
}

#[test]
fn an_import_against_the_layering_is_found_in_any_form() {
    let source = "//! See [`crate::web`].\n\
                  use crate::{\n    clock::Clock,\n    db::{self, grants},\n};\n\
                  fn f() -> crate::web::Page { \"http://x\"; crate::mcp::tools::all() }\n";
    let problems = problems_in("src/oauth/x.rs", "oauth", source);
    assert_eq!(
        problems,
        [
            "src/oauth/x.rs:4: `oauth` may not use `db`, only: clock, random",
            "src/oauth/x.rs:6: `oauth` may not use `web`, only: clock, random",
            "src/oauth/x.rs:6: `oauth` may not use `mcp::tools`, only: clock, random",
        ]
    );
    assert_eq!(
        problems_in("src/web/x.rs", "web", "use crate::{app::Application, db};"),
        ["src/web/x.rs:1: `web` may not use `app`, nor any of: app, cli"]
    );
    assert_eq!(
        problems_in("src/new.rs", "new", ""),
        ["src/new.rs:1: `new` is a layer without a rule; add it to tests/suite/layers.rs"]
    );
}

fn problems_in(file: &str, layer: &str, source: &str) -> Vec<String> {
    let Some((_, may_use)) = LAYERS.iter().find(|(name, _)| *name == layer) else {
        return vec![format!(
            "{file}:1: `{layer}` is a layer without a rule; add it to tests/suite/layers.rs"
        )];
    };
    references(source)
        .into_iter()
        .filter(|(_, target)| target != layer)
        .filter_map(|(line, target)| {
            let (forbidden, rule) = match may_use {
                Only([]) => (true, "nothing of the crate".to_owned()),
                Only(allowed) => (
                    !allowed.contains(&target.as_str()),
                    format!("only: {}", allowed.join(", ")),
                ),
                AllBut(others) => (
                    others.contains(&target.as_str()),
                    format!("nor any of: {}", others.join(", ")),
                ),
            };
            forbidden.then(|| format!("{file}:{line}: `{layer}` may not use `{target}`, {rule}"))
        })
        .collect()
}

/// The layer of a file, given its path below `src/`; the crate's roots have none.
fn layer_of_file(name: &Path) -> Option<String> {
    let path = name.with_extension("");
    let modules: Vec<_> = path
        .iter()
        .map(|part| part.to_string_lossy().into_owned())
        .collect();
    match modules[0].as_str() {
        "lib" | "main" => None,
        _ => Some(layer_of(&modules)),
    }
}

fn layer_of(modules: &[String]) -> String {
    match modules {
        [first, second, ..] if first == "mcp" && second == "tools" => "mcp::tools".to_owned(),
        [first, ..] => first.clone(),
        [] => String::new(),
    }
}

/// The line and the layer of each `crate::…` path. Items of the crate root, such
/// as macros and re-exports, are named in no layer and are left out.
fn references(source: &str) -> Vec<(usize, String)> {
    let code: String = source
        .lines()
        .map(|line| without_comment(line).to_owned() + "\n")
        .collect();
    let mut found = Vec::new();
    for (start, prefix) in code.match_indices("crate::") {
        let mut rest = start + prefix.len();
        walk_use_tree(&code, &mut rest, &[], &mut found);
    }
    let mut layers: Vec<_> = found
        .into_iter()
        .map(|(at, modules)| (code[..at].matches('\n').count() + 1, layer_of(&modules)))
        .filter(|(_, target)| LAYERS.iter().any(|(name, _)| name == target))
        .collect();
    layers.dedup();
    layers
}

/// Reads `a::b::{c, d}` at `*at`, and adds each path in it with where it ends.
fn walk_use_tree(
    code: &str,
    at: &mut usize,
    parents: &[String],
    found: &mut Vec<(usize, Vec<String>)>,
) {
    let skip_space = |at: &mut usize| {
        *at += code[*at..].len() - code[*at..].trim_start().len();
    };
    let mut modules = parents.to_vec();
    loop {
        skip_space(at);
        if code[*at..].starts_with('{') {
            *at += 1;
            loop {
                skip_space(at);
                if code[*at..].starts_with('}') || code[*at..].is_empty() {
                    *at += 1;
                    return;
                }
                walk_use_tree(code, at, &modules, found);
                // Past a rename and the comma, if any.
                *at += code[*at..].find([',', '}']).unwrap_or(code.len() - *at);
                if code[*at..].starts_with(',') {
                    *at += 1;
                }
            }
        }
        let length = code[*at..]
            .find(|c: char| !c.is_alphanumeric() && c != '_')
            .unwrap_or(code.len() - *at);
        modules.push(code[*at..*at + length].to_owned());
        let end = *at + length;
        if !code[end..].starts_with("::") {
            found.push((*at, modules));
            *at = end;
            return;
        }
        *at = end + 2;
    }
}

/// The line without a `//` comment; the `//` of a URL is not one.
fn without_comment(line: &str) -> &str {
    line.match_indices("//")
        .find(|(at, _)| !line[..*at].ends_with(':'))
        .map_or(line, |(at, _)| &line[..at])
}

fn rust_files(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).expect("a readable source directory");
    entries
        .flat_map(|entry| {
            let path = entry.expect("a readable entry").path();
            if path.is_dir() {
                rust_files(&path)
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                vec![path]
            } else {
                vec![]
            }
        })
        .collect()
}
