//! The options after an id: `#comments=50&before=345&section=Roll+back&offset=8000`.

use std::fmt::{self, Display};

use url::form_urlencoded::{self, Serializer};

/// Which part of a thing is meant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Options {
    /// How many of the newest comments.
    pub comments: Option<i64>,
    /// Only comments with a lower id.
    pub before: Option<i64>,
    /// Only this section of a page.
    pub section: Option<String>,
    /// The character to start at.
    pub offset: Option<i64>,
}

impl Options {
    /// Splits a text into an id and its options.
    ///
    /// # Errors
    /// An option has no number.
    pub(crate) fn split(text: &str) -> Result<(&str, Self), String> {
        let Some((id, written)) = text.rsplit_once('#').filter(|(_, it)| it.contains('=')) else {
            return Ok((text, Self::default()));
        };
        let mut options = Self::default();
        for (name, value) in form_urlencoded::parse(written.as_bytes()) {
            let number = || {
                let number = value.parse::<i64>().ok().filter(|number| *number >= 0);
                number.ok_or_else(|| format!("{name}: expected a number, received {value:?}"))
            };
            match &*name {
                "comments" => options.comments = Some(number()?),
                "before" => options.before = Some(number()?),
                "offset" => options.offset = Some(number()?),
                "section" => options.section = Some(value.into_owned()),
                // `#` and `=` may be in the name of a page.
                _ => return Ok((text, Self::default())),
            }
        }
        Ok((id.trim_end(), options))
    }

    /// These options, and those of `other` where these have none.
    #[must_use]
    pub(crate) fn or(self, other: Self) -> Self {
        Self {
            comments: self.comments.or(other.comments),
            before: self.before.or(other.before),
            section: self.section.or(other.section),
            offset: self.offset.or(other.offset),
        }
    }
}

/// Writes nothing if there are none.
impl Display for Options {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut pairs = Serializer::new(String::new());
        let mut add = |name, value: Option<String>| {
            if let Some(value) = value {
                pairs.append_pair(name, &value);
            }
        };
        let text = |number: Option<i64>| number.map(|number| number.to_string());
        add("comments", text(self.comments));
        add("before", text(self.before));
        add("section", self.section.clone());
        add("offset", text(self.offset));
        match pairs.finish() {
            written if written.is_empty() => Ok(()),
            written => write!(formatter, "#{written}"),
        }
    }
}
