//! Reads priorities in both languages: `High`, `中`, `medium`.

use crate::{
    error::Unknown,
    word::{self, Word},
};

/// A priority; Backlog has these three.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Priority {
    /// `High`, `高`
    High,
    /// `Normal`, `中`
    Normal,
    /// `Low`, `低`
    Low,
}

const WORDS: [Word<Priority>; 3] = [
    Word {
        value: Priority::High,
        id: 2,
        names: ["High", "高"],
        others: &["高い"],
    },
    Word {
        value: Priority::Normal,
        id: 3,
        names: ["Normal", "中"],
        others: &["medium", "普通", "通常"],
    },
    Word {
        value: Priority::Low,
        id: 4,
        names: ["Low", "低"],
        others: &["低い"],
    },
];
/// Words of other trackers for more than high and less than low.
const ABOVE_HIGH: [&str; 10] = [
    "urgent",
    "critical",
    "highest",
    "blocker",
    "immediate",
    "最高",
    "緊急",
    "至急",
    "最優先",
    "重大",
];
const BELOW_LOW: [&str; 4] = ["lowest", "trivial", "最低", "些細"];

impl Priority {
    /// Its id, the same in every space.
    pub fn id(self) -> i64 {
        self.word().id
    }

    /// Its names in English and Japanese.
    pub fn names(self) -> [&'static str; 2] {
        self.word().names
    }

    fn word(self) -> &'static Word<Self> {
        match self {
            Self::High => &WORDS[0],
            Self::Normal => &WORDS[1],
            Self::Low => &WORDS[2],
        }
    }
}

/// Reads a priority by a word or its id. `urgent` and other words outside of Backlog's range are
/// errors: the caller decides whether `High` is meant.
///
/// # Errors
/// The text is no priority; the error lists them, the nearest first.
pub fn read(text: &str) -> Result<Priority, Unknown> {
    word::find_or_id(&WORDS, text).ok_or_else(|| {
        let word = word::key(text).unwrap_or_default();
        let language = usize::from(!word.is_ascii());
        let names = WORDS.iter().map(|it| it.names[language]);
        if ABOVE_HIGH.contains(&word.as_str()) {
            Unknown::new("priority", text, names.collect())
        } else if BELOW_LOW.contains(&word.as_str()) {
            Unknown::new("priority", text, names.rev().collect())
        } else {
            word::unknown("priority", &WORDS, text)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_outside_of_the_range_is_refused() {
        for (text, expected) in [
            (
                "urgent",
                "unknown priority \"urgent\"; available, nearest first: High, Normal, Low",
            ),
            (
                "最高",
                "unknown priority \"最高\"; available, nearest first: 高, 中, 低",
            ),
            (
                "lowest",
                "unknown priority \"lowest\"; available, nearest first: Low, Normal, High",
            ),
            (
                "hgih",
                "unknown priority \"hgih\"; available, nearest first: High, Low, Normal",
            ),
        ] {
            assert_eq!(read(text).unwrap_err().to_string(), expected);
        }
    }

    #[test]
    fn every_name_and_id_is_read() {
        for word in &WORDS {
            for name in word.names {
                assert_eq!(read(name), Ok(word.value));
            }
            assert_eq!(read(&word.id.to_string()), Ok(word.value));
            assert_eq!((word.value.id(), word.value.names()), (word.id, word.names));
        }
    }
}
