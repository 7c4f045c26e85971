//! The declarations of all tools.
//!
//! The project restriction is a security boundary, so its decisions are a snapshot, one paragraph
//! a tool: the rule, and what each input says about projects. An input that binds a call (one of
//! those must be given) has a `!`.

use std::fmt::Write;

use crate::{
    calls::{
        options::ToolOptions, project_guard::Binding, registered_tool::RegisteredTool,
        registry::Registry,
    },
    toolkit::{
        entity::{Entity, ProjectRole},
        name_list::NameList,
    },
};

/// The paragraph of one tool.
fn declaration(tool: &RegisteredTool) -> String {
    let binding = Binding::of(tool.meta.projects, &tool.inputs);
    assert_eq!(binding.problem(), None, "{}", tool.meta.name);
    let (mut names, mut inside, mut unrelated, mut refused) = (vec![], vec![], vec![], vec![]);
    for input in tool.inputs.own() {
        let name = &input.name;
        let bang = if binding.anchors().contains(&name.as_str()) {
            "!"
        } else {
            ""
        };
        match binding.role(name).expect("a role") {
            ProjectRole::Names(item) => names.push(format!("{name}{bang} ({item:?})")),
            ProjectRole::NamesBy(other) => names.push(format!("{name}{bang} (by {other})")),
            ProjectRole::Inside => inside.push(name.clone()),
            ProjectRole::Unrelated => unrelated.push(name.clone()),
            ProjectRole::Refused(_) => refused.push(name.clone()),
        }
    }
    let changes = tool.meta.changes.iter().map(|list| format!("{list:?}"));
    let mut text = format!("{}: {:?}\n", tool.meta.name, tool.meta.projects);
    for (what, all) in [
        ("names", names),
        ("inside", inside),
        ("unrelated", unrelated),
        ("refused", refused),
        ("changes", changes.collect()),
    ] {
        if !all.is_empty() {
            writeln!(text, "  {what}: {}", all.join(", ")).expect("a text");
        }
    }
    text
}

#[test]
fn every_tool_declares_its_project_rule_and_its_changes() {
    let registry = Registry::new(&ToolOptions::default());
    let declared: Vec<_> = registry.tools().iter().map(declaration).collect();
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("toolsnaps");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!("declarations", declared.concat()));
}

/// The list of names that a path leads into.
fn list_at(template: &str) -> Option<NameList> {
    let mut parts = template.split('/');
    match (parts.next()?, parts.nth(1)) {
        ("projects", None) => Some(NameList::Projects),
        ("projects", Some(collection)) => Some(match collection {
            "users" => NameList::ProjectUsers,
            "issueTypes" => NameList::IssueTypes,
            "statuses" => NameList::Statuses,
            "categories" => NameList::Categories,
            "versions" => NameList::Versions,
            "customFields" => NameList::CustomFields,
            _ => return None,
        }),
        _ => None,
    }
}

#[test]
fn a_tool_that_writes_into_a_list_of_names_declares_that_it_changes_it() {
    for tool in Registry::new(&ToolOptions::default()).tools() {
        let name = tool.meta.name;
        if tool.meta.effect.read_only {
            assert!(tool.meta.changes.is_empty(), "{name} only reads");
        } else if let Some(list) = list_at(tool.template) {
            assert!(tool.meta.changes.contains(&list), "{name}: {list:?}");
        }
    }
}

#[test]
fn the_tools_that_entities_refer_to_exist() {
    let registry = Registry::new(&ToolOptions::default());
    let inputs = registry.tools().iter().flat_map(|tool| tool.inputs.own());
    for entity in inputs.filter_map(|input| input.entity) {
        let sources = [Entity::listed_by, Entity::id_source].map(|of| of(entity));
        for text in sources.into_iter().flatten() {
            let words = text.split([',', ' ']);
            for tool in words.filter(|word| word.starts_with("get_")) {
                assert!(registry.get(tool).is_some(), "{entity:?}: {tool}");
            }
        }
    }
}
