//! Reads statuses, and filters of them: `open`, `!Closed`, `処理中、レビュー`.
//!
//! | text | filter |
//! |---|---|
//! | `open`, `未完了`, `!Closed`, `not closed`, `完了以外` | all statuses but closed, a project's own included |
//! | `closed`, `done`, `完了` | closed |
//! | `all`, `any`, `すべて`, `open, closed` | all statuses |
//! | `In Progress, レビュー`, `処理中、処理済み` | these |
//! | `Open, In Progress` | these two: in a list with other names, `Open` is the status |
//! | `未完了、レビュー` | all statuses but closed, which have both |
//! | `!Resolved, !Closed`, `not resolved` | all but these |
//! | `open, !Resolved` | all but closed and these |
//!
//! A name is given as it is written, with the built-in status that it may be. A project's own
//! status of that name comes first, so the caller looks for it before it takes the built-in one.

use crate::{
    error::Unexpected,
    text::{bare, clean, folded},
    word::{self, Word},
};

/// The maximum number of names in a filter.
const MAX_NAMES: usize = 50;
const EXPECTED: &str =
    "open, closed, all, or names of statuses, separated by commas, with ! before those to exclude";
const OPEN: &str = "open";
const UNFINISHED: [&str; 5] = ["未完了", "未完", "incomplete", "not done", "unfinished"];
const ALL: [&str; 9] = [
    "all",
    "any",
    "every",
    "*",
    "すべて",
    "全て",
    "全部",
    "全件",
    "all statuses",
];
/// Words before a name that excludes it. A longer word precedes those at its start.
const EXCLUDING: [&str; 10] = [
    "!",
    "-",
    "≠",
    "not ",
    "all but ",
    "all except ",
    "anything but ",
    "except ",
    "excluding ",
    "other than ",
];
/// Words after a name that excludes it.
const EXCLUDED: [&str; 4] = ["以外すべて", "以外", "を除く", "ではない"];

/// A status that every project has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Builtin {
    /// `Open`, `未対応`
    Open,
    /// `In Progress`, `処理中`
    InProgress,
    /// `Resolved`, `処理済み`
    Resolved,
    /// `Closed`, `完了`
    Closed,
}

const WORDS: [Word<Builtin>; 4] = [
    Word {
        value: Builtin::Open,
        id: 1,
        names: ["Open", "未対応"],
        others: &["todo", "to do", "未着手"],
    },
    Word {
        value: Builtin::InProgress,
        id: 2,
        names: ["In Progress", "処理中"],
        others: &["doing", "wip", "進行中", "対応中"],
    },
    Word {
        value: Builtin::Resolved,
        id: 3,
        names: ["Resolved", "処理済み"],
        others: &["処理済"],
    },
    Word {
        value: Builtin::Closed,
        id: 4,
        names: ["Closed", "完了"],
        others: &["close", "done", "completed", "complete", "finished"],
    },
];

impl Builtin {
    /// Its id, the same in every project.
    pub fn id(self) -> i64 {
        self.word().id
    }

    /// Its names in English and Japanese.
    pub fn names(self) -> [&'static str; 2] {
        self.word().names
    }

    fn word(self) -> &'static Word<Self> {
        match self {
            Self::Open => &WORDS[0],
            Self::InProgress => &WORDS[1],
            Self::Resolved => &WORDS[2],
            Self::Closed => &WORDS[3],
        }
    }
}

/// Finds the built-in status that a text names.
pub fn builtin(text: &str) -> Option<Builtin> {
    word::find(&WORDS, text)
}

/// A name of a status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    /// The name as it is written, trimmed.
    pub written: String,
    /// The built-in status that has this name in one of the languages.
    pub builtin: Option<Builtin>,
}

impl Name {
    fn of(text: &str) -> Self {
        Self {
            written: text.to_owned(),
            builtin: builtin(text),
        }
    }

    fn is_word_open(&self) -> bool {
        folded(&self.written) == OPEN
    }

    fn is_open_or_closed(&self) -> bool {
        matches!(self.builtin, Some(Builtin::Open | Builtin::Closed))
    }

    fn is(&self, other: &Self) -> bool {
        let is_builtin = self.builtin.is_some() && self.builtin == other.builtin;
        is_builtin || folded(&self.written) == folded(&other.written)
    }
}

/// A filter of statuses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StatusFilter {
    /// All statuses but closed, a project's own included.
    Open,
    /// Closed.
    Closed,
    /// All statuses.
    All,
    /// Some statuses by name.
    Names {
        /// The statuses; all if it is empty.
        include: Vec<Name>,
        /// The statuses that are left out of them.
        exclude: Vec<Name>,
    },
}

/// A part of a filter between commas.
enum Part {
    /// All statuses but closed.
    Unfinished,
    All,
    Include(Name),
    Exclude(Name),
}

impl StatusFilter {
    /// Reads a filter.
    ///
    /// # Errors
    /// The text names nothing, too many statuses, or one that is both included and excluded.
    pub fn read(text: &str) -> Result<Self, Unexpected> {
        let unexpected = || Unexpected::new(EXPECTED, text);
        let plain = clean(text).ok_or_else(unexpected)?;
        let parts = plain.split([',', '、', ';', '\n']).map(str::trim);
        let parts: Vec<_> = parts.filter(|part| !part.is_empty()).map(part).collect();
        if parts.is_empty() || parts.len() > MAX_NAMES {
            return Err(unexpected());
        }
        Self::of(parts).ok_or_else(unexpected)
    }

    fn of(parts: Vec<Part>) -> Option<Self> {
        let (mut include, mut exclude) = (Vec::new(), Vec::new());
        let (mut has_unfinished, mut has_all) = (false, false);
        for part in parts {
            match part {
                Part::Unfinished => has_unfinished = true,
                Part::All => has_all = true,
                Part::Include(name) => add(&mut include, name),
                Part::Exclude(name) => add(&mut exclude, name),
            }
        }
        let is_empty = |name: &Name| name.written.is_empty();
        let is_both = include
            .iter()
            .any(|name| exclude.iter().any(|it| name.is(it)));
        if is_both || include.iter().chain(&exclude).any(is_empty) {
            return None;
        }
        let has = |names: &[Name], status| names.iter().any(|it| it.builtin == Some(status));
        // With other names beside it, `Open` is one of them; without, it is all but closed.
        let is_filter =
            include.iter().any(Name::is_word_open) && include.iter().all(Name::is_open_or_closed);
        if has_unfinished || is_filter {
            if has(&include, Builtin::Closed) {
                has_all = true;
            } else {
                add(&mut exclude, Name::of("Closed"));
            }
            include.clear();
        }
        if has_all {
            include.clear();
        }
        Some(Self::short(include, exclude))
    }

    /// The short form of a filter, if it has one.
    fn short(include: Vec<Name>, exclude: Vec<Name>) -> Self {
        let is_closed = |name: &Name| name.builtin == Some(Builtin::Closed);
        match (include.as_slice(), exclude.as_slice()) {
            ([], []) => Self::All,
            ([only], []) if is_closed(only) => Self::Closed,
            ([], [only]) if is_closed(only) => Self::Open,
            _ => Self::Names { include, exclude },
        }
    }
}

fn add(names: &mut Vec<Name>, name: Name) {
    if !names.iter().any(|other| other.is(&name)) {
        names.push(name);
    }
}

fn part(text: &str) -> Part {
    let text = bare(text);
    let plain = folded(text);
    if UNFINISHED.contains(&plain.as_str()) {
        return Part::Unfinished;
    }
    if ALL.contains(&plain.as_str()) {
        return Part::All;
    }
    match excluded(text) {
        // All but the open ones are closed.
        Some(name) if is_unfinished(name) => Part::Include(Name::of("Closed")),
        Some(name) => Part::Exclude(Name::of(name)),
        None => Part::Include(Name::of(text)),
    }
}

fn is_unfinished(name: &str) -> bool {
    let plain = folded(name);
    plain == OPEN || UNFINISHED.contains(&plain.as_str())
}

/// Returns the name that a text excludes.
fn excluded(text: &str) -> Option<&str> {
    let before = |word: &&str| {
        let start = text.get(..word.len())?;
        let is_it = start.eq_ignore_ascii_case(word);
        is_it.then(|| &text[word.len()..])
    };
    let mut words = EXCLUDING.iter();
    let after = || EXCLUDED.iter().find_map(|word| text.strip_suffix(word));
    let name = words.find_map(before).or_else(after)?;
    Some(bare(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_read() {
        for word in &WORDS {
            for name in word.names {
                assert_eq!(builtin(name), Some(word.value));
            }
            assert_eq!((word.value.id(), word.value.names()), (word.id, word.names));
        }
        assert_eq!(builtin("レビュー"), None);
    }

    #[test]
    fn a_custom_name_stays_as_it_is_written() {
        let filter = StatusFilter::read("「レビュー待ち」, In progress").unwrap();
        let StatusFilter::Names { include, exclude } = filter else {
            panic!("{filter:?}");
        };
        let written: Vec<_> = include.iter().map(|name| name.written.as_str()).collect();
        assert_eq!(written, ["レビュー待ち", "In progress"]);
        assert_eq!(include[1].builtin, Some(Builtin::InProgress));
        assert!(exclude.is_empty());
    }

    #[test]
    fn a_filter_without_a_meaning_is_an_error() {
        for text in [
            "",
            " , ",
            "!",
            "レビュー, !レビュー",
            "Resolved, not 処理済み",
        ] {
            assert!(StatusFilter::read(text).is_err(), "{text}");
        }
        let many: Vec<_> = (0..=MAX_NAMES).map(|it| it.to_string()).collect();
        assert!(StatusFilter::read(&many.join(",")).is_err());
        assert!(StatusFilter::read(&"x".repeat(100_000)).is_err());
    }
}
