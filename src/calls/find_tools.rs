//! `find_tools`: finds the tools that `tools/list` leaves out, with their inputs.

use std::{fmt::Write, sync::Arc};

use backlog_client::Method;
use oauth_values::Scopes;
use rmcp::model::{self, JsonObject};
use serde_json::{Value, json};

use super::registered_tool::RegisteredTool;
use crate::toolkit::{
    declaration::describe,
    project_binding::ProjectBinding,
    rest::{Paging, Rest},
    tool::{Effect, ToolMeta},
    toolset::Toolset,
};

pub(crate) const META: ToolMeta = ToolMeta {
    name: "find_tools",
    title: "Find more tools",
    toolset: Toolset::Work,
    also_in: &[],
    effect: Effect::of(Method::Get),
    projects: ProjectBinding::SpaceWide,
    changes: &[],
    fields: &[],
    rest: Rest::SHORT,
    paging: Paging::None,
    usual_count: 0,
    takes_project: false,
};

const DESCRIPTION: &str = "Finds further tools by what they do: files, project settings, members, \
    webhooks, watching, stars, documents, wiki history, administration (about 130). Returns their \
    names, inputs and effects; call one with run_tool.";

/// Returns the tool as it is listed.
pub(crate) fn tool() -> model::Tool {
    let schema = json!({
        "type": "object",
        "properties": {
            "query": {
                "type": "string",
                "description": "What you want to do, such as: download an attachment",
            },
        },
        "required": ["query"],
    });
    let Value::Object(schema) = schema else {
        unreachable!("the schema is an object");
    };
    describe(&META, DESCRIPTION.to_owned(), Arc::new(schema))
}

/// Writes the found tools, for a caller with these scopes.
pub(super) fn page(found: &[&RegisteredTool], scopes: Scopes, run_tool: &str) -> String {
    if found.is_empty() {
        return "No tool fits. Describe the action and the object in other words, such as \
                \"rename a category\" or \"list webhooks\"."
            .to_owned();
    }
    let mut page = format!(
        "Call one with {run_tool} (name, arguments as a JSON object). Results are short; format full in the \
         arguments returns all of Backlog's JSON.\n"
    );
    for entry in found {
        let tool = &entry.listed;
        let description = tool.description.as_deref().unwrap_or_default();
        let _ = write!(page, "\n## {}\n{description}\n", tool.name);
        let _ = writeln!(page, "Effect: {}.", effect(entry.meta.effect));
        let needed = entry.meta.scopes();
        if !scopes.contains_all(needed) {
            let _ = writeln!(
                page,
                "Not allowed yet: it needs the scope {needed}, which the user grants by connecting \
                 again. A call asks for it where the client can."
            );
        }
        page.push_str(&inputs(&tool.input_schema));
    }
    page
}

fn effect(effect: Effect) -> &'static str {
    match (effect.read_only, effect.destructive) {
        (true, _) => "reads",
        (false, true) => "changes; what it removes or overwrites is lost",
        (false, false) => "changes",
    }
}

fn inputs(schema: &JsonObject) -> String {
    let none = JsonObject::new();
    let inputs = schema.get("properties").and_then(Value::as_object);
    let inputs = inputs.unwrap_or(&none);
    if inputs.is_empty() {
        return "Inputs: none\n".to_owned();
    }
    let required: Vec<_> = schema
        .get("required")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let mut text = "Inputs:\n".to_owned();
    for (name, input) in inputs {
        let mark = if required.contains(&name.as_str()) {
            ", required"
        } else {
            ""
        };
        let _ = write!(text, "- {name} ({}{mark})", kind(input));
        match input["description"].as_str() {
            Some(description) => _ = writeln!(text, ": {description}"),
            None => text.push('\n'),
        }
    }
    text
}

/// `list of integer`, `asc or desc`
fn kind(input: &Value) -> String {
    if let Some(words) = input["enum"].as_array() {
        let words: Vec<_> = words.iter().filter_map(Value::as_str).collect();
        return words.join(" or ");
    }
    match input["type"].as_str() {
        Some("array") => format!("list of {}", kind(&input["items"])),
        Some(kind) => kind.to_owned(),
        None => "any".to_owned(),
    }
}
