//! A hit of a search, and the order of hits.

use std::{cmp::Reverse, collections::HashSet};

use backlog_rendering::{Renderer, inline, snippet::Words};
use serde_json::{Value, json};

/// How well a hit fits; the best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fit {
    /// The query is its key.
    Key,
    /// Every word is in its title.
    Title,
    Text,
}

#[derive(Clone, Debug)]
pub(super) struct Hit {
    pub fit: Fit,
    /// The id for `fetch`.
    pub id: String,
    pub title: String,
    pub url: String,
    pub kind: &'static str,
    pub project: String,
    /// When it was changed, as Backlog writes it.
    pub updated: Value,
    /// The users who added it and who changed it last, as Backlog writes them.
    pub users: [Value; 2],
    /// Its text, if it is known.
    pub text: Option<String>,
}

impl Hit {
    /// The fit of a thing that is not named by its key.
    pub(super) fn fit(words: &Words, title: &str) -> Fit {
        match words.are_in([title]) {
            true => Fit::Title,
            false => Fit::Text,
        }
    }

    /// The users of a thing of Backlog's.
    pub(super) fn users(thing: &Value) -> [Value; 2] {
        ["createdUser", "updatedUser"].map(|field| thing[field].clone())
    }

    pub(super) fn json(&self, renderer: &Renderer, words: &Words, max_chars: usize) -> Value {
        let mut result = json!({
            "id": self.id,
            "title": inline::line(&self.title),
            "url": self.url,
            "kind": self.kind,
            "project": self.project,
        });
        if let Some(date) = renderer.day_of_moment(&self.updated) {
            result["date"] = date.into();
        }
        let mut users: Vec<_> = self
            .users
            .iter()
            .filter_map(|it| renderer.person(it))
            .collect();
        users.dedup();
        if !users.is_empty() {
            result["by"] = users.join(", ").into();
        }
        let text = self.text.as_deref();
        if let Some(snippet) = text.and_then(|text| words.around(text, max_chars)) {
            result["text"] = snippet.into();
        }
        result
    }
}

/// Sorts hits, and keeps each thing once.
pub(super) fn rank(hits: &mut Vec<Hit>) {
    // Moments in one format sort as texts.
    hits.sort_by_cached_key(|hit| {
        let updated = hit.updated.as_str().unwrap_or_default().to_owned();
        (hit.fit, Reverse(updated), hit.id.clone())
    });
    let mut seen = HashSet::new();
    hits.retain(|hit| seen.insert(hit.id.clone()));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_precedes_titles_and_these_precede_texts() {
        let hit = |fit, id: &str, updated: &str| Hit {
            fit,
            id: id.to_owned(),
            title: String::new(),
            url: String::new(),
            kind: "issue",
            project: String::new(),
            updated: updated.into(),
            users: [Value::Null, Value::Null],
            text: None,
        };
        let mut hits = vec![
            hit(Fit::Text, "A-1", "2026-12-02T00:00:00Z"),
            hit(Fit::Title, "A-2", "2026-12-01T00:00:00Z"),
            hit(Fit::Title, "A-3", "2026-12-02T00:00:00Z"),
            hit(Fit::Key, "A-4", "2020-12-02T00:00:00Z"),
            hit(Fit::Text, "A-4", "2020-12-02T00:00:00Z"),
        ];
        rank(&mut hits);
        let ids: Vec<_> = hits.iter().map(|hit| &*hit.id).collect();
        assert_eq!(ids, ["A-4", "A-3", "A-2", "A-1"]);
    }
}
