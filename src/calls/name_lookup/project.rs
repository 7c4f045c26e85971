//! A project as a call identifies it: by its id, its key, or the key of an issue in it.

use std::fmt;

use super::entry::MAX_NAME;

/// A project as the call identifies it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Project {
    Id(i64),
    Key(String),
}

/// Writes it as in a path.
impl fmt::Display for Project {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(id) => write!(f, "{id}"),
            Self::Key(key) => f.write_str(key),
        }
    }
}

/// `HARBOR` of `HARBOR-12`
pub(super) fn prefix(issue_key: &str) -> Option<&str> {
    let (project, number) = issue_key.rsplit_once('-')?;
    let sign = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let is_key = !project.is_empty() && project.chars().all(sign);
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    (is_key && is_number && issue_key.len() <= MAX_NAME).then_some(project)
}

#[cfg(test)]
mod tests {
    use super::prefix;

    #[test]
    fn an_issue_key_begins_with_its_projects() {
        for (key, expected) in [
            ("HARBOR-12", Some("HARBOR")),
            ("A_B2-1", Some("A_B2")),
            ("HARBOR-", None),
            ("-1", None),
            ("HARBOR", None),
            ("A/B-1", None),
            ("A-B-1", None),
            ("12", None),
        ] {
            assert_eq!(prefix(key), expected, "{key}");
        }
    }
}
