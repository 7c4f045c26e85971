//! The integers, decimals and days that name nothing. Other inputs are made of them.

use std::{borrow::Cow, fmt};

use chrono::NaiveDate;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{Error, Unexpected, Visitor},
};

use crate::toolkit::input_kind::{Mark, READ};

/// Largest integer that survives a JavaScript client.
const MAX_SAFE: i64 = 1 << 53;

/// Schemas without a description, which the field that uses the type has.
macro_rules! schema {
    ($type:ident: $kind:literal, $mark:ident) => {
        impl JsonSchema for $type {
            fn schema_name() -> Cow<'static, str> {
                stringify!($type).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({"type": $kind, READ: Mark::$mark})
            }
        }
    };
}

schema!(Integer: "number", Integer);
schema!(Whole: "integer", Integer);
schema!(Decimal: "number", Decimal);
schema!(Date: "string", Date);

/// A whole number: `12` and `12.0`, but no fraction and no string.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(transparent)]
pub(crate) struct Integer(pub(super) i64);

impl<'de> Deserialize<'de> for Integer {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct IntegerVisitor;

        impl Visitor<'_> for IntegerVisitor {
            type Value = Integer;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an integer")
            }

            fn visit_i64<E: Error>(self, value: i64) -> Result<Integer, E> {
                if (-MAX_SAFE..=MAX_SAFE).contains(&value) {
                    Ok(Integer(value))
                } else {
                    Err(E::invalid_value(Unexpected::Signed(value), &self))
                }
            }

            fn visit_u64<E: Error>(self, value: u64) -> Result<Integer, E> {
                let error = || E::invalid_value(Unexpected::Unsigned(value), &self);
                let value = i64::try_from(value).map_err(|_| error())?;
                self.visit_i64(value)
            }

            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_precision_loss,
                reason = "whole and within ±2^53, so exact"
            )]
            fn visit_f64<E: Error>(self, value: f64) -> Result<Integer, E> {
                if value.fract() == 0.0 && value.abs() <= MAX_SAFE as f64 {
                    Ok(Integer(value as i64))
                } else {
                    Err(E::invalid_value(Unexpected::Float(value), &self))
                }
            }
        }

        deserializer.deserialize_any(IntegerVisitor)
    }
}

impl Integer {
    pub(crate) fn get(self) -> i64 {
        self.0
    }
}

/// An [`Integer`] that the schema calls one; `number` is the usual type of the other inputs.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[serde(transparent)]
pub(crate) struct Whole(Integer);

impl Whole {
    pub(crate) fn get(self) -> i64 {
        self.0.get()
    }
}

/// Any number, such as hours.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(transparent)]
pub(crate) struct Decimal(serde_json::Number);

/// A calendar day as `yyyy-MM-dd`.
#[derive(Clone, Debug, Serialize)]
#[serde(transparent)]
pub(crate) struct Date(String);

impl<'de> Deserialize<'de> for Date {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if is_date(&text) {
            Ok(Self(text))
        } else {
            let expected = &"a date as yyyy-MM-dd";
            Err(D::Error::invalid_value(Unexpected::Str(&text), expected))
        }
    }
}

/// Whether a text is a calendar day as `yyyy-MM-dd`.
pub(crate) fn is_date(text: &str) -> bool {
    let bytes = text.as_bytes();
    let number = |digits: &[u8]| {
        let add = |number: u16, digit: &u8| match digit {
            b'0'..=b'9' => Some(number * 10 + u16::from(digit - b'0')),
            _ => None,
        };
        digits.iter().try_fold(0, add)
    };
    // By hand, because every date in every call is checked, and chrono takes ten times as long. It
    // also accepts `2026-1-2`, which Backlog does not.
    let day = || {
        let (year, month, day) = match bytes {
            [year @ .., b'-', _, _, b'-', _, _] if year.len() == 4 => {
                (number(year)?, number(&bytes[5..7])?, number(&bytes[8..])?)
            }
            _ => return None,
        };
        NaiveDate::from_ymd_opt(year.into(), month.into(), day.into())
    };
    day().is_some()
}
