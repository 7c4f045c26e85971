//! Entries with names and ids, and lookup by name.

use std::{collections::HashMap, fmt, fmt::Write, sync::OnceLock};

use serde::Deserialize;
use unicode_normalization::UnicodeNormalization;

use crate::toolkit::hidden;

/// The number of candidates in an error, if there are more than [`FEW`].
const MAX_CANDIDATES: usize = 5;
const FEW: usize = 12;
/// The number of characters that are compared.
const MAX_COMPARED: usize = 32;
/// Honorifics that may follow a user's name.
const HONORIFICS: [&str; 7] = ["さん", "さま", "様", "氏", "くん", "君", "ちゃん"];
/// The maximum length of a name in bytes. Backlog's longest names have a quarter of it.
pub(super) const MAX_NAME: usize = 1024;

/// The types of custom fields that hold a number or a date; lower ones hold a text.
const NUMBER: i64 = 3;
const DATE: i64 = 4;
/// The types of custom fields that hold several items: multiple lists and checkboxes.
const SEVERAL: [i64; 2] = [6, 7];

/// An object of Backlog, with the parts that names need.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(from = "Raw")]
pub(super) struct Entry {
    pub id: i64,
    /// Its display name.
    name: String,
    /// Other names that find it; the first one is shown.
    others: Vec<String>,
    /// The project of an issue.
    pub project: Option<i64>,
    /// The items of a custom field.
    pub items: Vec<Self>,
    /// The type of a custom field.
    kind: i64,
    /// Whether a custom field is required.
    pub is_required: bool,
    /// The issue types that have a custom field; all if it is empty.
    issue_types: Vec<i64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Raw {
    id: i64,
    name: Option<String>,
    project_key: Option<String>,
    user_id: Option<String>,
    mail_address: Option<String>,
    nulab_account: Option<NulabAccount>,
    issue_key: Option<String>,
    project_id: Option<i64>,
    type_id: Option<i64>,
    items: Option<Vec<Entry>>,
    required: Option<bool>,
    applicable_issue_types: Option<Vec<i64>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct NulabAccount {
    unique_id: Option<String>,
}

impl From<Raw> for Entry {
    fn from(raw: Raw) -> Self {
        let unique_id = raw.nulab_account.and_then(|account| account.unique_id);
        let others = [raw.project_key, raw.user_id, raw.mail_address, unique_id];
        let is_short = |name: &String| name.len() <= MAX_NAME;
        let name = raw.name.or(raw.issue_key).filter(is_short);
        Self {
            id: raw.id,
            name: name.unwrap_or_default(),
            others: others.into_iter().flatten().filter(is_short).collect(),
            project: raw.project_id,
            items: raw.items.unwrap_or_default(),
            kind: raw.type_id.unwrap_or_default(),
            is_required: raw.required.unwrap_or_default(),
            issue_types: raw.applicable_issue_types.unwrap_or_default(),
        }
    }
}

impl Entry {
    pub(super) fn new(id: i64, name: &str) -> Self {
        Self {
            id,
            name: name.to_owned(),
            others: Vec::new(),
            project: None,
            items: Vec::new(),
            kind: 0,
            is_required: false,
            issue_types: Vec::new(),
        }
    }

    /// Whether it is a custom field that holds a date.
    pub(super) fn is_date(&self) -> bool {
        self.kind == DATE
    }

    /// Whether it is a custom field that holds a number.
    pub(super) fn is_number(&self) -> bool {
        self.kind == NUMBER
    }

    /// Whether it is a custom field that holds several items.
    pub(super) fn takes_several(&self) -> bool {
        SEVERAL.contains(&self.kind)
    }

    /// Whether it is a custom field of this issue type.
    pub(super) fn is_of(&self, issue_type: i64) -> bool {
        self.issue_types.is_empty() || self.issue_types.contains(&issue_type)
    }

    /// Whether it is a custom field that may hold any text.
    pub(super) fn is_text(&self) -> bool {
        !self.is_date() && !self.is_number() && self.items.is_empty()
    }

    /// Its display name.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Its key, sign-in name or mail address.
    pub(super) fn others(&self) -> &[String] {
        &self.others
    }

    fn names(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.name.as_str()).chain(self.others.iter().map(String::as_str))
    }

    /// The key of a project.
    pub(super) fn key(&self) -> Option<&str> {
        self.others.first().map(String::as_str)
    }

    /// Its approximate size in memory.
    pub(super) fn bytes(&self) -> usize {
        let others = self.others.iter();
        size_of::<Self>()
            + self.name.len()
            + others
                .map(|other| size_of::<String>() + other.len())
                .sum::<usize>()
            + self.items.iter().map(Self::bytes).sum::<usize>()
            + size_of_val(self.issue_types.as_slice())
    }
}

/// `Harbor booking portal (HARBOR, 88104)`
impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.others.first() {
            Some(other) => write!(f, "{} ({other}, {})", self.name, self.id),
            None => write!(f, "{} ({})", self.name, self.id),
        }
    }
}

/// The indexes in a list by [`folded`] name, built on first use.
#[derive(Debug, Default)]
pub(super) struct Folded {
    by_name: OnceLock<HashMap<String, Vec<usize>>>,
    /// The names of each entry without spaces.
    squeezed: OnceLock<Vec<(String, usize)>>,
}

impl Folded {
    /// Returns the names without spaces, as users often write the names of others.
    fn squeezed(&self, entries: &[Entry]) -> &[(String, usize)] {
        self.squeezed.get_or_init(|| {
            let all = entries.iter().enumerate();
            let names = all.flat_map(|(place, entry)| entry.names().map(move |it| (it, place)));
            names.map(|(name, place)| (squeezed(name), place)).collect()
        })
    }

    /// Returns the users that a text addresses: `山口さん`, `@m.lind`, `佐藤遥` for `佐藤 遥`.
    pub(super) fn addressed<'a>(&self, entries: &'a [Entry], text: &str) -> Vec<&'a Entry> {
        let text = address(text);
        self.that(entries, |name| !text.is_empty() && name == text)
    }

    /// Returns the users with a text in one of their names.
    pub(super) fn with_part<'a>(&self, entries: &'a [Entry], text: &str) -> Vec<&'a Entry> {
        let text = address(text);
        let least = if text.is_ascii() { 3 } else { 2 };
        let is_part = text.chars().count() >= least;
        self.that(entries, |name| is_part && name.contains(&text))
    }

    fn that<'a>(&self, entries: &'a [Entry], is_it: impl Fn(&str) -> bool) -> Vec<&'a Entry> {
        let names = self.squeezed(entries).iter();
        let mut places: Vec<_> = names
            .filter(|(name, _)| is_it(name))
            .map(|(_, place)| *place)
            .collect();
        places.dedup();
        places.into_iter().map(|place| &entries[place]).collect()
    }

    fn places(&self, entries: &[Entry], text: &str) -> &[usize] {
        let places = self.by_name.get_or_init(|| {
            let mut places: HashMap<_, Vec<_>> = HashMap::new();
            for (place, entry) in entries.iter().enumerate() {
                for name in entry.names() {
                    let places = places.entry(folded(name)).or_default();
                    if places.last() != Some(&place) {
                        places.push(place);
                    }
                }
            }
            places
        });
        places.get(&folded(text)).map_or(&[], Vec::as_slice)
    }
}

/// Returns the entries with this name: those with this key or sign-in name, or else those with
/// exactly this name, or else those with a name that differs only in case, width or spacing.
/// `by_fold` must belong to these entries.
pub(super) fn with_name<'a>(entries: &'a [Entry], by_fold: &Folded, text: &str) -> Vec<&'a Entry> {
    if text.len() > MAX_NAME {
        return Vec::new();
    }
    let find = |has: &dyn Fn(&Entry) -> bool| entries.iter().filter(|entry| has(entry)).collect();
    let mut found: Vec<_> = find(&|entry| entry.others.iter().any(|other| other == text));
    if found.is_empty() {
        found = find(&|entry| entry.name == text);
    }
    if found.is_empty() {
        let places = by_fold.places(entries, text).iter();
        found = places.map(|place| &entries[*place]).collect();
    }
    found
}

/// Whether one of the entries has exactly this name. Keys and sign-in names match in any case.
pub(super) fn has_exactly(entries: &[Entry], text: &str) -> bool {
    let is_it = |entry: &Entry| {
        let mut others = entry.others.iter();
        entry.name == text || others.any(|other| other.eq_ignore_ascii_case(text))
    };
    entries.iter().any(is_it)
}

/// Folds a name and removes its spaces.
fn squeezed(name: &str) -> String {
    folded(name).split_whitespace().collect()
}

/// Returns the name that a text addresses, squeezed; empty if it is too long for a name.
fn address(text: &str) -> String {
    if text.len() > MAX_NAME {
        return String::new();
    }
    let name = squeezed(text);
    let name = name.strip_prefix('@').unwrap_or(&name);
    let bare = HONORIFICS.iter().find_map(|word| name.strip_suffix(word));
    bare.filter(|bare| !bare.is_empty())
        .unwrap_or(name)
        .to_owned()
}

/// `Ｉｎ Progress ` → `in progress`. Names are shown without their hidden characters, so callers give
/// them without these.
pub(super) fn folded(text: &str) -> String {
    let shown = hidden::clean(text).text;
    let lower: String = shown.nfkc().flat_map(char::to_lowercase).collect();
    let words: Vec<_> = lower.split_whitespace().collect();
    words.join(" ")
}

/// Lists the candidates for an error, likely ones first.
pub(super) fn candidates<'a>(entries: impl Iterator<Item = &'a Entry>, text: &str) -> String {
    let text = folded(if text.len() > MAX_NAME { "" } else { text });
    let is_far = |entry: &&Entry| {
        let near = |name: &str| {
            let name = folded(name);
            !name.is_empty() && (name.contains(&text) || text.contains(&name))
        };
        text.is_empty() || !entry.names().any(near)
    };
    let mut seen = std::collections::HashSet::new();
    let mut entries: Vec<_> = entries.filter(|entry| seen.insert(entry.id)).collect();
    let most = if entries.len() <= FEW {
        FEW
    } else {
        MAX_CANDIDATES
    };
    match entries.len() > most {
        true => entries.sort_by_cached_key(|entry| (is_far(entry), distance(entry, &text))),
        false => entries.sort_by_cached_key(is_far),
    }
    let shown: Vec<_> = entries.iter().take(most).collect();
    let mut list = String::new();
    for (place, entry) in shown.iter().enumerate() {
        let comma = if place == 0 { "" } else { ", " };
        let _ = write!(list, "{comma}{entry}");
    }
    match entries.len() - shown.len() {
        0 => list,
        more => format!("{list} and {more} more"),
    }
}

/// The edit distance of a folded text from the nearest name of an entry, or from a word of it.
fn distance(entry: &Entry, text: &str) -> usize {
    let clip = |text: &str| text.chars().take(MAX_COMPARED).collect::<String>();
    let text = clip(text);
    let of_name = |name: &str| {
        let name = clip(&folded(name));
        let words = name
            .split(' ')
            .map(|word| strsim::osa_distance(word, &text) + 1);
        words
            .min()
            .into_iter()
            .chain([strsim::osa_distance(&name, &text)])
            .min()
    };
    entry
        .names()
        .filter_map(of_name)
        .min()
        .unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests;
