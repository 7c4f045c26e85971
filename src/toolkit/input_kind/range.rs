//! The range of numbers that an input accepts, as its schema publishes it.

use std::fmt;

use serde_json::{Number, Value};

/// A range with at least one bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Range {
    pub least: Option<i32>,
    pub most: Option<i32>,
}

impl Range {
    /// Reads the range of a schema, if it has one.
    pub(crate) fn of(schema: &Value) -> Option<Self> {
        let bound = |keyword| i32::try_from(schema.get(keyword)?.as_i64()?).ok();
        let (least, most) = (bound("minimum"), bound("maximum"));
        (least.is_some() || most.is_some()).then_some(Self { least, most })
    }

    pub(crate) fn has(self, number: &Number) -> bool {
        number.as_f64().is_some_and(|number| {
            self.least.is_none_or(|least| number >= f64::from(least))
                && self.most.is_none_or(|most| number <= f64::from(most))
        })
    }

    /// Whether 0 is out of range, so that clients that fill in every input may use it for
    /// "nothing".
    pub(crate) fn has_no_zero(self) -> bool {
        self.least.is_some_and(|least| least > 0)
    }
}

/// `1 to 100`
impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.least, self.most) {
            (Some(least), Some(most)) => write!(f, "{least} to {most}"),
            (Some(least), None) => write!(f, "{least} or more"),
            (None, Some(most)) => write!(f, "{most} or less"),
            (None, None) => f.write_str("a number"),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_range_is_that_of_the_schema() {
        for (schema, shown, within, outside) in [
            (
                json!({"minimum": 1, "maximum": 100}),
                "1 to 100",
                json!([1, 1.5, 100, 100.0]),
                json!([0, 0.9, 101, -1, 1e300]),
            ),
            (
                json!({"minimum": 0}),
                "0 or more",
                json!([0, -0.0, 9_007_199_254_740_993_i64]),
                json!([-1, -0.5]),
            ),
            (
                json!({"maximum": 4}),
                "4 or less",
                json!([-9, 4]),
                json!([5]),
            ),
        ] {
            let range = Range::of(&schema).expect("a range");
            assert_eq!(range.to_string(), shown);
            for (numbers, expected) in [(within, true), (outside, false)] {
                for number in numbers.as_array().expect("numbers") {
                    let number = number.as_number().expect("a number");
                    assert_eq!(range.has(number), expected, "{shown}: {number}");
                }
            }
        }
        assert_eq!(Range::of(&json!({"type": "number"})), None);
    }
}
