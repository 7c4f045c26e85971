use super::*;
use crate::calls::{registered_tool::RegisteredTool, registry};
use std::collections::BTreeSet;

/// Tools that return a file, and have inputs of their own to read the rest.
const FILES: &[&str] = &[
    "get_document_attachment",
    "get_icon",
    "get_issue_attachment",
    "get_pull_request_attachment",
    "get_shared_file",
    "get_wiki_attachment",
];

fn inputs(tool: &RegisteredTool) -> BTreeSet<String> {
    let schema = tool.listed.schema_as_json_value();
    let inputs = schema["properties"].as_object().cloned();
    inputs
        .unwrap_or_default()
        .into_iter()
        .map(|it| it.0)
        .collect()
}

#[test]
fn the_tool_that_reads_the_rest_has_the_inputs() {
    let tools = registry::all();
    let find = |name: &str| tools.iter().find(|tool| tool.meta.name == name);
    for tool in &tools {
        let name = tool.meta.name;
        let own = inputs(tool);
        let has = [TEXT_OFFSET, TEXT_LENGTH, ITEM_OFFSET].map(|input| own.contains(input));
        let Way::By(reading) = tool.meta.rest.way else {
            let expected = match FILES.contains(&name) {
                true => [true, true, false],
                false => [matches!(tool.meta.rest.way, Way::Own); 3],
            };
            assert_eq!(has, expected, "{name}");
            continue;
        };
        assert_eq!(has, [false; 3], "{name}");
        let reader = find(reading.tool).unwrap_or_else(|| panic!("{}", reading.tool));
        assert!(
            matches!(reader.meta.rest.way, Way::Own),
            "{name}: {}",
            reading.tool
        );
        assert!(reader.meta.effect.read_only, "{name}");
        let taken = inputs(reader);
        for (input, source) in reading.inputs {
            assert!(
                taken.contains(*input),
                "{name}: {} has no {input}",
                reading.tool
            );
            if let Argument(argument) = source {
                assert!(own.contains(*argument), "{name} has no {argument}");
            }
        }
    }
}

#[test]
fn every_list_has_pages_or_is_short() {
    const SHORT: [&str; 3] = ["get_priorities", "get_resolutions", "get_statuses"];
    for tool in registry::all()
        .iter()
        .filter(|tool| tool.meta.effect.read_only)
    {
        let (name, takes) = (tool.meta.name, inputs(tool));
        let title = tool.meta.title;
        let is_list = title.starts_with("List ") || !tool.meta.fields.is_empty();
        if is_list && !SHORT.contains(&name) {
            assert!(takes.contains(COUNT), "{name} has no pages");
            let paged = takes.contains(OFFSET) || takes.contains("maxId");
            assert!(paged, "{name} has no pages");
            assert_ne!(tool.meta.paging, Paging::None, "{name}");
        }
        if tool.meta.rest.pages == Pages::Whole {
            assert!(is_list, "{name} is no list");
            assert_eq!(tool.meta.paging, Paging::Whole, "{name}");
        }
    }
}
