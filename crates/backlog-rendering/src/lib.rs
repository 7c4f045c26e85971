//! Writes Backlog's JSON, as its API returns it, as lines and Markdown for a language model.
//!
//! Each kind of thing has a module, and functions of [`Renderer`] there:
//!
//! | module | writes |
//! |---|---|
//! | [`issue`], [`issue_table`] | an issue as a page; issues as a table |
//! | [`wiki_page`], [`document`], [`pull_request`] | each as a page, with its comments |
//! | [`notification`], [`activity`] | who did what on which thing, a line each |
//! | [`project`] | the names of a project |
//! | [`snippet`] | the words around a hit of a search |
//! | [`concise`](mod@concise) | any response as shorter JSON |
//!
//! The rules are the same for all:
//!
//! 1. Users, types, statuses and fields have names; an id is there only if a tool takes it.
//! 2. Days and moments are those of the time zone of the space ([`day`]).
//! 3. Nothing empty is written. A text that is cut says so ([`part`], [`inline`]).
//! 4. A text that a user wrote is on one line ([`inline`]) or in a fence that it cannot close
//!    ([`mod@fence`]), and has no hidden characters ([`hidden`]).

#![warn(missing_docs)]

pub mod activity;
mod change;
pub mod comment;
pub mod concise;
mod custom_field;
pub mod day;
pub mod document;
pub mod fence;
mod file;
pub mod hidden;
pub mod inline;
pub mod issue;
pub mod issue_table;
mod json;
pub mod markdown;
pub mod names;
pub mod notification;
mod number;
pub mod part;
mod person;
pub mod project;
pub mod pull_request;
mod rich_text;
pub mod snippet;
pub mod wiki_page;

use chrono_tz::Tz;
use serde_json::Value;

pub use crate::{
    comment::{Comments, Older},
    concise::concise,
    fence::fence,
    issue::IssuePage,
    issue_table::Column,
    markdown::Markdown,
    names::{NameKind, Names},
    part::Part,
    project::ProjectPage,
    pull_request::PullRequestPage,
};

/// Writes the things of one space.
#[derive(Clone, Debug)]
pub struct Renderer {
    base_url: String,
    time_zone: Tz,
    notation: Notation,
    names: Names,
}

/// The notation of descriptions, comments and wiki pages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Notation {
    /// Markdown, or not known.
    #[default]
    Markdown,
    /// Backlog's own.
    Backlog,
}

impl Notation {
    /// Reads a project's `textFormattingRule`.
    pub fn of_project(project: &Value) -> Self {
        match project["textFormattingRule"].as_str() {
            Some("backlog") => Self::Backlog,
            _ => Self::Markdown,
        }
    }
}

impl Renderer {
    /// Creates a renderer for a space, by its URL such as `https://acme.backlog.com`, and its time
    /// zone.
    pub fn new(base_url: &str, time_zone: Tz) -> Self {
        Self {
            base_url: base_url.trim_end_matches('/').to_owned(),
            time_zone,
            notation: Notation::default(),
            names: Names::default(),
        }
    }

    /// Sets the notation that texts are in; pages say it if it is not Markdown.
    #[must_use]
    pub fn with_notation(self, notation: Notation) -> Self {
        Self { notation, ..self }
    }

    /// Sets the names for the ids in activities.
    #[must_use]
    pub fn with_names(self, names: Names) -> Self {
        Self { names, ..self }
    }

    /// The URL of a page of the space.
    fn url(&self, path: &[&str]) -> String {
        let mut url = self.base_url.clone();
        for segment in path {
            url.push('/');
            url.push_str(&percent_encoding::utf8_percent_encode(segment, UNSAFE).to_string());
        }
        url
    }

    /// Writes a text in a fence, below a heading with its title and its authors.
    fn user_text(&self, page: &mut Markdown, (title, credit): (&str, &str), text: &str) {
        let notation = match self.notation {
            Notation::Markdown => "",
            Notation::Backlog => ", in Backlog's notation",
        };
        let heading = format!("{title}, {credit}{notation}");
        page.heading(2, &heading);
        page.quote(&heading, text);
    }
}

/// All but what is unreserved in URLs.
const UNSAFE: &percent_encoding::AsciiSet = &percent_encoding::NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');
