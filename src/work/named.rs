//! A name that an input gives in one of several forms.

use backlog_words::{
    matching::{self, Candidate, Fit, MatchError},
    person::{self, Person},
};

use crate::toolkit::work::WorkError;

/// A name with its id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Named {
    pub id: i64,
    pub name: String,
}

/// A user as a text names it.
pub(super) enum User {
    Me,
    Nobody,
    /// The forms of a name: as it is written, and without a title.
    Named(Vec<String>),
}

/// Reads a text that names a user.
///
/// # Errors
/// The text is empty or too long.
pub(super) fn user(input: &str, text: &str) -> Result<User, WorkError> {
    let read = person::read(text);
    let read = read.map_err(|error| WorkError::Arguments(format!("{input}: {error}")))?;
    Ok(match read {
        Person::Me => User::Me,
        Person::Nobody => User::Nobody,
        Person::Id(id) => User::Named(vec![id.to_string()]),
        Person::Mail(mail) => User::Named(vec![mail]),
        Person::Named { written, bare } => User::Named(vec![written, bare]),
    })
}

/// Finds the name that the first fitting form means, and whether the form is a part of it.
///
/// # Errors
/// No form fits a name, or one fits several.
pub(super) fn first(
    noun: &'static str,
    forms: &[impl AsRef<str>],
    candidates: &[Candidate],
) -> Result<(Named, bool), MatchError> {
    let mut unknown = None;
    for form in forms {
        match matching::find(noun, form.as_ref(), candidates) {
            Ok(found) => {
                let named = Named {
                    id: found.candidate.id,
                    name: found.candidate.name.clone(),
                };
                return Ok((named, found.fit == Fit::Part));
            }
            Err(error @ MatchError::Unknown { .. }) => unknown = unknown.or(Some(error)),
            Err(several) => return Err(several),
        }
    }
    Err(unknown.expect("a text has at least one form"))
}
