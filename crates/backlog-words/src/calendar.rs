//! Arithmetic of days, weeks from Monday, months, quarters and years. Results are within the years
//! that four digits write.

use chrono::{Datelike, Days, Months, NaiveDate, Weekday};

/// An earlier year is taken for a truncated number.
pub(crate) const FIRST_YEAR: i32 = 1000;
const LAST_YEAR: i32 = 9999;
/// Leap years are at most eight years apart.
const YEARS_TO_TRY: i32 = 8;
/// A month without a day is followed or preceded by one with it.
const MONTHS_TO_TRY: i64 = 2;

/// A unit in which days are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    Day,
    Week,
    Month,
    Quarter,
    Year,
}

impl Unit {
    /// The day some units after another, or before it. The last day of a month stays the last one
    /// where the other month is shorter.
    pub(crate) fn after(self, day: NaiveDate, count: i64) -> Option<NaiveDate> {
        let (is_month, size) = match self {
            Self::Day => (false, 1),
            Self::Week => (false, 7),
            Self::Month => (true, 1),
            Self::Quarter => (true, 3),
            Self::Year => (true, 12),
        };
        let count = count.checked_mul(size)?;
        let size = count.unsigned_abs();
        let found = match (is_month, count < 0) {
            (false, false) => day.checked_add_days(Days::new(size)),
            (false, true) => day.checked_sub_days(Days::new(size)),
            (true, false) => day.checked_add_months(Months::new(u32::try_from(size).ok()?)),
            (true, true) => day.checked_sub_months(Months::new(u32::try_from(size).ok()?)),
        };
        within(found?)
    }

    /// The first and last day of the unit around a day.
    pub(crate) fn around(self, day: NaiveDate) -> Option<(NaiveDate, NaiveDate)> {
        let month = day.month0();
        let first = match self {
            Self::Day => Some(day),
            Self::Week => day.week(Weekday::Mon).checked_first_day(),
            Self::Month => day.with_day(1),
            Self::Quarter => day.with_day(1)?.with_month0(month - month % 3),
            Self::Year => day.with_day(1)?.with_month0(0),
        }?;
        let last = match self {
            Self::Day => Some(day),
            Self::Week => day.week(Weekday::Mon).checked_last_day(),
            Self::Month => Self::last(first, 1),
            Self::Quarter => Self::last(first, 3),
            Self::Year => Self::last(first, 12),
        }?;
        Some((within(first)?, within(last)?))
    }

    /// The last day of a number of months.
    fn last(first: NaiveDate, months: u32) -> Option<NaiveDate> {
        first.checked_add_months(Months::new(months))?.pred_opt()
    }
}

/// Keeps a day that four digits of a year can write.
pub(crate) fn within(day: NaiveDate) -> Option<NaiveDate> {
    Some(day).filter(|day| (FIRST_YEAR..=LAST_YEAR).contains(&day.year()))
}

/// A day that is written in part, and recurs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Recurring {
    /// A day of every year.
    Annual {
        month: u32,
        day: u32,
    },
    /// A day of every month.
    Monthly(u32),
    Weekly(Weekday),
}

impl Recurring {
    /// The first such day that is not before another.
    pub(crate) fn on_or_after(self, day: NaiveDate) -> Option<NaiveDate> {
        let found = match self {
            Self::Weekly(weekday) => {
                let ahead = weekday.days_since(day.weekday());
                day.checked_add_days(Days::new(ahead.into()))
            }
            Self::Annual { .. } | Self::Monthly(_) => {
                self.candidates(day).find(|candidate| *candidate >= day)
            }
        };
        within(found?)
    }

    /// The last such day that is not after another.
    pub(crate) fn on_or_before(self, day: NaiveDate) -> Option<NaiveDate> {
        let found = match self {
            Self::Weekly(weekday) => {
                let behind = day.weekday().days_since(weekday);
                day.checked_sub_days(Days::new(behind.into()))
            }
            Self::Annual { .. } | Self::Monthly(_) => {
                let before = self.candidates(day).filter(|candidate| *candidate <= day);
                before.last()
            }
        };
        within(found?)
    }

    /// A day of every year is the nearest one to another, and the later of two that are as near.
    /// Any other is the first that is not before it.
    pub(crate) fn nearest(self, day: NaiveDate) -> Option<NaiveDate> {
        let after = self.on_or_after(day);
        if !matches!(self, Self::Annual { .. }) {
            return after;
        }
        let before = self.on_or_before(day);
        match (before, after) {
            (Some(before), Some(after)) if day - before >= after - day => Some(after),
            (Some(before), _) => Some(before),
            (None, after) => after,
        }
    }

    /// The days around another, in their order.
    fn candidates(self, around: NaiveDate) -> Box<dyn Iterator<Item = NaiveDate>> {
        match self {
            Self::Annual { month, day } => {
                let year = around.year();
                let years = year.saturating_sub(YEARS_TO_TRY)..=year.saturating_add(YEARS_TO_TRY);
                Box::new(years.filter_map(move |it| NaiveDate::from_ymd_opt(it, month, day)))
            }
            Self::Monthly(day) => {
                let first = around.with_day(1);
                let months = (-MONTHS_TO_TRY..=MONTHS_TO_TRY)
                    .filter_map(move |count| Unit::Month.after(first?, count)?.with_day(day));
                Box::new(months)
            }
            Self::Weekly(_) => Box::new(std::iter::empty()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn a_unit_has_a_first_and_a_last_day() {
        for (unit, first, last) in [
            (Unit::Day, "2028-02-29", "2028-02-29"),
            (Unit::Week, "2028-02-28", "2028-03-05"),
            (Unit::Month, "2028-02-01", "2028-02-29"),
            (Unit::Quarter, "2028-01-01", "2028-03-31"),
            (Unit::Year, "2028-01-01", "2028-12-31"),
        ] {
            let found = unit.around(day("2028-02-29"));
            assert_eq!(found, Some((day(first), day(last))), "{unit:?}");
        }
        assert!(Unit::Year.around(day("9999-12-31")).is_some());
    }

    #[test]
    fn a_month_later_is_never_in_the_month_after() {
        assert_eq!(
            Unit::Month.after(day("2026-01-31"), 1),
            Some(day("2026-02-28"))
        );
        assert_eq!(
            Unit::Year.after(day("2028-02-29"), -1),
            Some(day("2027-02-28"))
        );
        assert_eq!(Unit::Day.after(day("9999-12-31"), 1), None);
        assert_eq!(Unit::Year.after(day("2026-01-01"), i64::MAX), None);
    }

    #[test]
    fn a_recurring_day_is_found_on_both_sides() {
        let leap = Recurring::Annual { month: 2, day: 29 };
        for (recurring, after, before) in [
            (leap, "2028-02-29", "2024-02-29"),
            (Recurring::Monthly(31), "2026-12-31", "2026-10-31"),
            (Recurring::Monthly(30), "2026-11-30", "2026-11-30"),
            (Recurring::Weekly(Weekday::Mon), "2026-11-30", "2026-11-30"),
            (Recurring::Weekly(Weekday::Sun), "2026-12-06", "2026-11-29"),
        ] {
            let today = day("2026-11-30");
            assert_eq!(recurring.on_or_after(today), Some(day(after)));
            assert_eq!(recurring.on_or_before(today), Some(day(before)));
        }
    }

    #[test]
    fn only_a_day_of_every_year_is_the_nearest() {
        let annual = |month, day| Recurring::Annual { month, day };
        for (recurring, nearest) in [
            (annual(11, 20), "2026-11-20"),
            (annual(12, 2), "2026-12-02"),
            (annual(5, 1), "2027-05-01"),
            (annual(7, 1), "2026-07-01"),
            (Recurring::Monthly(1), "2027-01-01"),
            (Recurring::Weekly(Weekday::Tue), "2026-12-08"),
        ] {
            let found = recurring.nearest(day("2026-12-02"));
            assert_eq!(found, Some(day(nearest)), "{recurring:?}");
        }
    }
}
