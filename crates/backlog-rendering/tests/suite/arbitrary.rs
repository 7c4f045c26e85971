//! JSON of any shape.

use backlog_rendering::{
    Column, Comments, IssuePage, NameKind, Names, Older, ProjectPage, PullRequestPage, concise,
    concise::Options,
};
use proptest::prelude::*;
use serde_json::Value;

use crate::examples::{self, renderer};

/// Any JSON, with the fields of Backlog in unexpected places.
fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (0_u64..100).prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        Just(Value::from("2026-10-19T15:00:00Z")),
        Just(Value::from(
            "{\"type\":\"doc\",\"content\":[{\"type\":\"text\",\"text\":\"x\"}]}"
        )),
    ];
    leaf.prop_recursive(4, 64, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::vec((field(), inner), 0..8)
                .prop_map(|fields| fields.into_iter().collect()),
        ]
    })
}

fn field() -> impl Strategy<Value = String> {
    let names: &'static [&str] = &[
        "id",
        "name",
        "issueKey",
        "summary",
        "description",
        "createdUser",
        "created",
        "dueDate",
        "customFields",
        "fieldTypeId",
        "value",
        "otherValue",
        "attachments",
        "size",
        "changeLog",
        "field",
        "newValue",
        "new_value",
        "attributeInfo",
        "comment",
        "content",
        "type",
        "attrs",
        "level",
        "marks",
        "project",
        "projectKey",
        "issue",
        "pullRequest",
        "document",
        "json",
        "plain",
        "title",
        "reason",
        "stars",
        "notifications",
        "user",
        "roleType",
        "childIssueSummary",
        "total",
        "milestone",
        "items",
        "typeId",
        "start",
        "text",
        "changes",
        "link",
        "userId",
    ];
    prop_oneof![9 => prop::sample::select(names).prop_map(str::to_owned), 1 => any::<String>()]
}

/// An example of which one part is replaced.
fn mutated(value: Value, path: &[usize], replacement: &Value) -> Value {
    let Some((step, path)) = path.split_first() else {
        return replacement.clone();
    };
    let mutated_at = |place: usize, number: usize, item: Value| {
        if place == step % number {
            mutated(item, path, replacement)
        } else {
            item
        }
    };
    match value {
        Value::Array(items) => {
            let number = items.len();
            let items = items.into_iter().enumerate();
            items
                .map(|(place, item)| mutated_at(place, number, item))
                .collect()
        }
        Value::Object(fields) => {
            let number = fields.len();
            let fields = fields.into_iter().enumerate();
            let fields =
                fields.map(|(place, (name, item))| (name, mutated_at(place, number, item)));
            Value::Object(fields.collect())
        }
        _ => replacement.clone(),
    }
}

fn write_all(value: &Value, text: &str) {
    let list = [value.clone(), value.clone()];
    let mut names = Names::default();
    names.add(NameKind::CustomField, value);
    let renderer = renderer().with_names(names);
    let comments = Comments {
        shown: &list,
        older: Older::Possible,
    };
    let page = IssuePage {
        issue: value,
        parent: Some(value),
        children: &list,
        related: &list,
        comments,
    };
    let _ = renderer.issue(&page).part(3, 40);
    let _ = renderer.issue_table(&list, &[Column::Hours, Column::Due, Column::named(text)]);
    let _ = renderer.page(value, Some(text)).to_string();
    let _ = renderer
        .document(value, Some(text), std::slice::from_ref(value))
        .to_string();
    let page = PullRequestPage {
        pull_request: value,
        project_key: text,
        repository: text,
        comments,
    };
    let _ = renderer.pull_request(&page).to_string();
    let _ = renderer.notifications(&list).to_string();
    let _ = renderer.activities(&list).to_string();
    let page = ProjectPage {
        project: value,
        issue_types: &list,
        statuses: &list,
        categories: &list,
        milestones: &list,
        members: &list,
        custom_fields: &list,
        repositories: &list,
    };
    let _ = renderer.project(&page).to_string();
    let _ = renderer.file_text(value, text).to_string();
    let _ = renderer.projects(&list).to_string();
    let options = Options {
        renderer: &renderer,
        with_urls: true,
        keeps_all_fields: false,
        list_text_chars: 3,
    };
    let _ = concise(value.clone(), &options);
}

fn things() -> Vec<Value> {
    let activity = examples::activities(vec![(2, examples::issue())]).remove(0);
    vec![
        examples::issue(),
        examples::comments().remove(1),
        examples::wiki(),
        examples::document(),
        examples::pull_request(),
        examples::notifications().remove(0),
        activity,
    ]
}

proptest! {
    #[test]
    fn any_json_is_written_without_a_panic(value in json(), text in any::<String>()) {
        write_all(&value, &text);
    }

    #[test]
    fn a_thing_with_a_strange_part_is_written_without_a_panic(
        thing in prop::sample::select(things()), path in prop::collection::vec(any::<usize>(), 0..4), part in json(),
    ) {
        write_all(&mutated(thing, &path, &part), "x");
    }

    #[test]
    fn a_concise_response_has_nothing_empty(value in json()) {
        let renderer = renderer();
        let options = Options { renderer: &renderer, with_urls: false, keeps_all_fields: false, list_text_chars: usize::MAX };
        let shorter = concise(value, &options);
        let again = concise(shorter.clone(), &options);
        prop_assert!(is_filled(&shorter, true), "{shorter}");
        prop_assert!(is_filled(&again, true), "{again}");
    }
}

/// Whether nothing inside is null or empty.
fn is_filled(value: &Value, is_outermost: bool) -> bool {
    match value {
        Value::Null => is_outermost,
        Value::String(text) => is_outermost || !text.trim().is_empty(),
        Value::Array(items) => {
            (is_outermost || !items.is_empty())
                && items.iter().all(|item| is_filled(item, is_outermost))
        }
        Value::Object(fields) => {
            (is_outermost || !fields.is_empty())
                && fields.values().all(|field| is_filled(field, false))
        }
        _ => true,
    }
}
