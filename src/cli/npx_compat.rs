//! Drops the leading arguments that were meant for npx or Node. A configuration of
//! backlog-mcp-server starts it with one of them; if only its `command` is replaced, the arguments
//! still begin with the package or script.

use std::ffi::OsString;

const PACKAGE: &str = "backlog-mcp-server";
const SCRIPT: &str = "index.js";

/// The command line, including the program's name, without those arguments.
pub(super) fn without(mut words: Vec<OsString>) -> Vec<OsString> {
    let agreed = |word: &&OsString| *word == "-y" || *word == "--yes";
    let agreed = words.iter().skip(1).take_while(agreed).count();
    let started = words.get(1 + agreed).and_then(|word| word.to_str());
    if started.is_some_and(|word| is_package(word) || is_script(word)) {
        words.drain(1..=1 + agreed);
    }
    words
}

/// `backlog-mcp-server`, with or without a version, or its repository.
fn is_package(word: &str) -> bool {
    let name = word.rsplit('/').next().unwrap_or_default();
    let name = name.split(['@', '#']).next().unwrap_or_default();
    name == PACKAGE
}

/// `…/build/index.js`.
fn is_script(word: &str) -> bool {
    word.rsplit(['/', '\\']).next() == Some(SCRIPT)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn left(words: &[&str]) -> Vec<String> {
        let words = ["hub"].iter().chain(words).map(OsString::from).collect();
        let left = without(words).into_iter().skip(1);
        left.map(|word| word.into_string().expect("text")).collect()
    }

    #[test]
    fn the_words_of_npx_and_node_are_dropped() {
        for launched in [
            &["backlog-mcp-server"][..],
            &["-y", "backlog-mcp-server"],
            &["--yes", "backlog-mcp-server@latest"],
            &["backlog-mcp-server@0.20.4"],
            &["github:nulab/backlog-mcp-server"],
            &["github:nulab/backlog-mcp-server#main"],
            &["your-repository-location/build/index.js"],
            &["/opt/backlog-mcp-server/build/index.js"],
            &["index.js"],
        ] {
            assert!(left(launched).is_empty(), "{launched:?}");
            let with_flags = [launched, &["--transport", "http"]].concat();
            assert_eq!(left(&with_flags), ["--transport", "http"], "{launched:?}");
        }
    }

    #[test]
    fn everything_else_stays() {
        for ours in [
            &[][..],
            &["-y"],
            &["--yes", "serve"],
            &["serve"],
            &["--prefix", "backlog-mcp-server"],
            &["space", "add", "backlog-mcp-server"],
            &["another-mcp-server"],
            &["build/index.json"],
        ] {
            assert_eq!(left(ours), ours);
        }
    }
}
