//! Shortens a result.

use backlog_client::{BacklogUrl, Method};
use backlog_rendering::{
    Renderer,
    concise::{Options, shorten},
};
use chrono_tz::Tz;
use rmcp::model::JsonObject;
use serde_json::Value;

use super::{
    change::reduced,
    links,
    notes::{Facts, note},
};
use crate::{
    calls::{prefix::ToolPrefix, services::Services, time_zone},
    toolkit::{
        attempt::Backlog,
        rest::{Rest, Way},
        tool::ToolMeta,
    },
};

/// The maximum length of a text in a list if another tool reads the items whole.
const EXCERPT: usize = 200;
/// The same for a list that is the only place of its texts, such as comments.
const ONLY_PLACE: usize = 1_000;
/// The text of a document as its editor's JSON.
const EDITOR_JSON: &str = "json";

/// The facts about a call that its concise result needs.
#[derive(Debug)]
pub(crate) struct Shortening {
    renderer: Renderer,
    space: BacklogUrl,
    zone: Tz,
    /// The inputs of a change that is reduced.
    change: Option<Vec<String>>,
    /// The issue that the call names by its key.
    issue_key: Option<String>,
    rest: Rest,
}

/// The parts of a result that the caller asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked {
    /// Whether the caller chose the fields.
    pub fields: bool,
    /// Whether the caller chose parts of texts or lists, which decide their length.
    pub parts: bool,
}

/// A concise result, and the note on it.
pub(crate) struct Shortened {
    pub value: Value,
    pub note: Option<String>,
}

impl Shortening {
    /// Reads the time zone of the call's space. If Backlog does not return it, moments are in UTC:
    /// the call is more important, and the note names the time zone.
    pub(crate) async fn of(
        services: &Services,
        backlog: &Backlog<'_>,
        (tool, method): (&ToolMeta, Option<&Method>),
        arguments: &JsonObject,
    ) -> Self {
        let zone = time_zone::of(services, backlog).await.unwrap_or(Tz::UTC);
        let is_reduced = !tool.effect.read_only && method != Some(&Method::Delete);
        let space = backlog.access.url().clone();
        Self {
            renderer: Renderer::new(space.as_str(), zone),
            space,
            zone,
            change: is_reduced.then(|| arguments.keys().cloned().collect()),
            issue_key: arguments
                .get("issueKey")
                .and_then(Value::as_str)
                .map(str::to_owned),
            rest: tool.rest,
        }
    }

    /// Shortens a result.
    pub(crate) fn apply(&self, value: Value, asked: Asked, prefix: &ToolPrefix) -> Shortened {
        let (mut value, editor_json) = without_editor_json(value);
        let link = links::of(&value, self.issue_key.as_deref(), &self.renderer);
        if let Some(inputs) = &self.change {
            value = reduced(value, inputs);
        }
        let has_issues = is_list_of_issues(&value);
        let list_text_chars = self.list_text_chars(asked);
        let options = Options {
            renderer: &self.renderer,
            with_urls: !value.is_array() && !asked.fields,
            keeps_all_fields: asked.fields,
            list_text_chars,
        };
        // The caller of a change has its texts, so they are cut like those of a list.
        let is_wrapped = self.change.is_some() && value.is_object();
        if is_wrapped {
            value = Value::Array(vec![value]);
        }
        let shorter = shorten(value, &options);
        let mut value = match shorter.value {
            Value::Array(mut items) if is_wrapped => items.pop().unwrap_or_default(),
            value => value,
        };
        if let (Some(json), Value::Object(document)) = (editor_json, &mut value) {
            document.insert(EDITOR_JSON.to_owned(), json);
        }
        if let (Some(link), Value::Object(item), false) = (link, &mut value, asked.fields) {
            item.insert("url".to_owned(), link.into());
        }
        let facts = Facts {
            time_zone: shorter.has_moments.then_some(self.zone),
            issues_of: has_issues.then(|| self.space.as_str()),
            cut_at: shorter.has_cut_texts.then_some(list_text_chars),
        };
        Shortened {
            value,
            note: note(&facts, self.rest, prefix),
        }
    }

    /// The maximum length of a text in a list. Texts that nothing returns whole are not cut, nor
    /// are those of which the caller asked for a part.
    fn list_text_chars(&self, asked: Asked) -> usize {
        match self.rest.way {
            Way::By(_) if !asked.parts => EXCERPT,
            Way::Own if !asked.parts => ONLY_PLACE,
            _ => usize::MAX,
        }
    }
}

/// Takes the editor's JSON out of a document: it is there only if the caller asks for it, and each
/// of its empty values may mean something.
fn without_editor_json(value: Value) -> (Value, Option<Value>) {
    match value {
        Value::Object(mut document) if document.contains_key("plain") => {
            let json = document.shift_remove(EDITOR_JSON);
            let json = json.filter(|json| !json.is_null());
            (Value::Object(document), json)
        }
        other => (other, None),
    }
}

fn is_list_of_issues(value: &Value) -> bool {
    let items = value.as_array().map(Vec::as_slice).unwrap_or_default();
    items.iter().any(|item| item["issueKey"].is_string())
}
