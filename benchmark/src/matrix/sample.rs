//! The figures of one place of the matrix: medians of its rounds, with their spread.

use std::{fmt, time::Duration};

use crate::load::Outcome;

/// The figures of one round.
#[derive(Clone, Copy)]
pub(super) struct Sample {
    per_second: f64,
    p99_millis: f64,
    /// The server's processor time of a request.
    cpu_micros: f64,
}

impl Sample {
    pub(super) fn new(outcome: &Outcome, cpu: Duration) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
        let responses = outcome.responses as f64;
        Self {
            per_second: outcome.per_second(),
            p99_millis: outcome.quantile(0.99).as_secs_f64() * 1e3,
            cpu_micros: cpu.as_secs_f64() * 1e6 / responses,
        }
    }
}

/// A median with the lowest and the highest value.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Spread {
    lowest: f64,
    median: f64,
    highest: f64,
}

impl Spread {
    fn of(values: impl Iterator<Item = f64>) -> Option<Self> {
        let mut values: Vec<_> = values.collect();
        values.sort_by(f64::total_cmp);
        Some(Self {
            lowest: *values.first()?,
            median: values[values.len() / 2],
            highest: *values.last()?,
        })
    }
}

impl fmt::Display for Spread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Slow servers and long latencies have rates of few requests.
        let decimals = usize::from(self.median < 100.0);
        write!(
            f,
            "{:.decimals$} ({:.decimals$} to {:.decimals$})",
            self.median, self.lowest, self.highest
        )
    }
}

/// The figures of all rounds.
pub(super) struct Figures {
    rate: Spread,
    p99: Spread,
    cpu: Spread,
}

impl Figures {
    /// `None` if there was no round.
    pub(super) fn of(rounds: &[Sample]) -> Option<Self> {
        let spread = |value: fn(&Sample) -> f64| Spread::of(rounds.iter().map(value));
        Some(Self {
            rate: spread(|sample| sample.per_second)?,
            p99: spread(|sample| sample.p99_millis)?,
            cpu: spread(|sample| sample.cpu_micros)?,
        })
    }

    /// The columns of the table: requests a second, p99 and processor time.
    pub(super) fn columns(&self) -> String {
        format!("{} | {} | {}", self.rate, self.p99, self.cpu)
    }

    /// How many times the requests a second of another server these are.
    pub(super) fn ratio(&self, other: &Self) -> f64 {
        self.rate.median / other.rate.median
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spread_has_the_value_in_the_middle() {
        let spread = Spread::of([5.0, 1.0, 400.0, 200.0, 300.0].into_iter());
        assert_eq!(
            spread.map(|it| it.to_string()).as_deref(),
            Some("200 (1 to 400)")
        );
        let spread = Spread::of([5.0, 1.5, 40.0].into_iter());
        assert_eq!(
            spread.map(|it| it.to_string()).as_deref(),
            Some("5.0 (1.5 to 40.0)")
        );
        assert_eq!(Spread::of(std::iter::empty()), None);
    }
}
