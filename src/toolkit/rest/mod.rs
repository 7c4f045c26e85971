//! How to read the rest of a result that is too long. Each tool declares it ([`Rest`]).
//!
//! | a tool that returns | has |
//! |---|---|
//! | one item with texts or lists in it | the inputs `textOffset`, `textLength` and `itemOffset` |
//! | a list of items that another tool reads one by one | the name of that tool |
//! | a list of items that no other tool reads | the same inputs, and a page of one |
//! | a list that Backlog does not page | the inputs `offset` and `count`, which the hub handles |
//!
//! Lists that the hub does not page have few and small entries: the priorities and resolutions of
//! Backlog, and the statuses of a project, at most twelve. The result of a tool that writes is read
//! with the tool that reads the same item.

use std::sync::Arc;

use rmcp::model::JsonObject;
use serde_json::{Value, json};

pub(crate) const TEXT_OFFSET: &str = "textOffset";
pub(crate) const TEXT_LENGTH: &str = "textLength";
pub(crate) const ITEM_OFFSET: &str = "itemOffset";
pub(crate) const INCLUDE_JSON: &str = "includeJson";
pub(crate) const OFFSET: &str = "offset";
pub(crate) const COUNT: &str = "count";

/// Backlog's default page size, for nearly all lists.
pub(crate) const USUAL_COUNT: u64 = 20;

/// How a tool handles a result that is too long.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rest {
    pub way: Way,
    pub pages: Pages,
    /// Whether Backlog returns texts a second time, as the JSON of its editor.
    pub doubled: bool,
}

/// How the rest of texts and lists inside a result is read.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Way {
    /// It has nothing long, or no tool reads it.
    None,
    /// With inputs of the same tool.
    Own,
    /// With another tool.
    By(Reading),
}

/// How the hub pages a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pages {
    /// Backlog has pages, or the list is short.
    None,
    /// The hub pages a list that Backlog returns whole.
    Whole,
    /// The hub pages the newest hundred, which Backlog pages by ids that it does not return.
    Versions,
}

/// The inputs that select the next part of a list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Paging {
    #[default]
    None,
    /// `offset`
    Offset,
    /// `minId` and `maxId`
    Id,
    /// `offset`, which the hub applies: Backlog returns the list whole.
    Whole,
    /// The same for the versions of a wiki page, of which Backlog returns a hundred.
    Versions,
}

/// A call that reads one item.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reading {
    pub tool: &'static str,
    pub inputs: &'static [(&'static str, Source)],
}

/// Where the value of an input comes from.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Source {
    /// A JSON pointer into the item.
    Output(&'static str),
    /// One more than the number at this JSON pointer.
    After(&'static str),
    /// An argument of the call, if it was given.
    Argument(&'static str),
    Number(u64),
}

use Source::{After, Argument, Number, Output};

const fn by(tool: &'static str, inputs: &'static [(&'static str, Source)]) -> Rest {
    Rest::with(Way::By(Reading { tool, inputs }))
}

/// The declarations; every tool makes one of them.
impl Rest {
    /// Nothing in the result is longer than a name.
    pub(crate) const SHORT: Self = Self::with(Way::None);
    /// The result is a file, and the tool has inputs of its own to read the rest.
    pub(crate) const FILE: Self = Self::with(Way::None);
    /// The same tool reads the rest, with `textOffset`, `textLength` and `itemOffset`.
    pub(crate) const OWN: Self = Self::with(Way::Own);

    pub(crate) const ISSUE: Self = by("get_issue", &[("issueKey", Output("/issueKey"))]);
    pub(crate) const ISSUE_INSIDE: Self =
        by("get_issue", &[("issueKey", Output("/issue/issueKey"))]);
    pub(crate) const WIKI: Self = by("get_wiki", &[("wikiId", Output("/id"))]);
    pub(crate) const DOCUMENT: Self = by("get_document", &[("documentId", Output("/id"))]);
    pub(crate) const PULL_REQUEST: Self = by(
        "get_pull_request",
        &[
            ("projectId", Output("/projectId")),
            ("repoId", Output("/repositoryId")),
            ("number", Output("/number")),
        ],
    );
    pub(crate) const ISSUE_COMMENT: Self = by(
        "get_issue_comments",
        &[
            ("issueId", Output("/issueId")),
            ("maxId", After("/id")),
            ("count", Number(1)),
        ],
    );
    pub(crate) const PULL_REQUEST_COMMENT: Self = by(
        "get_pull_request_comments",
        &[
            ("projectId", Argument("projectId")),
            ("projectKey", Argument("projectKey")),
            ("repoId", Argument("repoId")),
            ("repoName", Argument("repoName")),
            ("number", Argument("number")),
            ("maxId", After("/id")),
            ("count", Number(1)),
        ],
    );
    pub(crate) const VERSIONS: Self = by(
        "get_version_milestone_list",
        &[("projectId", Output("/projectId"))],
    );
    pub(crate) const ISSUE_TYPES: Self =
        by("get_issue_types", &[("projectId", Output("/projectId"))]);
    pub(crate) const CUSTOM_FIELDS: Self =
        by("get_custom_fields", &[("projectId", Output("/projectId"))]);
    pub(crate) const WEBHOOKS: Self = by(
        "get_webhooks",
        &[("projectIdOrKey", Argument("projectIdOrKey"))],
    );
    pub(crate) const NOTICE: Self = by("get_space_notification", &[]);

    const fn with(way: Way) -> Self {
        Self {
            way,
            pages: Pages::None,
            doubled: false,
        }
    }

    /// The same for a list that Backlog returns whole and the hub pages.
    #[must_use]
    pub(crate) const fn paged(mut self) -> Self {
        self.pages = Pages::Whole;
        self
    }

    /// The same for the versions of a wiki page.
    #[must_use]
    pub(crate) const fn paged_by_version(mut self) -> Self {
        self.pages = Pages::Versions;
        self
    }

    /// The same for texts that Backlog returns a second time, as the JSON of its editor.
    #[must_use]
    pub(crate) const fn doubled(mut self) -> Self {
        self.doubled = true;
        self
    }
}

impl Rest {
    /// Returns how a tool pages. `paging` follows from its inputs without the hub's.
    pub(crate) fn paging(self, paging: Paging) -> Paging {
        match self.pages {
            Pages::None => paging,
            Pages::Whole => Paging::Whole,
            Pages::Versions => Paging::Versions,
        }
    }

    /// Adds the inputs that the hub handles.
    pub(crate) fn offer(self, schema: &mut Arc<JsonObject>) {
        let mut inputs = Vec::new();
        let number = |text: &str, least: u8| json!({"type": "number", "minimum": least, "description": text});
        let skip = || {
            json!({
                "type": "number", "minimum": 0, "default": 0, "description": "Entries to skip",
            })
        };
        match self.pages {
            Pages::None => {}
            Pages::Whole => inputs.extend([
                (OFFSET, skip()),
                (COUNT, number("Maximum entries; default: all", 1)),
            ]),
            Pages::Versions => inputs.push((OFFSET, skip())),
        }
        if self.doubled {
            let text = "Whether to add the text as the editor's JSON";
            inputs.push((
                INCLUDE_JSON,
                json!({"type": "boolean", "description": text}),
            ));
        }
        if matches!(self.way, Way::Own) {
            inputs.extend([
                (TEXT_OFFSET, number("Characters of long texts to skip", 0)),
                (TEXT_LENGTH, number("Maximum characters of a text", 1)),
                (ITEM_OFFSET, number("Entries of inner lists to skip", 0)),
            ]);
        }
        if inputs.is_empty() {
            return;
        }
        let schema = Arc::make_mut(schema);
        if let Some(Value::Object(properties)) = schema.get_mut("properties") {
            let inputs = inputs.into_iter();
            properties.extend(inputs.map(|(name, input)| (name.to_owned(), input)));
        }
    }
}

#[cfg(test)]
mod tests;
