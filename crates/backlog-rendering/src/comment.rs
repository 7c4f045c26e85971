//! The comments of an issue or a pull request, in chronological order.

use serde_json::Value;

use crate::{Renderer, inline, json, markdown::Markdown, number::grouped};

/// Comments, and how many older ones there are. Their order does not matter.
#[derive(Clone, Copy, Debug, Default)]
pub struct Comments<'a> {
    /// The comments to write.
    pub shown: &'a [Value],
    /// The comments that are left out.
    pub older: Older,
}

/// The comments before those that are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Older {
    /// There are none.
    #[default]
    None,
    /// There may be some.
    Possible,
    /// There are some, and their number is not known.
    Some,
    /// There are this many.
    Number(usize),
}

impl<'a> Comments<'a> {
    /// Comments of which none is left out.
    pub fn all(shown: &'a [Value]) -> Self {
        Self {
            shown,
            older: Older::None,
        }
    }
}

impl Renderer {
    /// Writes the section of the comments.
    pub(crate) fn comments(&self, page: &mut Markdown, comments: &Comments<'_>) {
        let left_out = match comments.older {
            Older::None | Older::Number(0) => None,
            Older::Possible => Some("There may be older ones".to_owned()),
            Older::Some => Some("Older ones are left out".to_owned()),
            Older::Number(1) => Some("1 older one is left out".to_owned()),
            Older::Number(number) => Some(format!("{} older ones are left out", grouped(number))),
        };
        if comments.shown.is_empty() && left_out.is_none() {
            return;
        }
        let mut sorted: Vec<_> = comments.shown.iter().collect();
        sorted.sort_by_key(|comment| (comment["created"].as_str(), comment["id"].as_u64()));
        page.heading(
            2,
            &format!("Comments ({}, times in {})", sorted.len(), self.time_zone),
        );
        if let Some(left_out) = left_out {
            let oldest = sorted.first().and_then(|comment| json::id(&comment["id"]));
            let advice = oldest.map(|id| format!(": read on before comment {id}"));
            page.line(&format!("{left_out}{}.", advice.unwrap_or_default()));
        }
        for comment in sorted {
            self.comment(page, comment);
        }
    }

    fn comment(&self, page: &mut Markdown, comment: &Value) {
        let title = self.comment_title(comment);
        page.heading(3, &title);
        for change in self.changes(&comment["changeLog"]) {
            page.line(&format!("- {}", inline::at_start(change)));
        }
        page.field("notified", self.notified(&comment["notifications"]));
        let stars = json::items(&comment["stars"]).iter();
        let stars: Vec<_> = stars
            .filter_map(|star| self.person(&star["presenter"]))
            .collect();
        page.field("stars", (!stars.is_empty()).then(|| stars.join(", ")));
        if let Some(content) = json::long_text(&comment["content"]) {
            page.quote(&format!("comment of {title}"), content);
        }
    }

    /// Writes `佐藤 遥, 2026-10-02 10:22, comment 9901234`.
    fn comment_title(&self, comment: &Value) -> String {
        let who = self.person(&comment["createdUser"]);
        let who = who.unwrap_or_else(|| "unknown user".to_owned());
        let when = self.moment(&comment["created"]);
        let id = json::id(&comment["id"]).map(|id| format!("comment {id}"));
        let reply = json::id(&comment["replyTo"]).map(|id| format!("a reply to comment {id}"));
        let parts: Vec<_> = [Some(who), when, id, reply].into_iter().flatten().collect();
        parts.join(", ")
    }
}
