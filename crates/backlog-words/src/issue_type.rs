//! The issue types of a new project in both languages, as synonyms: a project may rename or delete
//! them, so a name is first looked up among the project's own.

use crate::word::{self, Word};

/// An issue type of a new project.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum IssueType {
    /// `Task`, `タスク`
    Task,
    /// `Bug`, `バグ`
    Bug,
    /// `Request`, `要望`
    Request,
    /// `Other`, `その他`
    Other,
}

/// Issue types have no fixed ids.
const NO_ID: i64 = -1;
const WORDS: [Word<IssueType>; 4] = [
    Word {
        value: IssueType::Task,
        id: NO_ID,
        names: ["Task", "タスク"],
        others: &[],
    },
    Word {
        value: IssueType::Bug,
        id: NO_ID,
        names: ["Bug", "バグ"],
        others: &[],
    },
    Word {
        value: IssueType::Request,
        id: NO_ID,
        names: ["Request", "要望"],
        others: &[],
    },
    Word {
        value: IssueType::Other,
        id: NO_ID,
        names: ["Other", "その他"],
        others: &["others"],
    },
];

impl IssueType {
    /// Its names in English and Japanese.
    pub fn names(self) -> [&'static str; 2] {
        match self {
            Self::Task => WORDS[0].names,
            Self::Bug => WORDS[1].names,
            Self::Request => WORDS[2].names,
            Self::Other => WORDS[3].names,
        }
    }
}

/// Finds the built-in issue type that a text names.
pub fn builtin(text: &str) -> Option<IssueType> {
    word::find(&WORDS, text)
}

/// Returns the names of the same built-in issue type in both languages: extra
/// [words](crate::matching::Candidate::words) for a project's issue type of one of them.
pub fn synonyms(name: &str) -> &'static [&'static str] {
    let mut words = WORDS.iter();
    let kind = builtin(name);
    let word = words.find(|word| Some(word.value) == kind);
    word.map_or(&[], |word| word.names.as_slice())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_its_synonyms() {
        assert_eq!(synonyms("バグ"), ["Bug", "バグ"]);
        assert_eq!(synonyms("ﾀｽｸ"), ["Task", "タスク"]);
        assert_eq!(synonyms("Incident"), [""; 0]);
        for word in &WORDS {
            assert_eq!(synonyms(word.names[0]), word.value.names());
        }
    }
}
