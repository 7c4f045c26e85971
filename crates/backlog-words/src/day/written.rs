//! A day as a text has it, before its year is known.

use chrono::NaiveDate;

use super::error::DayError;
use crate::{calendar::Recurring, text::quoted};

/// A day as it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Written {
    Fixed(NaiveDate),
    Recurring(Recurring),
}

/// A day, if a text has one of its forms.
pub(crate) type Found = Option<Result<Written, DayError>>;

/// Reports a day outside of the years that can be written.
pub(crate) fn out(text: &str) -> DayError {
    DayError::OutOfRange(quoted(text))
}

/// A day, or a report that it is outside of the years that can be written.
pub(crate) fn fixed(text: &str, day: Option<NaiveDate>) -> Result<Written, DayError> {
    day.map(Written::Fixed).ok_or_else(|| out(text))
}
