//! Custom texts of the operator for tools, inputs and errors.
//!
//! | from | for the key `TOOL_GET_ISSUE_DESCRIPTION` |
//! |---|---|
//! | the environment | `BACKLOG_MCP_TOOL_GET_ISSUE_DESCRIPTION` |
//! | a file in the home directory | an entry of that name |
//!
//! The environment takes precedence. An empty text keeps the built-in one. An invalid entry or file
//! is logged and ignored, because a stray comma must not disable the tools.

use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    path::Path,
};

use serde_json::Value;

use super::Environment;
use crate::calls::descriptions::Descriptions;

const VARIABLE: &str = "BACKLOG_MCP_";
/// Only the first file that exists is read. The one without an extension is YAML, and therefore may
/// also be JSON.
const FILES: [&str; 4] = [
    ".backlog-mcp-serverrc",
    ".backlog-mcp-serverrc.json",
    ".backlog-mcp-serverrc.yaml",
    ".backlog-mcp-serverrc.yml",
];

/// Why a file cannot be used.
#[derive(Debug, thiserror::Error)]
enum Unreadable {
    #[error("{0}")]
    File(#[from] io::Error),
    #[error("{0}")]
    Json(#[from] serde_json::Error),
    #[error("{0}")]
    Yaml(#[from] serde_saphyr::Error),
    #[error("expected a map of keys to texts")]
    NoMap,
}

/// The texts from the environment and the home directory.
pub fn descriptions(environment: &Environment) -> Descriptions {
    let known = Descriptions::keys();
    let mut texts = environment
        .home()
        .and_then(|home| {
            FILES
                .iter()
                .map(|name| home.join(name))
                .find(|file| exists(file))
        })
        .map(|file| from_file(&file, &known))
        .unwrap_or_default();
    for key in &known {
        if let Some(text) = environment.get(&format!("{VARIABLE}{key}")) {
            texts.insert(key.clone(), text.to_owned());
        }
    }
    Descriptions::new(texts)
}

/// Whether the file exists, also if its metadata may not be read.
fn exists(file: &Path) -> bool {
    file.try_exists().unwrap_or(true)
}

fn from_file(file: &Path, known: &BTreeSet<String>) -> BTreeMap<String, String> {
    let entries = match read(file) {
        Ok(entries) => entries,
        Err(error) => {
            tracing::error!(
                file = %file.display(),
                %error,
                "could not read the descriptions; ignored"
            );
            return BTreeMap::new();
        }
    };
    let (texts, others): (Vec<_>, Vec<_>) = entries
        .into_iter()
        .partition(|(_, value)| value.is_string());
    let unknown: Vec<_> = texts
        .iter()
        .map(|(key, _)| key.as_str())
        .filter(|key| !known.contains(*key))
        .collect();
    if !unknown.is_empty() {
        tracing::warn!(
            file = %file.display(),
            keys = unknown.join(", "),
            "unknown description keys; run --export-descriptions to list the valid ones"
        );
    }
    if !others.is_empty() {
        let keys: Vec<_> = others.into_iter().map(|(key, _)| key).collect();
        tracing::warn!(
            file = %file.display(),
            keys = keys.join(", "),
            "description keys without a text value; ignored"
        );
    }
    texts
        .into_iter()
        .filter_map(|(key, value)| match value {
            Value::String(text) => Some((key, text)),
            _ => None,
        })
        .collect()
}

fn read(file: &Path) -> Result<BTreeMap<String, Value>, Unreadable> {
    let text = std::fs::read_to_string(file)?;
    if text.trim().is_empty() {
        return Ok(BTreeMap::new());
    }
    let value: Value = match file.extension() {
        Some(ending) if ending == "json" => serde_json::from_str(&text)?,
        _ => serde_saphyr::from_str(&text)?,
    };
    match value {
        Value::Object(entries) => Ok(entries.into_iter().collect()),
        _ => Err(Unreadable::NoMap),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ISSUE: &str = "TOOL_GET_ISSUE_DESCRIPTION";
    const PROJECT: &str = "TOOL_GET_PROJECT_DESCRIPTION";
    const SPACE: &str = "TOOL_GET_SPACE_DESCRIPTION";

    /// The texts with the given files in the home directory.
    fn with(files: &[(&str, &str)], variables: &[(&str, &str)]) -> BTreeMap<String, String> {
        let home = tempfile::tempdir().unwrap();
        for (name, text) in files {
            std::fs::write(home.path().join(name), text).unwrap();
        }
        let variables = variables
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let environment = Environment::new(variables, Some(home.path().to_owned()));
        descriptions(&environment).resolved()
    }

    #[test]
    fn every_form_of_the_file_is_read() {
        let json = format!(r#"{{"{ISSUE}": "One issue."}}"#);
        let yaml = format!("# ours\n{ISSUE}: >-\n  One\n  issue.\n");
        for (name, text) in [
            (FILES[0], &json),
            (FILES[0], &yaml),
            (FILES[1], &json),
            (FILES[2], &yaml),
            (FILES[3], &yaml),
            (FILES[3], &json),
        ] {
            assert_eq!(
                with(&[(name, text)], &[])[ISSUE],
                "One issue.",
                "{name}: {text}"
            );
        }
    }

    #[test]
    fn the_first_file_that_exists_is_the_only_one() {
        let files = FILES.map(|name| (name, format!("{{\"{ISSUE}\": \"{name}\"}}")));
        for first in 0..files.len() {
            let files: Vec<_> = files[first..]
                .iter()
                .map(|(name, text)| (*name, text.as_str()))
                .collect();
            assert_eq!(with(&files, &[])[ISSUE], FILES[first]);
        }
    }

    #[test]
    fn the_environment_beats_the_file_which_beats_what_is_built_in() {
        let built_in = with(&[], &[]);
        let file = format!(r#"{{"{ISSUE}": "file", "{PROJECT}": "file", "{SPACE}": " "}}"#);
        let texts = with(
            &[(FILES[1], &file)],
            &[
                ("BACKLOG_MCP_TOOL_GET_ISSUE_DESCRIPTION", "environment"),
                ("BACKLOG_MCP_TOOL_GET_PROJECT_DESCRIPTION", ""),
                ("backlog_mcp_tool_get_space_description", "no"),
            ],
        );
        assert_eq!(texts[ISSUE], "environment");
        assert_eq!(texts[PROJECT], "file");
        assert_eq!(texts[SPACE], built_in[SPACE]);
    }

    #[test]
    fn unusable_descriptions_are_ignored() {
        let built_in = with(&[], &[]);
        for (name, text) in [
            (FILES[1], format!("{{\"{ISSUE}\": \"x\",}}")),
            (FILES[2], format!("{ISSUE}: \"x")),
            (FILES[2], format!("- {ISSUE}\n")),
            (FILES[0], String::new()),
            (FILES[1], String::new()),
            (FILES[1], format!(r#"{{"{ISSUE}": 1}}"#)),
            (FILES[1], format!(r#"{{"{ISSUE}": ["x"]}}"#)),
            (
                FILES[1],
                r#"{"tool_get_issue_description": "x"}"#.to_owned(),
            ),
        ] {
            assert_eq!(with(&[(name, &text)], &[]), built_in, "{name}: {text}");
        }
        let mixed = format!(r#"{{"{ISSUE}": "x", "{PROJECT}": null, "NOBODYS": "y"}}"#);
        let texts = with(&[(FILES[1], &mixed)], &[]);
        assert_eq!(texts[ISSUE], "x");
        assert_eq!(texts[PROJECT], built_in[PROJECT]);
        assert_eq!(texts.len(), built_in.len());
    }
}
