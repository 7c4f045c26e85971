//! Days from one to another.

use std::fmt;

use chrono::NaiveDate;

/// A span ends before it starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the span ends on {end}, before it starts on {start}")]
pub struct Reversed {
    /// The first day.
    pub start: NaiveDate,
    /// The last day.
    pub end: NaiveDate,
}

/// Days from one to another. Both are included, and one of them may be open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Span {
    start: Option<NaiveDate>,
    end: Option<NaiveDate>,
}

impl Span {
    /// A span of one day.
    pub fn of_day(day: NaiveDate) -> Self {
        Self {
            start: Some(day),
            end: Some(day),
        }
    }

    /// The days from one to another.
    ///
    /// # Errors
    /// The span ends before it starts.
    pub fn between(start: NaiveDate, end: NaiveDate) -> Result<Self, Reversed> {
        if start > end {
            return Err(Reversed { start, end });
        }
        Ok(Self {
            start: Some(start),
            end: Some(end),
        })
    }

    /// A day and all later ones.
    pub fn since(start: NaiveDate) -> Self {
        Self {
            start: Some(start),
            end: None,
        }
    }

    /// A day and all earlier ones.
    pub fn until(end: NaiveDate) -> Self {
        Self {
            start: None,
            end: Some(end),
        }
    }

    /// The first day; `None` if the span has no start.
    pub fn start(&self) -> Option<NaiveDate> {
        self.start
    }

    /// The last day; `None` if the span has no end.
    pub fn end(&self) -> Option<NaiveDate> {
        self.end
    }

    /// Whether a day is in the span.
    pub fn contains(&self, day: NaiveDate) -> bool {
        self.start.is_none_or(|start| start <= day) && self.end.is_none_or(|end| day <= end)
    }
}

/// Writes a form that [`read`](super::read()) accepts: `2026-12-01..2026-12-18`, `2026-12-01..`, `2026-12-18`.
impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let (Some(start), true) = (self.start, self.start == self.end) {
            return write!(f, "{start}");
        }
        let start = self.start.map(|day| day.to_string());
        let end = self.end.map(|day| day.to_string());
        write!(
            f,
            "{}..{}",
            start.unwrap_or_default(),
            end.unwrap_or_default()
        )
    }
}
