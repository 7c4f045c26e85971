//! The levels of access that the consent page offers, and the limits that operators have set.
//!
//! Nothing is preselected, even if there is only one level: a page that makes a user click twice in
//! one place (double-click hijacking) cannot approve, because the form needs a choice elsewhere on
//! the page first. The form sends `access`: `read` or `read_write`.

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

impl Levels {
    /// The rows, the least access first.
    pub(super) fn rows(&self, frame: &Frame) -> Vec<Level> {
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

    /// A single level is a box to tick: a radio button could not be left.
    pub(super) fn is_choice(&self) -> bool {
        self.offered.contains(Scope::Read) && self.offered.contains(Scope::Write)
    }

    /// What the limits leave, in sentences.
    pub(super) fn notes(&self, frame: &Frame) -> Vec<Phrase> {
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
