//! The burn-down of a milestone, by week.
//!
//! It counts the issues that are in the milestone now, each from the day on which it was added to
//! Backlog: no list of Backlog has the issues that were moved out of it, nor when others were moved
//! into it. Its first lines say so. In each line, what was added so far is what was closed so far
//! and what is left.

use std::fmt::Write;

use chrono::{Datelike, Days, NaiveDate};

/// The maximum number of weeks.
const WEEKS: usize = 12;
/// The weeks of which the pace is taken.
const PACE: usize = 4;
const TITLE: &str = "\n## Burn-down\n\n";

/// The days on which the issues of a milestone were added, and those on which they were closed. No
/// issue was closed before it was added.
pub(super) struct BurnDown {
    pub today: NaiveDate,
    pub added: Vec<NaiveDate>,
    pub closed: Vec<NaiveDate>,
}

/// The text where the days of the closings are not known.
pub(super) fn unknown() -> String {
    format!(
        "{TITLE}There is none: Backlog has more changes of this period than can be read, so the \
         days of the closings are not known.\n"
    )
}

/// The Monday of the first week that a burn-down may have.
pub(super) fn first_week(today: NaiveDate) -> NaiveDate {
    let this = monday(today);
    let back = Days::new(7 * (WEEKS as u64 - 1));
    this.checked_sub_days(back).unwrap_or(this)
}

impl BurnDown {
    pub(crate) fn text(&self) -> String {
        let weeks = weeks(&self.mondays(), &self.added, &self.closed);
        let mut text = format!(
            "{TITLE}The {} issues that are in the milestone now, each from the day on which it was \
             added to Backlog; issues that were moved out of the milestone are not counted.\n\n\
             | week from | added | closed | left |\n|---|---|---|---|\n",
            self.added.len()
        );
        for Week {
            from,
            added,
            closed,
            left,
        } in &weeks
        {
            let from = from.map_or_else(|| "before".to_owned(), |from| from.to_string());
            let _ = writeln!(text, "| {from} | {added} | {closed} | {left} |");
        }
        text.push_str(&pace(
            &weeks,
            self.added.len().saturating_sub(self.closed.len()),
        ));
        text
    }

    /// The Mondays from the week of the first issue on, at most the last [`WEEKS`].
    fn mondays(&self) -> Vec<NaiveDate> {
        let this = monday(self.today);
        let first = self.added.iter().min().map_or(this, |day| monday(*day));
        let first = first.max(first_week(self.today));
        let before = first.iter_weeks().take_while(|week| *week < this);
        before.chain([this]).collect()
    }
}

/// A line of the burn-down.
#[derive(Debug, PartialEq, Eq)]
struct Week {
    /// Its Monday; `None` for the time before the first one.
    from: Option<NaiveDate>,
    added: usize,
    closed: usize,
    /// The issues that are open at its end.
    left: usize,
}

/// The lines of the burn-down. What was added and closed before the first Monday is the first line.
fn weeks(mondays: &[NaiveDate], added: &[NaiveDate], closed: &[NaiveDate]) -> Vec<Week> {
    let in_week = |days: &[NaiveDate], from: Option<NaiveDate>| {
        let is_in = |day: &&NaiveDate| match from {
            Some(from) => monday(**day) == from,
            None => mondays.first().is_some_and(|first| *day < first),
        };
        days.iter().filter(is_in).count()
    };
    let mut left = 0;
    let weeks = std::iter::once(None).chain(mondays.iter().copied().map(Some));
    let weeks = weeks.map(|from| {
        let (added, closed) = (in_week(added, from), in_week(closed, from));
        left = (left + added).saturating_sub(closed);
        Week {
            from,
            added,
            closed,
            left,
        }
    });
    let weeks: Vec<_> = weeks.collect();
    let is_empty = |week: &Week| week.from.is_none() && week.added == 0 && week.closed == 0;
    weeks.into_iter().filter(|week| !is_empty(week)).collect()
}

/// Says how long the rest takes at the pace of the last weeks, without this one, which is not over.
fn pace(weeks: &[Week], left: usize) -> String {
    let whole = weeks.iter().rev().skip(1);
    let recent: Vec<_> = whole
        .take_while(|week| week.from.is_some())
        .take(PACE)
        .map(|week| week.closed)
        .collect();
    let closed: usize = recent.iter().sum();
    match (left * PACE).div_ceil(closed.max(1)) {
        _ if left == 0 || recent.len() < PACE => String::new(),
        _ if closed == 0 => format!("\nNo issue was closed in the last {PACE} weeks.\n"),
        weeks => format!(
            "\n{closed} issues were closed in the last {PACE} weeks; at this pace the {left} left \
             take {weeks} more.\n"
        ),
    }
}

/// The Monday of the week of a day.
fn monday(day: NaiveDate) -> NaiveDate {
    let back = Days::new(u64::from(day.weekday().num_days_from_monday()));
    day.checked_sub_days(back).unwrap_or(day)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TODAY: &str = "2026-12-02";

    fn mondays() -> Vec<NaiveDate> {
        let first: NaiveDate = "2026-11-16".parse().unwrap();
        first.iter_weeks().take(3).collect()
    }

    #[test]
    fn the_time_before_the_first_week_is_a_line() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let added = [day("2026-10-01"), day("2026-10-02"), day("2026-11-30")];
        let closed = [day("2026-10-05"), day("2026-11-17")];
        let lines: Vec<_> = weeks(&mondays(), &added, &closed)
            .into_iter()
            .map(|it| (it.added, it.closed, it.left))
            .collect();
        assert_eq!(lines, [(2, 1, 1), (0, 1, 0), (0, 0, 0), (1, 0, 1)]);
    }

    proptest! {
        /// Each issue is added before it is closed, and both are not after today.
        #[test]
        fn the_numbers_add_up(days in prop::collection::vec((0_u64..90, 0_u64..90, any::<bool>()), 0..30)) {
            let today: NaiveDate = TODAY.parse().unwrap();
            let ago = |days| today.checked_sub_days(Days::new(days)).unwrap();
            let added: Vec<_> = days.iter().map(|(one, other, _)| ago(*one.max(other))).collect();
            let closed = days.iter().filter(|(_, _, is_closed)| *is_closed);
            let closed: Vec<_> = closed.map(|(one, other, _)| ago(*one.min(other))).collect();
            let weeks = weeks(&mondays(), &added, &closed);
            let (mut total, mut done) = (0, 0);
            for week in &weeks {
                total += week.added;
                done += week.closed;
                prop_assert_eq!(week.left + done, total);
            }
            prop_assert_eq!((total, done), (added.len(), closed.len()));
        }
    }
}
