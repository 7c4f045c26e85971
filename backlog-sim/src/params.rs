//! Query and form parameters in Backlog's notation: `name=1`, `name[]=1&name[]=2`, booleans as
//! `true`/`false`, dates as `yyyy-MM-dd`. A malformed value is an error of code 7.

use std::str::FromStr;

use chrono::NaiveDate;

use crate::{error::ApiError, model::Id};

/// Decoded pairs in the order sent.
#[derive(Clone, Debug, Default)]
pub(crate) struct Params(Vec<(String, String)>);

impl Params {
    /// Decodes `application/x-www-form-urlencoded` bytes.
    pub(crate) fn parse(encoded: &[u8]) -> Self {
        Self(form_urlencoded::parse(encoded).into_owned().collect())
    }

    /// An upload as recorded in the journal: its file's name.
    pub(crate) fn of_upload(name: &str) -> Self {
        Self(vec![("file".to_owned(), name.to_owned())])
    }

    pub(crate) fn pairs(&self) -> &[(String, String)] {
        &self.0
    }

    pub(crate) fn extend(&mut self, other: Params) {
        self.0.extend(other.0);
    }

    /// The value of the first pair of this name.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// The value, when it is present and not empty.
    pub(crate) fn filled(&self, name: &str) -> Option<&str> {
        self.get(name).filter(|value| !value.is_empty())
    }

    /// The value, which must be present and not empty.
    pub(crate) fn require(&self, name: &str) -> Result<&str, ApiError> {
        self.filled(name)
            .ok_or_else(|| ApiError::invalid(format!("{name} is required.")))
    }

    /// A value parsed from its text, such as a number or a boolean.
    pub(crate) fn parsed<T: FromStr>(&self, name: &str) -> Result<Option<T>, ApiError> {
        self.filled(name)
            .map(|value| value.parse().map_err(|_| malformed(name, value)))
            .transpose()
    }

    pub(crate) fn require_id(&self, name: &str) -> Result<Id, ApiError> {
        let value = self.require(name)?;
        value.parse().map_err(|_| malformed(name, value))
    }

    pub(crate) fn date(&self, name: &str) -> Result<Option<NaiveDate>, ApiError> {
        self.filled(name)
            .map(|value| parse_date(name, value))
            .transpose()
    }

    /// The ids of `name[]`, or `None` if the parameter was not sent. One empty value, which clears
    /// a list, returns an empty list.
    pub(crate) fn ids(&self, name: &str) -> Result<Option<Vec<Id>>, ApiError> {
        let array = format!("{name}[]");
        let mut sent = false;
        let mut ids = Vec::new();
        for (key, value) in &self.0 {
            if *key == array {
                sent = true;
                if !value.is_empty() {
                    ids.push(value.parse().map_err(|_| malformed(&array, value))?);
                }
            }
        }
        Ok(sent.then_some(ids))
    }

    /// The texts of `name[]`, or `None` if the parameter was not sent; empty ones are skipped.
    pub(crate) fn texts(&self, name: &str) -> Option<Vec<&str>> {
        let array = format!("{name}[]");
        let sent = self.0.iter().filter(|(key, _)| *key == array);
        let texts: Vec<_> = sent.map(|(_, text)| text.as_str()).collect();
        let filled = texts.iter().copied().filter(|text| !text.is_empty());
        (!texts.is_empty()).then(|| filled.collect())
    }

    /// `count`: 1 to 100, 20 when absent.
    pub(crate) fn count(&self) -> Result<usize, ApiError> {
        match self.parsed::<usize>("count")? {
            None => Ok(20),
            Some(count @ 1..=100) => Ok(count),
            Some(_) => Err(ApiError::invalid("count must be from 1 to 100.")),
        }
    }

    /// The page that `minId` and `maxId` (both exclusive), `count` and `order` select, of items
    /// in the order of their ids.
    pub(crate) fn page_by_id<T>(
        &self,
        things: impl Iterator<Item = T>,
        id: impl Fn(&T) -> Id,
    ) -> Result<Vec<T>, ApiError> {
        let min = self.parsed::<Id>("minId")?.unwrap_or(0);
        let max = self.parsed::<Id>("maxId")?.unwrap_or(Id::MAX);
        let count = self.count()?;
        let mut page: Vec<_> = things
            .filter(|thing| id(thing) > min && id(thing) < max)
            .collect();
        if !self.ascending()? {
            page.reverse();
        }
        page.truncate(count);
        Ok(page)
    }

    /// The page that `offset` and `count` select.
    pub(crate) fn page<T>(&self, things: impl IntoIterator<Item = T>) -> Result<Vec<T>, ApiError> {
        let offset = self.parsed::<usize>("offset")?.unwrap_or(0);
        let count = self.count()?;
        Ok(things.into_iter().skip(offset).take(count).collect())
    }

    /// Whether `order` is ascending; it is descending when absent.
    pub(crate) fn ascending(&self) -> Result<bool, ApiError> {
        match self.filled("order") {
            None | Some("desc") => Ok(false),
            Some("asc") => Ok(true),
            Some(other) => Err(malformed("order", other)),
        }
    }
}

pub(crate) fn parse_date(name: &str, value: &str) -> Result<NaiveDate, ApiError> {
    NaiveDate::parse_from_str(value, "%Y-%m-%d").map_err(|_| malformed(name, value))
}

pub(crate) fn malformed(name: &str, value: &str) -> ApiError {
    ApiError::invalid(format!("Invalid value for {name}: {value}"))
}
