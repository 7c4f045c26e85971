//! The inputs of every tool that returns a file: which part of it, and in which form.

use std::fmt::Display;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, de::Error};

use super::limits::LARGEST_FILE;
use crate::toolkit::inputs::Whole;

/// auto: images and text as content; base64: JSON with all bytes
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[schemars(extend("default" = "auto"))]
#[serde(rename_all = "lowercase")]
pub(crate) enum Format {
    #[default]
    Auto,
    Base64,
}

/// Fail if the file is larger, in bytes; default: the maximum, for base64 what a response holds
#[derive(Clone, Copy, Debug, JsonSchema)]
#[schemars(transparent, extend("minimum" = 1, "maximum" = LARGEST_FILE))]
pub(crate) struct MaxBytes(#[schemars(with = "Whole")] usize);

/// First character to return of a text file
#[derive(Clone, Copy, Debug, JsonSchema)]
#[schemars(transparent, extend("minimum" = 0, "default" = 0))]
pub(crate) struct TextOffset(#[schemars(with = "Whole")] usize);

/// Maximum number of characters of a text file
#[derive(Clone, Copy, Debug, JsonSchema)]
#[schemars(transparent, extend("minimum" = 1))]
pub(crate) struct TextLength(#[schemars(with = "Whole")] usize);

impl<'de> Deserialize<'de> for MaxBytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let expected = || format!("expected an integer from 1 to {LARGEST_FILE}");
        match number(deserializer, expected)? {
            bytes @ 0..=LARGEST_FILE => Ok(Self(bytes)),
            _ => Err(D::Error::custom(expected())),
        }
    }
}

impl<'de> Deserialize<'de> for TextOffset {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        number(deserializer, || "expected an integer, 0 or more").map(Self)
    }
}

impl<'de> Deserialize<'de> for TextLength {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        number(deserializer, || "expected an integer, 1 or more").map(Self)
    }
}

fn number<'de, D: Deserializer<'de>, T: Display>(
    deserializer: D,
    expected: impl Fn() -> T,
) -> Result<usize, D::Error> {
    let number = Whole::deserialize(deserializer)?.get();
    usize::try_from(number).map_err(|_| D::Error::custom(expected()))
}

/// The requested part and form of a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct View {
    pub format: Format,
    /// A larger file is an error.
    pub max_bytes: Option<usize>,
    /// The first character of a text.
    pub from: usize,
    /// The maximum number of characters of a text.
    pub length: Option<usize>,
}

impl View {
    /// Treats a `maxBytes` or `textLength` of 0 as absent: some clients fill in every input.
    pub(crate) fn new(
        format: Option<Format>,
        max_bytes: Option<MaxBytes>,
        offset: Option<TextOffset>,
        length: Option<TextLength>,
    ) -> Self {
        Self {
            format: format.unwrap_or_default(),
            max_bytes: max_bytes.map(|it| it.0).filter(|it| *it > 0),
            from: offset.map_or(0, |it| it.0),
            length: length.map(|it| it.0).filter(|it| *it > 0),
        }
    }

    /// The maximum bytes to read of a file. For base64 it is what a response holds: one token of it
    /// is little more than one byte of the file.
    pub(crate) fn largest(&self, max_tokens: usize) -> usize {
        self.max_bytes.unwrap_or(match self.format {
            Format::Auto => LARGEST_FILE,
            Format::Base64 => max_tokens.min(LARGEST_FILE),
        })
    }
}
