//! Reads resolutions in both languages: `Fixed`, `重複`, `won't fix`.

use crate::{
    error::Unknown,
    word::{self, Word},
};

/// A resolution; Backlog has these five.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Resolution {
    /// `Fixed`, `対応済み`
    Fixed,
    /// `Won't Fix`, `対応しない`
    WontFix,
    /// `Invalid`, `無効`
    Invalid,
    /// `Duplication`, `重複`
    Duplicate,
    /// `Cannot Reproduce`, `再現しない`
    CannotReproduce,
}

const WORDS: [Word<Resolution>; 5] = [
    Word {
        value: Resolution::Fixed,
        id: 0,
        names: ["Fixed", "対応済み"],
        others: &["fix", "対応済"],
    },
    Word {
        value: Resolution::WontFix,
        id: 1,
        names: ["Won't Fix", "対応しない"],
        others: &["will not fix", "won't do", "対応せず"],
    },
    Word {
        value: Resolution::Invalid,
        id: 2,
        names: ["Invalid", "無効"],
        others: &["not a bug"],
    },
    Word {
        value: Resolution::Duplicate,
        id: 3,
        names: ["Duplication", "重複"],
        others: &["duplicate", "duplicated"],
    },
    Word {
        value: Resolution::CannotReproduce,
        id: 4,
        names: ["Cannot Reproduce", "再現しない"],
        others: &[
            "can't reproduce",
            "can not reproduce",
            "not reproducible",
            "再現せず",
        ],
    },
];

impl Resolution {
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
            Self::Fixed => &WORDS[0],
            Self::WontFix => &WORDS[1],
            Self::Invalid => &WORDS[2],
            Self::Duplicate => &WORDS[3],
            Self::CannotReproduce => &WORDS[4],
        }
    }
}

/// Reads a resolution by a word or its id.
///
/// # Errors
/// The text is no resolution; the error lists them, the nearest first.
pub fn read(text: &str) -> Result<Resolution, Unknown> {
    word::find_or_id(&WORDS, text).ok_or_else(|| word::unknown("resolution", &WORDS, text))
}

#[cfg(test)]
mod tests {
    use super::*;

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

    #[test]
    fn an_unknown_resolution_lists_the_others() {
        let error = read("fixd").unwrap_err();
        assert_eq!(error.available()[0], "Fixed");
        assert_eq!(error.available().len(), 5);
    }
}
