//! The names of arguments: unknown ones are taken where they have one meaning, and said where not.

use std::borrow::Cow;

use rmcp::model::JsonObject;
use serde_json::Value;

use crate::mcp::arguments::names_nothing;

/// In characters; what is longer is near to nothing.
const MAX_COMPARED: usize = 64;
/// Of one call, that an error names.
const MAX_NAMED: usize = 5;
/// Of one call, that are looked at.
const MAX_LOOKED_AT: usize = 50;
/// Where clients put all arguments by mistake.
const WRAPPERS: [&str; 6] = [
    "arguments",
    "args",
    "input",
    "inputs",
    "params",
    "parameters",
];

/// The inputs, the most exact one first, that another name can mean; the tool must have one.
/// Names are [folded] and without a final `s`.
const SYNONYMS: &[(&[&str], &[&str])] = &[
    (
        &[
            "project",
            "projectid",
            "projectkey",
            "projectidorkey",
            "projectname",
            "projectcode",
        ],
        &["projectId", "projectIds", "projectIdOrKey", "projectKey"],
    ),
    (
        &[
            "issue",
            "issueid",
            "issuekey",
            "issueidorkey",
            "ticket",
            "ticketid",
            "ticketkey",
        ],
        &["issueIdOrKey", "issueKey", "issueId"],
    ),
    (
        &["parent", "parentissue", "parentkey", "parentissuekey"],
        &["parentIssueId"],
    ),
    (
        &["target", "targetissue", "targetissuekey"],
        &["targetIssueId"],
    ),
    (&["relatedissue", "relatedissuekey"], &["relatedIssueId"]),
    (
        &["repo", "repository", "repositoryname", "reponame"],
        &["repoName", "repoId"],
    ),
    (&["repositoryid"], &["repoId"]),
    (&["wiki", "pageid", "wikipage", "wikipageid"], &["wikiId"]),
    (&["document", "doc", "docid"], &["documentId"]),
    (
        &[
            "pullrequest",
            "pullrequestid",
            "pullrequestnumber",
            "pr",
            "prnumber",
        ],
        &["number"],
    ),
    (&["assignee", "assignedto", "assigneduser"], &["assigneeId"]),
    (&["statuse", "statu"], &["statusId"]),
    (&["priority", "prioritie", "priorityid"], &["priorityId"]),
    (&["resolution"], &["resolutionId"]),
    (&["type", "issuetype", "typeid"], &["issueTypeId"]),
    (&["category", "categorie"], &["categoryId"]),
    (&["version", "affectedversion"], &["versionId"]),
    (&["milestone"], &["milestoneId"]),
    (
        &[
            "notify",
            "notifieduser",
            "notifyuser",
            "notifyuserid",
            "notified",
            "mention",
        ],
        &["notifiedUserId"],
    ),
    (&["attachment", "attachmentid"], &["attachmentId"]),
    (
        &["creator", "createdby", "createduser", "author", "creatorid"],
        &["createdUserId"],
    ),
    (&["user", "username"], &["userId"]),
    (&["team"], &["teamId"]),
    (&["comment"], &["content"]),
    (
        &["text", "body", "message"],
        &["content", "description", "comment"],
    ),
    (&["title", "subject"], &["summary", "title", "name"]),
    (&["query", "search", "q", "searchterm"], &["keyword"]),
    (&["limit", "pagesize", "perpage", "maxresult"], &["count"]),
    (&["skip"], &["offset"]),
    (&["sortby", "orderby"], &["sort"]),
    (&["sortorder", "direction"], &["order"]),
    (
        &["activitytype", "activitytypeid"],
        &["activityTypeId", "activityTypeIds"],
    ),
    (&["customfield"], &["customFields"]),
    (&["due", "deadline"], &["dueDate"]),
];

/// The inputs of a tool, as they are published.
#[derive(Clone, Copy)]
pub(super) struct Known<'a> {
    pub published: &'a JsonObject,
    /// Whether the tool would have `fields`, which are switched off.
    pub fields_are_off: bool,
}

/// `issueKey` of `Issue_Key`: what letters and digits there are, in lower case.
pub(super) fn folded(name: &str) -> String {
    let signs = name
        .chars()
        .filter(|c| c.is_alphanumeric())
        .take(MAX_COMPARED);
    signs.flat_map(char::to_lowercase).collect()
}

/// Those of some words that are nearest to another.
pub(super) fn nearest<'a>(
    word: &str,
    words: impl Iterator<Item = &'a str>,
    most: usize,
) -> Vec<&'a str> {
    let word = folded(word);
    let distance = |other: &str| {
        let other = folded(other);
        let apart = strsim::osa_distance(&word, &other);
        let within = other.contains(&word) || word.contains(&other);
        (apart.saturating_sub(if within { 4 } else { 0 }), apart)
    };
    let mut words: Vec<_> = words.map(|word| (distance(word), word)).collect();
    words.sort();
    words.into_iter().take(most).map(|(_, word)| word).collect()
}

/// Takes the arguments out of what a client wrapped them in.
pub(super) fn unwrap(arguments: &mut JsonObject, known: Known<'_>) {
    if arguments.len() != 1 {
        return;
    }
    let Some((name, value)) = arguments.iter().next() else {
        return;
    };
    if !WRAPPERS.contains(&name.as_str()) || known.published.contains_key(name) {
        return;
    }
    let inner = match value {
        Value::Object(inner) => Some(inner.clone()),
        Value::String(text) => serde_json::from_str(text).ok(),
        _ => None,
    };
    if let Some(inner) = inner {
        *arguments = inner;
    }
}

/// Gives each argument the name of its input.
///
/// # Errors
/// Those that are of no input, with the nearest ones; or two that mean the same.
pub(super) fn settle(arguments: &mut JsonObject, known: Known<'_>) -> Result<(), String> {
    if arguments
        .keys()
        .all(|name| known.published.contains_key(name))
    {
        return Ok(());
    }
    let given = std::mem::take(arguments);
    let (right, others): (Vec<_>, Vec<_>) = given
        .into_iter()
        .partition(|(name, _)| known.published.contains_key(name));
    arguments.extend(right);
    let mut problems = Vec::new();
    let unseen = others.len().saturating_sub(MAX_LOOKED_AT);
    for (name, value) in others.into_iter().take(MAX_LOOKED_AT) {
        match known.meant(&name, &value) {
            Some(input) => match arguments.get(input.as_ref()) {
                Some(other) if *other == value || is_nothing(&value) => {}
                Some(other) if !is_nothing(other) => problems.push(format!(
                    "{}: means {input}, which is given as well; give one of them",
                    shown(&name)
                )),
                _ => {
                    arguments.insert(input.into_owned(), value);
                }
            },
            None if custom_field(&name, value.clone(), arguments, known) => {}
            None => problems.push(known.problem(&name)),
        }
    }
    if problems.is_empty() && unseen == 0 {
        return Ok(());
    }
    let more = unseen + problems.len().saturating_sub(MAX_NAMED);
    problems.truncate(MAX_NAMED);
    if more > 0 {
        problems.push(format!("and {more} more arguments that there are not"));
    }
    Err(problems.join("\n"))
}

fn is_nothing(value: &Value) -> bool {
    names_nothing(value) || value.as_array().is_some_and(Vec::is_empty)
}

/// A value given as `customField_12`.
fn custom_field(name: &str, value: Value, arguments: &mut JsonObject, known: Known<'_>) -> bool {
    let id = super::custom_field::id_of(name);
    let (Some(id), true) = (id, super::custom_field::takes_values(known.published)) else {
        return false;
    };
    let fields = arguments
        .entry("customFields")
        .or_insert_with(|| Value::Array(Vec::new()));
    let Value::Array(fields) = fields else {
        return false;
    };
    fields.push(serde_json::json!({"id": id.to_string(), "value": value}));
    true
}

impl Known<'_> {
    /// The input that another name means; none if it could be several.
    fn meant(&self, name: &str, value: &Value) -> Option<Cow<'static, str>> {
        if name.len() > MAX_COMPARED * 4 {
            return None;
        }
        let name = folded(name);
        if name.is_empty() {
            return None;
        }
        let alike = |input: &&String| folded(input) == name;
        let mut alike = self.published.keys().filter(alike);
        if let (Some(input), None) = (alike.next(), alike.next()) {
            return Some(input.clone().into());
        }
        let stem = name.strip_suffix('s').unwrap_or(&name);
        self.synonym(&name, stem, value)
            .map(Cow::Borrowed)
            .or_else(|| {
                // `assignee` for `assigneeId`, `attachments` for `attachment`.
                let is_it = |input: &&String| {
                    let input = folded(input);
                    let bare = input.strip_suffix("ids").or(input.strip_suffix("id"));
                    let singular = input.strip_suffix('s').unwrap_or(&input);
                    bare.unwrap_or(singular) == stem || singular == stem
                };
                let mut meant = self.published.keys().filter(is_it);
                match (meant.next(), meant.next()) {
                    (Some(input), None) => Some(input.clone().into()),
                    _ => None,
                }
            })
    }

    fn synonym(&self, name: &str, stem: &str, value: &Value) -> Option<&'static str> {
        let is_it = |names: &&[&str]| names.contains(&name) || names.contains(&stem);
        let all = SYNONYMS.iter().filter(|(names, _)| is_it(&names));
        let mut found = all.filter_map(|(_, inputs)| {
            let mut there = inputs.iter().filter(|it| self.published.contains_key(**it));
            // A number is an id.
            let by_id = |it: &&&str| value.is_number() && ["issueId", "repoId"].contains(*it);
            there.clone().find(by_id).or_else(|| there.next()).copied()
        });
        if let Some(input) = found.next() {
            return Some(input);
        }
        // The tool's only thing may be called by a bare word.
        let has = |name: &str| self.published.contains_key(name);
        match name {
            "key" | "idorkey" if has("issueIdOrKey") => Some("issueIdOrKey"),
            "key" | "idorkey" if has("issueKey") && !has("projectKey") => Some("issueKey"),
            "key" | "idorkey" if has("projectKey") && !has("repoName") && !has("issueKey") => {
                Some("projectKey")
            }
            _ => None,
        }
    }

    fn problem(&self, name: &str) -> String {
        let shown = shown(name);
        if WRAPPERS.contains(&name) {
            return format!("{shown}: is no input; give what is in it as the arguments themselves");
        }
        if name == crate::mcp::router::FIELDS && self.fields_are_off {
            return format!("{shown}: choosing fields is off on this server; leave it out");
        }
        let inputs = self.published.keys().map(String::as_str);
        let near = nearest(name, inputs, 3);
        match near.as_slice() {
            [] => format!("{shown}: is no input; this tool takes none"),
            [only] => format!("{shown}: is no input; the only one is {only}"),
            near => format!("{shown}: is no input; the nearest are {}", near.join(", ")),
        }
    }
}

/// As an error says it.
pub(super) fn shown(name: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    match name.len() <= MAX_COMPARED && !name.is_empty() && name.chars().all(is_plain) {
        true => name.to_owned(),
        false => super::text::quoted(name),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::mcp::{ToolOptions, router::Table};

    fn settled(tool: &str, arguments: Value) -> Result<Value, String> {
        let table = Table::new(&ToolOptions::default());
        let schema = &table.get(tool).expect(tool).route.attr.input_schema;
        let known = Known {
            published: schema["properties"].as_object().expect("inputs"),
            fields_are_off: true,
        };
        let mut arguments = arguments.as_object().cloned().expect("an object");
        unwrap(&mut arguments, known);
        settle(&mut arguments, known)?;
        Ok(Value::Object(arguments))
    }

    #[test]
    fn a_name_with_one_meaning_is_taken() {
        for (tool, given, meant) in [
            ("get_issues", "project", "projectId"),
            ("get_issues", "projectKey", "projectId"),
            ("get_issues", "projectIdOrKey", "projectId"),
            ("get_issues", "project_id", "projectId"),
            ("get_issues", "assignee", "assigneeId"),
            ("get_issues", "assigneeIds", "assigneeId"),
            ("get_issues", "status", "statusId"),
            ("get_issues", "statuses", "statusId"),
            ("get_issues", "statusID", "statusId"),
            ("get_issues", "priorities", "priorityId"),
            ("get_issues", "issueType", "issueTypeId"),
            ("get_issues", "type", "issueTypeId"),
            ("get_issues", "limit", "count"),
            ("get_issues", "query", "keyword"),
            ("get_issues", "due_date_since", "dueDateSince"),
            ("get_documents", "project", "projectIds"),
            ("get_documents", "projectId", "projectIds"),
            ("get_webhooks", "project", "projectIdOrKey"),
            ("get_issue", "issue", "issueKey"),
            ("get_issue", "issueIdOrKey", "issueKey"),
            ("get_issue", "key", "issueKey"),
            ("add_watching", "issueKey", "issueIdOrKey"),
            ("get_project", "key", "projectKey"),
            ("get_project", "project", "projectId"),
            ("update_issue", "status", "statusId"),
            ("update_issue", "milestones", "milestoneId"),
            ("update_issue", "notify", "notifiedUserId"),
            ("update_issue", "title", "summary"),
            ("add_issue_comment", "comment", "content"),
            ("add_issue_comment", "notifiedUserIds", "notifiedUserId"),
            ("get_wiki", "pageId", "wikiId"),
            ("get_pull_request", "repository", "repoName"),
            ("get_pull_request", "pullRequestNumber", "number"),
            ("get_user", "user", "userId"),
            ("get_space_activities", "activityTypes", "activityTypeId"),
        ] {
            let found = settled(tool, json!({ given: "x" }));
            assert_eq!(found, Ok(json!({ meant: "x" })), "{tool} {given}");
        }
        let by_id = settled("get_issue", json!({"issueIdOrKey": 5}));
        assert_eq!(by_id, Ok(json!({"issueId": 5})));
        let field = settled("update_issue", json!({"customField_12": "x"}));
        let expected = json!({"customFields": [{"id": "12", "value": "x"}]});
        assert_eq!(field, Ok(expected));
    }

    #[test]
    fn wrapped_arguments_are_taken_out() {
        for wrapped in [
            json!({"arguments": {"issueKey": "A-1"}}),
            json!({"input": {"issueKey": "A-1"}}),
            json!({"params": "{\"issueKey\":\"A-1\"}"}),
        ] {
            assert_eq!(
                settled("get_issue", wrapped),
                Ok(json!({"issueKey": "A-1"}))
            );
        }
        let beside = json!({"arguments": {"issueKey": "A-1"}, "count": 1});
        let error = settled("get_issue_comments", beside).unwrap_err();
        assert!(
            error.contains("arguments: is no input; give what is in it"),
            "{error}"
        );
    }

    #[test]
    fn an_unknown_name_is_said_with_the_nearest() {
        for (tool, arguments, expected) in [
            (
                "update_issue",
                json!({"asignee": "me"}),
                "asignee: is no input; the nearest are assigneeId",
            ),
            (
                "get_issues",
                json!({"fields": "{id}"}),
                "fields: choosing fields is off",
            ),
            (
                "get_space",
                json!({"x": 1}),
                "x: is no input; this tool takes none",
            ),
            (
                "get_issues",
                json!({"labels": ["a"]}),
                "labels: is no input",
            ),
            (
                "get_users",
                json!({"page": 10}),
                "page: is no input; this tool takes none",
            ),
            (
                "get_issues",
                json!({"project": "A", "projectId": ["B"]}),
                "project: means projectId, which is given as well",
            ),
            (
                "get_issues",
                json!({"customField_12": "x"}),
                "customField_12: is no input",
            ),
            ("get_issues", json!({"": 1}), "\"\": is no input"),
            ("get_pull_request", json!({"key": "A"}), "key: is no input"),
        ] {
            let error = settled(tool, arguments.clone()).expect_err("refused");
            assert!(error.contains(expected), "{arguments}: {error}");
        }
        let many: JsonObject = (0..1000).map(|n| (format!("{n}x"), json!(1))).collect();
        let error = settled("get_issues", Value::Object(many)).unwrap_err();
        assert!(
            error.ends_with("and 995 more arguments that there are not"),
            "{error}"
        );
        let long = settled("get_issues", json!({ "a".repeat(100_000): 1 })).unwrap_err();
        assert!(long.len() < 1000, "{}", long.len());
    }

    #[test]
    fn one_that_is_empty_gives_way() {
        for arguments in [
            json!({"project": "A", "projectId": []}),
            json!({"projectId": "A", "project": ""}),
            json!({"projectId": "A", "project": "A"}),
        ] {
            let found = settled("get_issues", arguments.clone());
            assert_eq!(found, Ok(json!({"projectId": "A"})), "{arguments}");
        }
    }
}
