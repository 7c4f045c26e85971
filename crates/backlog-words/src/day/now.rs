//! The present, from which days are counted.

use chrono::{NaiveDate, NaiveDateTime};

use super::{toward::Toward, written::Written};

/// The current day, the side of it on which days are looked for, and the day of an instant in the
/// space's time zone.
#[derive(Clone, Copy)]
pub(crate) struct Now<'a> {
    pub(crate) today: NaiveDate,
    pub(crate) toward: Toward,
    pub(crate) local: &'a dyn Fn(NaiveDateTime) -> NaiveDate,
}

impl<'a> Now<'a> {
    pub(crate) fn new(
        today: NaiveDate,
        toward: Toward,
        local: &'a dyn Fn(NaiveDateTime) -> NaiveDate,
    ) -> Self {
        Self {
            today,
            toward,
            local,
        }
    }

    /// The day that is meant, if its year has four digits.
    pub(crate) fn day(&self, written: Written) -> Option<NaiveDate> {
        match (written, self.toward) {
            (Written::Fixed(day), _) => Some(day),
            (Written::Recurring(recurring), Toward::Future) => recurring.on_or_after(self.today),
            (Written::Recurring(recurring), Toward::Past) => recurring.on_or_before(self.today),
            (Written::Recurring(recurring), Toward::Nearest) => recurring.nearest(self.today),
        }
    }
}
