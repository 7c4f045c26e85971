//! A project.

use backlog_rendering::ProjectPage;
use serde_json::{Value, json};

use crate::examples::{haruka, lena, milestone, project, ren, renderer};

fn custom_fields() -> Vec<Value> {
    vec![
        json!({"id": 92010, "typeId": 1, "name": "Ticket ref", "description": "", "required": false, "applicableIssueTypes": []}),
        json!({"id": 92011, "typeId": 2, "name": "再現手順", "required": true, "applicableIssueTypes": [301_455]}),
        json!({"id": 92012, "typeId": 3, "name": "Users hit", "applicableIssueTypes": [], "min": 0, "max": 100_000, "initialValue": 1, "unit": "people"}),
        json!({"id": 92013, "typeId": 4, "name": "Found on", "applicableIssueTypes": [], "min": "2026-01-01T00:00:00Z", "max": null}),
        json!({"id": 92014, "typeId": 5, "name": "Severity", "applicableIssueTypes": [], "items": [{"id": 1, "name": "S1", "displayOrder": 0}, {"id": 2, "name": "S2", "displayOrder": 1}]}),
        json!({"id": 92016, "typeId": 7, "name": "# Checks", "applicableIssueTypes": [], "items": [{"id": 2, "name": "Safari"}], "allowInput": true}),
        json!({"id": 92018, "typeId": 77, "name": "New", "applicableIssueTypes": []}),
    ]
}

#[test]
fn a_project_has_all_names_that_tools_take() {
    let project = project();
    let issue_types = [
        json!({"id": 301_455, "name": "バグ"}),
        json!({"id": 301_456, "name": "Task"}),
    ];
    let statuses = [
        json!({"id": 1, "name": "未対応"}),
        json!({"id": 4, "name": "完了"}),
    ];
    let old = json!({"id": 1, "name": "2025.01", "archived": true});
    let page = renderer().project(&ProjectPage {
        project: &project,
        issue_types: &issue_types,
        statuses: &statuses,
        categories: &[json!({"id": 51702, "name": "Login"})],
        milestones: &[milestone(), old],
        members: &[haruka(), ren(), lena()],
        custom_fields: &custom_fields(),
        repositories: &[json!({"id": 3307, "name": "portal"})],
    });
    insta::assert_snapshot!(page, @r#"
    # RIVER: River portal
    https://acme.backlog.com/projects/RIVER

    - Notation of texts: Markdown
    - Issue types: バグ, Task
    - Statuses: 未対応, 完了
    - Categories: Login
    - Repositories: portal
    - Members: 佐藤 遥, Ren Okabe, Lena Vogt (guest)

    ## Milestones

    - 2026.11 (2026-10-01 to 2026-11-20)
    - archived: 2025.01

    ## Custom fields

    - Ticket ref (text)
    - 再現手順 (text of many lines, required, only for バグ)
    - Users hit (number, in people, from 0, to 100000)
    - Found on (day, from 2026-01-01)
    - Severity (one of a list): S1, S2
    - \# Checks (check boxes, own text as well): Safari
    - New (another type)
    "#);
}

#[test]
fn a_project_alone_is_short() {
    let project = json!({"projectKey": "OLD", "name": "古い", "textFormattingRule": "backlog", "archived": true, "subtaskingEnabled": false});
    insta::assert_snapshot!(renderer().project(&ProjectPage::of(&project)), @r#"
    # OLD: 古い
    https://acme.backlog.com/projects/OLD

    - Notation of texts: Backlog's own
    - Archived: yes
    - Child issues: not in this project
    "#);
    insta::assert_snapshot!(renderer().projects(&[self::project(), project]), @r#"
    - RIVER: River portal
    - OLD: 古い (archived)
    "#);
}

#[test]
fn members_of_one_name_have_their_logins() {
    let mut other = haruka();
    other["userId"] = json!("haruka2");
    let project = project();
    let members = [haruka(), ren(), other];
    let page = renderer().project(&ProjectPage {
        members: &members,
        ..ProjectPage::of(&project)
    });
    let expected = "- Members: 佐藤 遥 (login h.sato), Ren Okabe, 佐藤 遥 (login haruka2)\n";
    assert!(page.to_string().contains(expected), "{page}");
}
