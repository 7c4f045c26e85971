//! The levels of access that the consent page offers, and the limits that operators have set.
//!
//! Nothing is preselected, even if there is only one level: a page that makes a user click twice in
//! one place (double-click hijacking) cannot approve, because the form needs a choice elsewhere on
//! the page first. The form sends `access`: `read` or `read_write`. The levels that add to writing
//! ([`Scope::LEVELS`]) have a box each: the form sends the [`level_field`] of one that is ticked, as
//! `allow`, and reading ignores it.

use oauth_values::{Scope, Scopes};

use crate::web::pages::{
    display,
    frame::Frame,
    locale::{Locale, Phrase},
};

/// The number of characters shown of a list.
const LIST_MAX: usize = 300;

/// What the user can choose from: the requested scopes within the limits.
#[derive(Clone, Debug)]
pub struct Levels {
    pub offered: Scopes,
    pub limits: AccessLimits,
}

/// The limits of a space, as far as they concern what a user chooses.
#[derive(Clone, Debug, Default)]
pub struct AccessLimits {
    pub read_only: bool,
    /// The names of toolsets; `None` for all.
    pub toolsets: Option<Vec<String>>,
    /// The keys of projects; `None` for all.
    pub projects: Option<Vec<String>>,
}

/// A level as its row shows it.
pub(in crate::web::pages) struct Level {
    pub(in crate::web::pages) value: &'static str,
    pub(in crate::web::pages) title: String,
    pub(in crate::web::pages) detail: String,
}

/// A level that adds to writing, as its box shows it.
pub(in crate::web::pages) struct AddedLevel {
    pub(in crate::web::pages) field: &'static str,
    pub(in crate::web::pages) title: String,
    pub(in crate::web::pages) detail: String,
}

/// The field of the form that grants a scope.
pub fn level_field(scope: Scope) -> &'static str {
    match scope {
        Scope::Delete => "allow_delete",
        Scope::Admin => "allow_admin",
        Scope::Read | Scope::Write => "access",
    }
}

/// The keys of a text with the name of a level that adds to writing, and of its details.
fn texts_of(level: Scope) -> Option<(&'static str, &'static str)> {
    match level {
        Scope::Delete => Some(("consent.delete", "consent.delete_detail")),
        Scope::Admin => Some(("consent.admin", "consent.admin_detail")),
        Scope::Read | Scope::Write => None,
    }
}

/// Scopes in the words of the rows: the access, then the levels that add to it.
pub(in crate::web::pages) fn in_words(scopes: Scopes, frame: &Frame) -> String {
    let access = match (scopes.contains(Scope::Read), scopes.contains(Scope::Write)) {
        (true, true) => "consent.read_write",
        (false, true) => "consent.write",
        (_, false) => "consent.read",
    };
    let added = scopes.levels().iter().filter_map(texts_of);
    let names = std::iter::once(access).chain(added.map(|(name, _)| name));
    let names: Vec<_> = names.map(|name| frame.text(name)).collect();
    names.join(&frame.text("consent.list_separator"))
}

impl Levels {
    /// The rows, the least access first.
    pub(in crate::web::pages) fn rows(&self, frame: &Frame) -> Vec<Level> {
        let row = |value, title, detail| Level {
            value,
            title: frame.text(title),
            detail: frame.text(detail),
        };
        let read = row("read", "consent.read", "consent.read_detail");
        match (
            self.offered.contains(Scope::Read),
            self.offered.contains(Scope::Write),
        ) {
            (true, true) => vec![
                read,
                row(
                    "read_write",
                    "consent.read_write",
                    "consent.read_write_detail",
                ),
            ],
            (false, true) => vec![row("read_write", "consent.write", "consent.write_detail")],
            (_, false) => vec![read],
        }
    }

    /// The boxes of the levels that add to writing.
    pub(in crate::web::pages) fn added(&self, frame: &Frame) -> Vec<AddedLevel> {
        let levels = self.offered.levels().iter();
        let added = |level| {
            let (title, detail) = texts_of(level)?;
            Some(AddedLevel {
                field: level_field(level),
                title: frame.text(title),
                detail: frame.text(detail),
            })
        };
        levels.filter_map(added).collect()
    }

    /// A single level is a box to tick: a radio button could not be left.
    pub(in crate::web::pages) fn is_choice(&self) -> bool {
        self.offered.contains(Scope::Read) && self.offered.contains(Scope::Write)
    }

    /// What the limits leave, in sentences.
    pub(in crate::web::pages) fn notes(&self, frame: &Frame) -> Vec<Phrase> {
        let limits = &self.limits;
        let list = |items: &[String]| {
            let separator = frame.text("consent.list_separator");
            display::line(&items.join(&separator), LIST_MAX).unwrap_or_default()
        };
        let read_only = limits
            .read_only
            .then(|| frame.phrase("consent.limited_reading", ""));
        let toolsets = limits.toolsets.as_deref().and_then(|names| {
            let names = names_of(names, frame.locale);
            (!names.is_empty()).then(|| frame.phrase("consent.limited_toolsets", list(&names)))
        });
        let projects = limits.projects.as_deref();
        let projects = projects.map(|keys| frame.phrase("consent.limited_projects", list(keys)));
        [read_only, toolsets, projects]
            .into_iter()
            .flatten()
            .collect()
    }
}

/// The toolsets as users know them. The set `work` is a choice of tools and limits nothing.
fn names_of(toolsets: &[String], locale: Locale) -> Vec<String> {
    let name = |toolset: &String| {
        let key = match toolset.as_str() {
            "work" => return None,
            "space" => "toolset.space",
            "project" => "toolset.project",
            "issue" => "toolset.issue",
            "wiki" => "toolset.wiki",
            "git" => "toolset.git",
            "document" => "toolset.document",
            "notifications" => "toolset.notifications",
            "files" => "toolset.files",
            "activity" => "toolset.activity",
            "settings" => "toolset.settings",
            "members" => "toolset.members",
            "webhooks" => "toolset.webhooks",
            "administration" => "toolset.administration",
            other => return Some(other.to_owned()),
        };
        Some(locale.text(key))
    };
    toolsets.iter().filter_map(name).collect()
}
