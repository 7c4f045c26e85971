//! Texts that try to look like something else than the text of a user.

use backlog_rendering::{Column, Comments, IssuePage, ProjectPage, PullRequestPage, hidden};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::examples::{self, renderer};

/// Lines that must never be outside a fence.
const FORGED: [&str; 4] = ["# FORGED", "- Status: FORGED", "| FORGED", "FORGED"];

/// A piece of a text that may end a line, a fence or a cell.
fn piece() -> impl Strategy<Value = String> {
    let pieces: &'static [&str] = &[
        "\n",
        "\r",
        "\r\n",
        "\u{2028}",
        "\u{85}",
        "\u{b}",
        "```",
        "````",
        "``````````",
        "~~~",
        "|",
        "\\",
        "\\|",
        "\u{202e}",
        "\u{200b}",
        "\u{2066}",
        "\u{200f}",
        "<!--",
        "潮",
        " ",
        "    ",
        "\t",
    ];
    prop_oneof![
        prop::sample::select(pieces).prop_map(str::to_owned),
        prop::sample::select(FORGED.to_vec()).prop_map(|line| format!("\n{line}\n")),
    ]
}

fn hostile() -> impl Strategy<Value = String> {
    prop::collection::vec(piece(), 0..12).prop_map(|pieces| pieces.concat())
}

/// Puts a text in the place of every text of a value, but for the timestamps.
fn infected(value: &mut Value, text: &str) {
    match value {
        Value::String(old) if !old.ends_with('Z') => text.clone_into(old),
        Value::Array(items) => items.iter_mut().for_each(|item| infected(item, text)),
        Value::Object(fields) => fields.values_mut().for_each(|field| infected(field, text)),
        _ => {}
    }
}

fn infected_of(mut value: Value, text: &str) -> Value {
    infected(&mut value, text);
    value
}

/// The lines outside fences. A fence ends at a line of at least as many backticks.
fn outside(page: &str) -> Vec<&str> {
    let mut fence: Option<usize> = None;
    let mut lines = Vec::new();
    for line in page.split([
        '\n', '\r', '\u{2028}', '\u{2029}', '\u{85}', '\u{b}', '\u{c}',
    ]) {
        let ticks = line.trim_start().len() - line.trim_start().trim_start_matches('`').len();
        let is_all = line.trim() == "`".repeat(ticks);
        match fence {
            Some(length) if is_all && ticks >= length => fence = None,
            Some(_) => {}
            None if ticks >= 3 => fence = Some(ticks),
            None => lines.push(line),
        }
    }
    assert_eq!(fence, None, "a fence is open at the end: {page}");
    lines
}

/// All pages, with a text in the place of every other.
fn pages(text: &str) -> Vec<String> {
    let infected = |value: Value| infected_of(value, text);
    let (issue, project) = (infected(examples::issue()), infected(examples::project()));
    let comments: Vec<_> = examples::comments().into_iter().map(infected).collect();
    let pull_request = infected(examples::pull_request());
    let notifications: Vec<_> = examples::notifications()
        .into_iter()
        .map(infected)
        .collect();
    let changes = json!({"key_id": 7, "summary": "", "changes": [{"field": "x", "new_value": "", "type": "custom"}], "comment": "x"});
    let activities: Vec<_> = [1, 6, 12, 14, 18, 34, 36, 99]
        .map(|kind| (kind, changes.clone()))
        .to_vec();
    let activities: Vec<_> = examples::activities(activities)
        .into_iter()
        .map(infected)
        .collect();
    let list = [issue.clone()];
    let columns = [
        Column::Summary,
        Column::Key,
        Column::Assignee,
        Column::Field(text.to_owned()),
    ];
    let renderer = renderer();
    let comments = Comments::all(&comments);
    vec![
        renderer
            .issue(&IssuePage {
                issue: &issue,
                parent: Some(&issue),
                children: &list,
                related: &list,
                comments,
            })
            .to_string(),
        renderer.issue_table(&list, &columns),
        renderer
            .page(&infected(examples::wiki()), Some(text))
            .to_string(),
        renderer
            .document(
                &infected(examples::document()),
                Some(text),
                &[infected(examples::document_comment())],
            )
            .to_string(),
        renderer
            .pull_request(&PullRequestPage {
                pull_request: &pull_request,
                project_key: text,
                repository: text,
                comments,
            })
            .to_string(),
        renderer.notifications(&notifications).to_string(),
        renderer.activities(&activities).to_string(),
        renderer
            .project(&ProjectPage {
                members: &[infected(examples::lena())],
                custom_fields: &list,
                milestones: &list,
                ..ProjectPage::of(&project)
            })
            .to_string(),
        renderer
            .file_text(&infected(examples::attachment()), text)
            .to_string(),
        renderer
            .projects(std::slice::from_ref(&project))
            .to_string(),
    ]
}

#[test]
fn a_name_with_everything_stays_on_its_line() {
    let name = "Ren\n```\n# FORGED | \u{202e}evil\u{200b}";
    let issue = json!({
        "issueKey": "A-1", "summary": name, "assignee": {"userId": "r", "name": name, "roleType": 6},
        "description": "```\n````\n# FORGED\n", "createdUser": {"userId": "r", "name": name},
        "customFields": [{"fieldTypeId": 1, "name": name, "value": name}],
    });
    insta::assert_snapshot!(renderer().issue(&IssuePage::of(&issue)), @r#"
    # A-1: Ren\n```\n# FORGED \| evil
    https://acme.backlog.com/view/A-1

    - Assignee: Ren\n```\n# FORGED \| evil (guest)
    - Created: by Ren\n```\n# FORGED \| evil

    ## Custom fields

    - Ren\n```\n# FORGED \| evil: Ren\n```\n# FORGED \| evil

    ## Description, by Ren\n```\n# FORGED \| evil

    `````
    ```
    ````
    # FORGED
    `````
    "#);
}

#[test]
fn marks_of_right_to_left_scripts_remain_and_overrides_do_not() {
    let issue = json!({"issueKey": "A-1", "summary": "שלום\u{200f}! \u{202e}abc\u{202c}"});
    let page = renderer().issue(&IssuePage::of(&issue)).to_string();
    assert_eq!(page.lines().next(), Some("# A-1: שלום\u{200f}! abc"));
}

/// How lines of this crate start. A list item starts no other block.
const STARTS: [&str; 12] = [
    "# ",
    "## ",
    "### ",
    "- ",
    "| ",
    "|---",
    "https://",
    "URL of an issue: ",
    "Document ",
    "Part of a longer text: ",
    "Continued: ",
    "…",
];

fn is_of_this_crate(line: &str) -> bool {
    let item = line.strip_prefix("- ").unwrap_or_default();
    let blocks = ["# ", "> ", "```", "~~~", "- ", "<!--"];
    let is_block_in_item = blocks.iter().any(|block| item.starts_with(block));
    line.is_empty() || !is_block_in_item && STARTS.iter().any(|start| line.starts_with(start))
}

proptest! {
    // Each case writes all pages.
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn no_line_of_a_text_escapes_its_fence(text in hostile(), prefix in "x?") {
        for page in pages(&(prefix.clone() + &text)) {
            for line in outside(&page) {
                prop_assert!(is_of_this_crate(line), "{line:?} in\n{page}");
                // With a prefix, what is forged cannot start even a line of this crate.
                let is_forged = !prefix.is_empty() && FORGED.iter().any(|forged| line.starts_with(forged));
                prop_assert!(!is_forged, "{line:?} in\n{page}");
            }
            prop_assert_eq!(hidden::clean(&page).removed, 0);
        }
    }

    #[test]
    fn no_line_of_a_text_escapes_its_fence_in_a_part(text in hostile(), max_chars in 40_usize..300) {
        let mut issue = examples::issue();
        issue["description"] = Value::from(text.repeat(3));
        let page = renderer().issue(&IssuePage::of(&issue));
        let mut offset = Some(0);
        while let Some(from) = offset {
            let part = page.part(from, max_chars);
            for line in outside(&part.text) {
                prop_assert!(is_of_this_crate(line), "{line:?} in\n{}", part.text);
                prop_assert!(!FORGED.iter().any(|forged| line.starts_with(forged)), "{line:?}");
            }
            offset = part.next_offset;
        }
    }
}
