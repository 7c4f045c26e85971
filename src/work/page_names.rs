//! Finds a wiki page or a document of a project by its name.
//!
//! 1. The lists of both are read; a list that the caller may not read, or that the project does not
//!    have, is left out.
//! 2. The name is matched as a whole, by its last part after `/`, then as a part of a name that
//!    only one page has.

use backlog_words::{
    matching::{self, Candidate, Fit, MatchError},
    url::Page,
};
use futures_util::future;
use serde_json::{Value, json};

use super::reference::Item;
use crate::toolkit::{
    quoted::quoted,
    work::{OperationError, Operations},
};

/// The pages of a project.
#[derive(Clone, Debug)]
pub(crate) struct PageNames {
    candidates: Vec<Candidate>,
    /// The ids of the documents; their candidates have the numbers -1, -2 and so on.
    documents: Vec<String>,
}

/// A page, and how its name was read where it was not obvious.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FoundPage {
    pub item: Item,
    pub name: String,
    pub note: Option<String>,
}

impl PageNames {
    /// Reads the names of the wiki pages and documents of a project, by its key.
    ///
    /// # Errors
    /// Neither list can be read.
    pub(super) async fn read(
        operations: &dyn Operations,
        project: &str,
    ) -> Result<Self, OperationError> {
        let (wikis, documents) = future::join(
            operations.run("get_wiki_pages", json!({"projectKey": project})),
            operations.run("get_document_tree", json!({"projectIdOrKey": project})),
        )
        .await;
        let (wikis, documents) = match (wikis, documents) {
            (Err(error), Err(_)) => return Err(error),
            (wikis, documents) => (wikis.unwrap_or_default(), documents.unwrap_or_default()),
        };
        Ok(Self::of(&wikis.value, &documents.value))
    }

    fn of(wikis: &Value, tree: &Value) -> Self {
        let wikis = wikis.as_array().into_iter().flatten();
        let mut candidates: Vec<_> = wikis
            .filter_map(|wiki| {
                let name = wiki["name"].as_str()?;
                Some(candidate(wiki["id"].as_i64()?, name))
            })
            .collect();
        let mut documents = Vec::new();
        let mut open: Vec<&Value> = tree["activeTree"]["children"]
            .as_array()
            .into_iter()
            .flatten()
            .collect();
        while let Some(document) = open.pop() {
            open.extend(document["children"].as_array().into_iter().flatten());
            if let (Some(id), Some(name)) = (document["id"].as_str(), document["name"].as_str()) {
                documents.push(id.to_owned());
                let number = i64::try_from(documents.len()).unwrap_or(i64::MAX);
                candidates.push(candidate(-number, name));
            }
        }
        Self {
            candidates,
            documents,
        }
    }

    /// The page that has exactly this name, but for width and case.
    pub(super) fn exact(&self, name: &str) -> Option<Item> {
        let whole: Vec<_> = self.candidates.iter().map(whole_name).collect();
        let found = matching::find("page", name, &whole).ok();
        let found = found.filter(|found| found.fit == Fit::Name);
        found.map(|found| self.item(found.candidate.id))
    }

    /// The page with a name that a new name is likely a misspelling of.
    pub(super) fn misspelt(&self, name: &str) -> Option<FoundPage> {
        let whole: Vec<_> = self.candidates.iter().map(whole_name).collect();
        let found = matching::misspelt(name, &whole)?;
        Some(FoundPage {
            item: self.item(found.id),
            name: found.name.clone(),
            note: None,
        })
    }

    /// The page that a name means.
    ///
    /// # Errors
    /// No page has the name, or several do; the text names the nearest.
    pub(super) fn find(&self, name: &str) -> Result<FoundPage, String> {
        match matching::find("page", name, &self.candidates) {
            Ok(found) => {
                let page = &found.candidate.name;
                let note = format!("{} was read as the page {}", quoted(name), quoted(page));
                Ok(FoundPage {
                    item: self.item(found.candidate.id),
                    name: page.clone(),
                    note: (found.fit == Fit::Part).then_some(note),
                })
            }
            Err(MatchError::Several { fitting, more, .. }) => {
                let pages = fitting.iter().map(|shown| {
                    let id = self.item(shown.id);
                    format!("{} ({id})", shown.name)
                });
                let pages: Vec<_> = pages.collect();
                let more = match more {
                    0 => String::new(),
                    more => format!(" and {more} more"),
                };
                Err(format!(
                    "{} fits more than one page: {}{more}; give the id or the whole name",
                    quoted(name),
                    pages.join(", ")
                ))
            }
            Err(error) => Err(error.to_string()),
        }
    }

    fn item(&self, id: i64) -> Item {
        let place = usize::try_from(-1 - id).ok();
        match place.and_then(|place| self.documents.get(place)) {
            Some(document) => Item::Document(document.clone()),
            None => Item::Wiki(id),
        }
    }
}

/// Names the kind of page that an item is, for errors.
pub(crate) fn kind(item: &Item) -> &'static str {
    match item {
        Item::Wiki(id) => Page::Wiki(*id).what(),
        Item::Document(_) => "a document",
        Item::Issue(_) => "an issue",
        Item::PullRequest(_) => "a pull request",
        Item::File(..) | Item::SharedPath { .. } => "a file",
        Item::Named { .. } => "a page",
    }
}

fn candidate(id: i64, name: &str) -> Candidate {
    let last = name.rsplit('/').next().filter(|last| *last != name);
    Candidate::new(id, name).with_words(last)
}

fn whole_name(candidate: &Candidate) -> Candidate {
    Candidate::new(candidate.id, &candidate.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> PageNames {
        let wikis = json!([
            {"id": 640_011, "name": "Home"},
            {"id": 640_012, "name": "Runbook/Deployment"},
            {"id": 640_013, "name": "Runbook/Refunds"},
            {"id": 640_014, "name": "棚卸し手順"},
        ]);
        let tree = json!({"activeTree": {"children": [
            {"id": "a1", "name": "Launch plan", "children": [
                {"id": "a2", "name": "Open questions", "children": []},
            ]},
            {"id": "a3", "name": "Home", "children": []},
        ]}});
        PageNames::of(&wikis, &tree)
    }

    #[test]
    fn a_name_means_one_page() {
        for (name, expected, is_noted) in [
            ("runbook/deployment", "wiki:640012", false),
            ("Deployment", "wiki:640012", false),
            ("Refund", "wiki:640013", true),
            ("棚卸し", "wiki:640014", true),
            ("open questions", "document:a2", false),
            ("640013", "wiki:640013", false),
        ] {
            let found = names().find(name).unwrap();
            let got = (found.item.to_string(), found.note.is_some());
            assert_eq!(got, (expected.to_owned(), is_noted), "{name}");
        }
    }

    #[test]
    fn any_other_name_is_an_error_with_the_nearest() {
        for (name, expected) in [
            ("Home", "\"Home\" (wiki:640011), \"Home\" (document:a3)"),
            ("Runbook", "fits more than one page"),
            ("Refnuds", "nearest: \"Runbook/Refunds\""),
        ] {
            let error = names().find(name).unwrap_err();
            assert!(error.contains(expected), "{name}: {error}");
        }
    }

    #[test]
    fn a_part_of_a_name_is_another_name() {
        assert_eq!(
            names().exact("ｒｕｎｂｏｏｋ/deployment"),
            Some(Item::Wiki(640_012))
        );
        assert_eq!(names().exact("Deployment"), None);
        assert_eq!(names().exact("640012"), None);
    }
}
