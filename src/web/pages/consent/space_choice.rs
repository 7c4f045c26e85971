//! The space of a sign-in: the only one, or for the user to choose or name.

use crate::web::pages::{
    display,
    locale::{Locale, Phrase},
};

/// The number of characters shown of a name that an operator or a user chose.
const NAME_MAX: usize = 60;
/// The number of characters shown of a host; longer than any honest one.
const HOST_MAX: usize = 80;

#[derive(Clone, Debug)]
pub enum SpaceChoice {
    One(SpaceLine),
    Open {
        shown: Vec<SpaceLine>,
        problem: Option<NamingProblem>,
    },
}

/// Why the user's choice and input identify no space, with the input.
#[derive(Clone, Debug)]
pub enum NamingProblem {
    /// No space was chosen or typed.
    Missing,
    /// The hub has no such space.
    Unknown { typed: String },
    /// Several spaces have this name.
    Several { typed: String },
    /// One space was chosen and another one typed.
    Both { typed: String },
}

impl NamingProblem {
    pub(in crate::web::pages) fn typed(&self) -> &str {
        match self {
            Self::Missing => "",
            Self::Unknown { typed } | Self::Several { typed } | Self::Both { typed } => typed,
        }
    }

    pub(in crate::web::pages) fn text(&self, locale: Locale) -> Phrase {
        let key = match self {
            Self::Missing => "consent.space_missing",
            Self::Unknown { .. } => "consent.space_unknown",
            Self::Several { .. } => "consent.space_several",
            Self::Both { .. } => "consent.space_both",
        };
        let typed = display::line(self.typed(), NAME_MAX);
        locale.phrase(key, typed.unwrap_or_default())
    }
}

/// One space as a user knows it.
#[derive(Clone, Debug)]
pub struct SpaceLine {
    pub slug: String,
    pub name: String,
    pub domain: String,
    pub read_only: bool,
    /// The name of the user who last signed in to it in this browser.
    pub user: Option<String>,
}

impl SpaceLine {
    pub(in crate::web::pages) fn shown_name(&self) -> String {
        display::line(&self.name, NAME_MAX).unwrap_or_else(|| self.slug.clone())
    }

    pub(in crate::web::pages) fn shown_domain(&self) -> String {
        display::host(&self.domain, HOST_MAX)
    }

    pub(super) fn shown_user(&self, locale: Locale) -> Option<Phrase> {
        let name = display::line(self.user.as_deref()?, NAME_MAX)?;
        Some(locale.phrase("consent.as_user", name))
    }
}
