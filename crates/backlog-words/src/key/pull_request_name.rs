//! Reads the name of a pull request.

use std::fmt;

use super::{bare::bare, project_key::is_project};
use crate::{
    error::Unexpected,
    text::{clean, digits},
};

const EXPECTED: &str = "a pull request such as PROJ/repository#3";

/// A pull request.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PullRequest {
    /// The key of its project.
    pub project: String,
    /// The name of its repository.
    pub repository: String,
    /// Its number in the repository.
    pub number: i64,
}

/// `PROJ/repository#3`
impl fmt::Display for PullRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}#{}", self.project, self.repository, self.number)
    }
}

/// Reads a pull request: `PROJ/repository#3`, `proj/repository/3`,
/// `PROJ/repository/pullRequests/3`.
///
/// # Errors
/// The text names no pull request.
pub fn pull_request(text: &str) -> Result<PullRequest, Unexpected> {
    let found = clean(text).and_then(|text| pull_request_of(bare(&text)));
    found.ok_or_else(|| Unexpected::new(EXPECTED, text))
}

/// Whether a text is the name of a repository.
pub(crate) fn is_repository(name: &str) -> bool {
    let sign = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    !matches!(name, "" | "." | "..") && name.len() <= 256 && name.bytes().all(sign)
}

fn pull_request_of(text: &str) -> Option<PullRequest> {
    let (project, rest) = text.split_once('/')?;
    let (repository, number) = rest.split_once(['#', '/'])?;
    let number = number.strip_prefix("pullRequests/").unwrap_or(number);
    let number = digits(number.trim_start_matches('#'));
    let project = project.trim().to_ascii_uppercase();
    let repository = repository.trim();
    let is_whole = is_project(&project) && is_repository(repository);
    Some(PullRequest {
        project,
        repository: repository.to_owned(),
        number: number.filter(|number| is_whole && *number > 0)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pull_request_has_a_repository() {
        for text in [
            "PROJ/repo#3",
            "proj/repo#3",
            "PROJ/repo/3",
            "PROJ/repo/pullRequests/3",
        ] {
            assert_eq!(
                pull_request(text).unwrap().to_string(),
                "PROJ/repo#3",
                "{text}"
            );
        }
        for text in [
            "PROJ#3",
            "PROJ/repo",
            "PROJ/repo#0",
            "PROJ/../3",
            "港/repo#3",
            "repo#3",
        ] {
            assert!(pull_request(text).is_err(), "{text}");
        }
    }
}
