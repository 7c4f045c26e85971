//! `docs/tools.md` is generated from the table; `UPDATE_DOCS=1 cargo test docs` updates it.

use crate::{
    calls::{registered_tool::RegisteredTool, registry},
    toolkit::toolset::Toolset,
};
use std::{env, fmt::Write, fs, path::Path};

use oauth_values::Scope;
use serde_json::Value;

const HEAD: &str = "# Tools

This page is generated from the table of tools in the source (`src/tools`); after a change there, \
`UPDATE_DOCS=1 cargo test --lib docs` updates it.

The names and inputs of the first seven toolsets are those of \
[backlog-mcp-server](https://github.com/nulab/backlog-mcp-server) 0.20.4; the results are Backlog's own JSON, or \
with the input `format: \"concise\"` [shorter JSON](using-tools.md#concise-results). \
A tool that **reads** requires the scope `backlog:read`. A tool that **writes**, **replaces**, **deletes** or \
**gives access** requires `backlog:write`, and is neither listed nor run where the operator allows only reading. \
One that deletes also requires `backlog:delete`, and one that **administers** (it changes settings, members or \
webhooks) `backlog:admin`. \
A tool that replaces, deletes or gives access has the `destructiveHint`: the previous content is lost, or a user or \
a URL has access for longer than the grant lasts. A tool that writes adds something, or changes content that Backlog \
keeps in a change log or a history. Inputs in *italics* are required. Where a tool has both an id and a key (or a \
name), give one of them.

These toolsets, from `space` to `notifications`, are `classic`. `stdio` and HTTP with an API key list them, together \
with `upload_attachment`, which belongs to `files`, `issue` and `git`. Where users sign in, the \
[work tools](work-tools.md) are listed, and every tool on this page can be called by name. \
[using-tools.md](using-tools.md#choose-toolsets) explains how to list others.
";

fn page() -> String {
    let tools = registry::all();
    let mut page = HEAD.to_owned();
    for toolset in Toolset::ALL {
        let tools: Vec<_> = tools
            .iter()
            .filter(|tool| tool.meta.toolset == toolset)
            .collect();
        if tools.is_empty() {
            continue;
        }
        let count = tools.len();
        writeln!(
            page,
            "\n## `{toolset}` ({count})\n\n{}.\n",
            toolset.description()
        )
        .unwrap();
        page.push_str("| Tool | Description | Inputs | Access |\n|---|---|---|---|\n");
        for tool in tools {
            let name = tool.meta.name;
            let description = tool.listed.description.as_deref().unwrap_or_default();
            let (inputs, effect) = (inputs(tool), effect(tool));
            writeln!(page, "| `{name}` | {description} | {inputs} | {effect} |").unwrap();
        }
    }
    page
}

fn inputs(tool: &RegisteredTool) -> String {
    let schema = tool.listed.schema_as_json_value();
    let required = schema["required"].as_array().cloned().unwrap_or_default();
    let inputs = schema["properties"].as_object().unwrap();
    let names = inputs.keys().map(
        |name| match required.contains(&Value::from(name.as_str())) {
            true => format!("*`{name}`*"),
            false => format!("`{name}`"),
        },
    );
    names.collect::<Vec<_>>().join(", ")
}

fn effect(tool: &RegisteredTool) -> String {
    let meta = &tool.meta;
    let effect = match meta.effect {
        effect if effect.read_only => "reads",
        effect if !effect.destructive => "writes",
        effect if effect.removes => "deletes",
        _ if meta.name.starts_with("add_") => "gives access",
        _ => "replaces",
    };
    match meta.scopes().contains(Scope::Admin) {
        true => format!("{effect}, administers"),
        false => effect.to_owned(),
    }
}

#[test]
fn the_documentation_describes_the_tools() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/tools.md");
    if env::var_os("UPDATE_DOCS").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, page()).unwrap();
    }
    let written = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == page(),
        "docs/tools.md is out of date; run: UPDATE_DOCS=1 cargo test --lib docs"
    );
}
