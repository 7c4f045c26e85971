//! Shortens the JSON of a response by the rules of the pages.
//!
//! 1. Nothing null or empty remains, nor what only Backlog's own pages need, such as colors.
//! 2. A user becomes a name, and so does a thing that is little more than id and name. A nested
//!    issue becomes `RIVER-7: Login loops`, a file `trace.log (20.5 kB, id 660418)`, a change
//!    `status: Open → Closed`, and the custom fields an object of `name: value`. The things of the
//!    response itself stay objects, so that their ids remain.
//! 3. Start and due dates become days, moments become minutes in the time zone of the space.
//! 4. The numbers of reasons and of types of activities become words.
//! 5. A long text of a list is cut, and says so. A thing by itself keeps its texts whole.
//!
//! [`shorten`] also reports what the reader has to know: whether texts were cut, and whether there
//! are moments.

use std::cell::Cell;

use serde_json::{Map, Value};

use crate::{
    Renderer, activity::verb, hidden, inline, issue::issue_name, json, notification::reason,
    person::is_person,
};

/// How a response is shortened.
#[derive(Clone, Copy, Debug)]
pub struct Options<'a> {
    /// Names, days and URLs of the space.
    pub renderer: &'a Renderer,
    /// Whether the issues of the response have a `url`.
    pub with_urls: bool,
    /// Whether fields are kept that are only of use to a caller who asks for them by name.
    pub keeps_all_fields: bool,
    /// The longest text of a thing in a list, in characters.
    pub list_text_chars: usize,
}

/// The shorter form of a response.
#[derive(Clone, Debug, PartialEq)]
pub struct Shorter {
    /// The response.
    pub value: Value,
    /// Whether a text in it was cut.
    pub has_cut_texts: bool,
    /// Whether it has moments, which are in the time zone of the space.
    pub has_moments: bool,
}

/// Returns the shorter form of a response.
pub fn concise(value: Value, options: &Options<'_>) -> Value {
    shorten(value, options).value
}

/// Returns the shorter form of a response, and what a reader has to know about it.
pub fn shorten(value: Value, options: &Options<'_>) -> Shorter {
    let found = Found::default();
    let place = Place {
        options,
        found: &found,
        is_listed: value.is_array(),
        is_nested: false,
    };
    let value = match value {
        // An empty element has a place in the list.
        Value::Array(items) => items.into_iter().map(|item| place.value(item)).collect(),
        other => place.value(other),
    };
    Shorter {
        value,
        has_cut_texts: found.cut_text.get(),
        has_moments: found.moment.get(),
    }
}

/// Fields that no tool takes and no user asks for.
const DROPPED: [&str; 5] = [
    "color",
    "displayOrder",
    "lang",
    "lastLoginTime",
    "nulabAccount",
];

/// Fields of an issue that its key makes needless.
const OF_ISSUES: [&str; 3] = ["id", "keyId", "projectId"];

/// Fields beside which a name says enough of a thing.
const BESIDE_NAMES: [&str; 13] = [
    "archived",
    "color",
    "description",
    "displayOrder",
    "fieldTypeId",
    "id",
    "name",
    "projectId",
    "releaseDueDate",
    "startDate",
    "templateDescription",
    "templateSummary",
    "useIssueType",
];

const DAYS: [&str; 6] = [
    "dueDate",
    "limitDate",
    "reference_date",
    "releaseDueDate",
    "startDate",
    "start_date",
];

/// Fields that are days where they are texts: the limits and the first value of a custom field.
const DAYS_AS_TEXTS: [&str; 3] = ["date", "max", "min"];

const MOMENTS: [&str; 7] = [
    "closeAt",
    "created",
    "lastContentUpdated",
    "mergeAt",
    "pushedAt",
    "startedOn",
    "updated",
];

/// The facts about a response that its elements report.
#[derive(Default)]
struct Found {
    cut_text: Cell<bool>,
    moment: Cell<bool>,
}

#[derive(Clone, Copy)]
struct Place<'a> {
    options: &'a Options<'a>,
    found: &'a Found,
    /// Whether it is in a list of the response.
    is_listed: bool,
    /// Whether it is inside a thing of the response.
    is_nested: bool,
}

impl Place<'_> {
    fn value(self, value: Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.text(&text)),
            Value::Array(items) => {
                let items = items.into_iter().map(|item| self.value(item));
                items.filter(|item| !is_empty(item)).collect()
            }
            Value::Object(object) => match self.name(&object) {
                Some(name) => Value::String(name),
                None => Value::Object(self.object(object)),
            },
            other => other,
        }
    }

    /// The name that stands for a nested thing.
    fn name(self, object: &Map<String, Value>) -> Option<String> {
        if !self.is_nested {
            return None;
        }
        let renderer = self.options.renderer;
        // The functions of pages take values; a nested thing is small.
        let value = || Value::Object(object.clone());
        if is_person(object) {
            return renderer
                .person(&value())
                .map(|name| inline::unescaped(&name));
        }
        if object.get("issueKey").is_some_and(Value::is_string) {
            return issue_name(&value()).map(|name| inline::unescaped(&name));
        }
        if let Some(key) = object.get("projectKey").and_then(Value::as_str) {
            return Some(self.text(key));
        }
        let name = object.get("name")?.as_str()?;
        let mut fields = object.keys();
        let is_named = fields.all(|field| BESIDE_NAMES.contains(&field.as_str()));
        (is_named && object.contains_key("id")).then(|| self.text(name))
    }

    fn object(self, object: Map<String, Value>) -> Map<String, Value> {
        let key = object
            .get("issueKey")
            .filter(|key| key.is_string())
            .cloned();
        let url = key.filter(|_| self.options.with_urls && !self.is_nested);
        let url = url.and_then(|key| {
            let issue = Value::Object(Map::from_iter([("issueKey".to_owned(), key)]));
            self.options.renderer.issue_url(&issue)
        });
        let dropped = self.dropped(&object);
        let is_activity = object.get("content").is_some_and(Value::is_object);
        let inside = Place {
            is_nested: true,
            ..self
        };
        let mut shorter = Map::new();
        for (name, value) in object {
            if dropped.contains(&name.as_str()) {
                continue;
            }
            let value = match &*name {
                "type" if is_activity && value.is_u64() => Value::from(verb(&value)),
                "reason" if value.is_u64() => Value::from(reason(&value)),
                _ => inside.field(&name, value),
            };
            if is_empty(&value) {
                continue;
            }
            let is_key = name == "issueKey";
            shorter.insert(cleaned(&name), value);
            if let (true, Some(url)) = (is_key, &url) {
                shorter.insert("url".to_owned(), Value::from(url.clone()));
            }
        }
        shorter
    }

    /// The fields of an object that say nothing, or the same as another.
    fn dropped(self, object: &Map<String, Value>) -> Vec<&'static str> {
        if self.options.keeps_all_fields {
            return Vec::new();
        }
        let mut dropped = DROPPED.to_vec();
        if object.get("issueKey").is_some_and(Value::is_string) {
            dropped.extend(OF_ISSUES);
        }
        if object
            .get("plain")
            .is_some_and(|plain| json::long_text(plain).is_some())
        {
            // The same text as the JSON of the editor.
            dropped.push("json");
            if object.contains_key("commentType") || object.contains_key("commentId") {
                dropped.push("content");
            }
        }
        if self.is_listed && is_person(object) {
            dropped.push("mailAddress");
        }
        dropped
    }

    fn field(self, name: &str, value: Value) -> Value {
        let renderer = self.options.renderer;
        match name {
            _ if DAYS.contains(&name) => self.written(renderer.day(&value), value),
            _ if DAYS_AS_TEXTS.contains(&name) && value.is_string() => {
                self.written(renderer.day(&value), value)
            }
            _ if MOMENTS.contains(&name) => self.moment(value),
            "customFields" => self.custom_fields(value),
            "changeLog" | "changes" => self.each(value, |change| renderer.change(change)),
            "attachments" | "sharedFiles" => self.each(value, |file| {
                file["size"].is_u64().then(|| renderer.file(file)).flatten()
            }),
            "notifications" => {
                self.each(value, |notification| renderer.person(&notification["user"]))
            }
            "stars" => self.each(value, |star| renderer.person(&star["presenter"])),
            _ => self.value(value),
        }
    }

    fn moment(self, value: Value) -> Value {
        let words = self.options.renderer.moment(&value);
        if words.is_some() {
            self.found.moment.set(true);
        }
        self.written(words, value)
    }

    /// The words that were written for a value, or else the value as any other.
    fn written(self, words: Option<String>, value: Value) -> Value {
        match words {
            Some(words) => Value::String(inline::unescaped(&words)),
            None => self.value(value),
        }
    }

    /// Writes each element of a list in words; those that have none are shortened as any value.
    fn each(self, list: Value, words: impl Fn(&Value) -> Option<String>) -> Value {
        let Value::Array(items) = list else {
            return self.value(list);
        };
        let items = items
            .into_iter()
            .map(|item| self.written(words(&item), item));
        items.filter(|item| !is_empty(item)).collect()
    }

    /// Writes the custom fields of an issue as an object. Two of the same name have their ids as
    /// well.
    fn custom_fields(self, fields: Value) -> Value {
        let is_value = |field: &Value| field["name"].is_string() && field.get("value").is_some();
        if !json::items(&fields).iter().all(is_value) {
            return self.value(fields);
        }
        let mut named = Map::new();
        for field in json::items(&fields) {
            let Some(value) = self.custom_value(field) else {
                continue;
            };
            let mut name = cleaned(field["name"].as_str().unwrap_or_default());
            if named.contains_key(&name) {
                name = format!("{name} ({})", json::id(&field["id"]).unwrap_or_default());
            }
            named.insert(name, value);
        }
        Value::Object(named)
    }

    fn custom_value(self, field: &Value) -> Option<Value> {
        match &field["value"] {
            number @ Value::Number(_) => Some(number.clone()),
            Value::String(text) if field["fieldTypeId"] != 4 => {
                (!text.trim().is_empty()).then(|| Value::String(self.text(text)))
            }
            _ => self
                .options
                .renderer
                .custom_value(field)
                .map(|value| Value::String(inline::unescaped(&value))),
        }
    }

    /// A text without hidden characters, cut if it is in a list.
    fn text(self, text: &str) -> String {
        let text = hidden::clean(text).text;
        if !self.is_listed {
            return text.into_owned();
        }
        let shortened = inline::shortened(&text, self.options.list_text_chars);
        if shortened != text {
            self.found.cut_text.set(true);
        }
        shortened.into_owned()
    }
}

fn cleaned(name: &str) -> String {
    hidden::clean(name).text.into_owned()
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}
