//! The names of one project, as inputs give them.
//!
//! 1. A list is read when its first name is looked up, from the cache if it has it.
//! 2. A name that a cached list does not have may be new, so the list is read again, once.
//! 3. A part of a name is enough if it fits only one; a note says which was taken.

use backlog_rendering::{Notation, inline};
use backlog_words::{
    issue_type,
    matching::{Candidate, MatchError},
    status::builtin,
};
use serde_json::{Value, json};

use crate::{
    toolkit::{
        name_kind::NameKind,
        work::{NamedId, Operations, Problems, WorkError},
    },
    work::{
        named::{self, Named, User},
        notation::in_notation,
    },
};

/// The names of one project.
pub(crate) struct ProjectNames<'a> {
    pub operations: &'a dyn Operations,
    /// The id of the project.
    pub project: i64,
    lists: Vec<List>,
    me: Option<Named>,
    /// The project as Backlog returns it.
    settings: Option<Value>,
    notes: Vec<String>,
}

struct List {
    kind: NameKind,
    candidates: Vec<Candidate>,
    /// Whether it was read again.
    is_new: bool,
}

impl<'a> ProjectNames<'a> {
    pub(crate) fn new(operations: &'a dyn Operations, project: i64) -> Self {
        Self {
            operations,
            project,
            lists: Vec::new(),
            me: None,
            settings: None,
            notes: Vec::new(),
        }
    }

    /// How names were read where it was not obvious.
    pub(crate) fn into_notes(self) -> Vec<String> {
        self.notes
    }

    /// Finds a name of a kind that each project has.
    ///
    /// # Errors
    /// The text fits no name or several, or Backlog does not return the list.
    pub(crate) async fn find(
        &mut self,
        kind: NameKind,
        input: &str,
        text: &str,
    ) -> Result<Named, WorkError> {
        self.find_first(kind, input, text, &[text]).await
    }

    /// Finds a member of the project; `None` for a word such as `nobody`.
    ///
    /// # Errors
    /// The text fits no member or several, or Backlog does not return the list.
    pub(crate) async fn person(
        &mut self,
        input: &str,
        text: &str,
    ) -> Result<Option<Named>, WorkError> {
        let forms = match named::user(input, text)? {
            User::Me => return self.me().await.map(Some),
            User::Nobody => return Ok(None),
            User::Named(forms) => forms,
        };
        let forms: Vec<_> = forms.iter().map(String::as_str).collect();
        let found = self.find_first(NameKind::User, input, text, &forms).await;
        found.map(Some)
    }

    /// Finds the members to notify.
    ///
    /// # Errors
    /// Texts fit no member or several, or Backlog does not return the list.
    pub(crate) async fn people(
        &mut self,
        input: &str,
        texts: &[String],
    ) -> Result<Vec<Named>, WorkError> {
        let mut people = Vec::new();
        let mut problems = Problems::default();
        for text in texts {
            match problems.keep(self.person(input, text).await)? {
                Some(Some(person)) if !people.contains(&person) => people.push(person),
                Some(None) if texts.len() > 1 => {
                    problems.add(format!("{input}: {text:?} names no user; leave it out"));
                }
                _ => {}
            }
        }
        problems.end()?;
        Ok(people)
    }

    /// A text in the notation of the project.
    ///
    /// # Errors
    /// Backlog does not return the project.
    pub(crate) async fn notated(&mut self, markdown: &str) -> Result<String, WorkError> {
        let notation = Notation::of_project(self.settings().await?);
        Ok(in_notation(markdown, notation))
    }

    /// The project as Backlog returns it.
    ///
    /// # Errors
    /// Backlog does not return it.
    pub(crate) async fn settings(&mut self) -> Result<&Value, WorkError> {
        let settings = match self.settings.take() {
            Some(settings) => settings,
            None => {
                let arguments = json!({"projectId": self.project});
                self.operations.run("get_project", arguments).await?.value
            }
        };
        Ok(self.settings.insert(settings))
    }

    /// Whether the project has exactly this name of a kind.
    ///
    /// # Errors
    /// Backlog does not return the list.
    pub(crate) async fn has(&mut self, kind: NameKind, text: &str) -> Result<bool, WorkError> {
        let place = self.load(kind).await?;
        let mut candidates = self.lists[place].candidates.iter();
        Ok(candidates.any(|candidate| candidate.name.trim() == text.trim()))
    }

    async fn me(&mut self) -> Result<Named, WorkError> {
        if let Some(me) = &self.me {
            return Ok(me.clone());
        }
        let NamedId { id, name, .. } = self.operations.myself().await?;
        let me = Named { id, name };
        self.me = Some(me.clone());
        Ok(me)
    }

    /// Finds the first of several forms of a text that fits a name.
    async fn find_first(
        &mut self,
        kind: NameKind,
        input: &str,
        text: &str,
        forms: &[&str],
    ) -> Result<Named, WorkError> {
        let place = self.load(kind).await?;
        let mut found = named::first(noun(kind), forms, &self.lists[place].candidates);
        let is_unknown = matches!(found, Err(MatchError::Unknown { .. }));
        if is_unknown && !self.lists[place].is_new {
            self.renew(place).await;
            found = named::first(noun(kind), forms, &self.lists[place].candidates);
        }
        let (named, is_part) =
            found.map_err(|error| WorkError::Arguments(format!("{input}: {error}")))?;
        if is_part {
            let name = inline::line(&named.name);
            let note = format!("{input} {text:?} was read as {name}.");
            if !self.notes.contains(&note) {
                self.notes.push(note);
            }
        }
        Ok(named)
    }

    /// Returns the place of a list, which is read if it was not.
    async fn load(&mut self, kind: NameKind) -> Result<usize, WorkError> {
        if let Some(place) = self.lists.iter().position(|list| list.kind == kind) {
            return Ok(place);
        }
        let project = self.project.to_string();
        let names = self.operations.names(kind, Some(&project)).await?;
        self.lists.push(List {
            kind,
            candidates: names
                .into_iter()
                .map(|named| candidate(kind, named))
                .collect(),
            is_new: false,
        });
        Ok(self.lists.len() - 1)
    }

    /// Reads a list again; the earlier one stays if that fails.
    async fn renew(&mut self, place: usize) {
        let list = &mut self.lists[place];
        list.is_new = true;
        let Some(tool) = listed_by(list.kind) else {
            return;
        };
        let arguments = json!({"projectId": self.project});
        if let Ok(found) = self.operations.run(tool, arguments).await
            && let Value::Array(entries) = found.value
        {
            let kind = list.kind;
            list.candidates = entries
                .iter()
                .map(|entry| candidate(kind, named_id(entry)))
                .collect();
        }
    }
}

/// The classic tool that lists the names of a kind.
fn listed_by(kind: NameKind) -> Option<&'static str> {
    Some(match kind {
        NameKind::User => "get_project_users",
        NameKind::IssueType => "get_issue_types",
        NameKind::Status => "get_statuses",
        NameKind::Category => "get_categories",
        NameKind::Version => "get_version_milestone_list",
        _ => return None,
    })
}

fn named_id(entry: &Value) -> NamedId {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    NamedId {
        id: entry["id"].as_i64().unwrap_or_default(),
        name: text(&entry["name"]).unwrap_or_default(),
        others: ["userId", "mailAddress"]
            .into_iter()
            .filter_map(|name| text(&entry[name]))
            .collect(),
    }
}

fn candidate(kind: NameKind, named: NamedId) -> Candidate {
    let words: Vec<String> = match kind {
        NameKind::IssueType => owned(issue_type::synonyms(&named.name)),
        NameKind::Status => builtin(&named.name)
            .filter(|status| status.id() == named.id)
            .map(|status| owned(&status.names()))
            .unwrap_or_default(),
        _ => named.others,
    };
    Candidate::new(named.id, named.name).with_words(words)
}

fn owned(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

/// The word for a kind in errors.
fn noun(kind: NameKind) -> &'static str {
    match kind {
        NameKind::Version => "milestone",
        NameKind::User => "member of the project",
        kind => kind.noun(),
    }
}
