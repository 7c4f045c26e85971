//! Files to attach.
//!
//! 1. Every file is read before anything is written: its text, its base64, or a file that is
//!    already in Backlog.
//! 2. It is uploaded; Backlog attaches an upload once, so each issue has uploads of its own.

use backlog_rendering::inline;
use backlog_words::{key, url, url::Page};
use base64::{Engine, engine::general_purpose::STANDARD};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use super::requests;
use crate::toolkit::{
    file::name::is_plain,
    work::{Operated, OperationError, Operations, WorkError},
};

/// The maximum number of files of a call.
const MAX_FILES: usize = 10;
/// The maximum size of a file in bytes, and of all files of a call.
const MAX_BYTES: usize = 3_000_000;
const FORMS: &str = "expected the URL of a shared file, an issue and the name of a file attached to \
    it such as PROJ-1/log.txt, or the id of an upload";

/// Text, base64 or from; for a local file create_upload_link (find_tools)
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
pub(crate) struct FileInput {
    /// log.txt
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base64: Option<String>,
    /// A file in Backlog: its URL, or PROJ-1/log.txt; or the id of an upload
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
}

/// A file that can be attached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum File {
    Content { name: String, base64: String },
    Uploaded(i64),
}

impl File {
    /// Uploads it, unless it is uploaded; returns the id of the upload.
    pub(crate) async fn upload(&self, operations: &dyn Operations) -> Result<i64, OperationError> {
        match self {
            Self::Uploaded(id) => Ok(*id),
            Self::Content { name, base64 } => {
                let arguments = json!({"filename": name, "content": base64});
                let uploaded = operations.run("upload_attachment", arguments).await?;
                Ok(uploaded.value["id"].as_i64().unwrap_or_default())
            }
        }
    }
}

/// Reads the files of a call. `near` are the issues that a URL without an issue may be of.
///
/// # Errors
/// A file has no content, is too large, or is not found.
pub(crate) async fn read(
    operations: &dyn Operations,
    inputs: &[FileInput],
    host: &str,
    near: &[String],
) -> Result<Vec<File>, WorkError> {
    if inputs.len() > MAX_FILES {
        let reason = format!(
            "files: expected at most {MAX_FILES}, received {}",
            inputs.len()
        );
        return Err(WorkError::Arguments(reason));
    }
    let mut files = Vec::with_capacity(inputs.len());
    let mut bytes = 0;
    for (place, input) in inputs.iter().enumerate() {
        let source = Source {
            operations,
            at: format!("files[{place}]"),
            host,
            near,
        };
        let file = source.read(input).await?;
        if let File::Content { base64, .. } = &file {
            bytes += base64.len() / 4 * 3;
        }
        if bytes > MAX_BYTES + 2 {
            return Err(source.invalid("is larger than 3 MB, alone or with the files before it"));
        }
        files.push(file);
    }
    Ok(files)
}

/// Where a file is read.
struct Source<'a> {
    operations: &'a dyn Operations,
    at: String,
    host: &'a str,
    near: &'a [String],
}

impl Source<'_> {
    fn invalid(&self, reason: impl std::fmt::Display) -> WorkError {
        WorkError::Arguments(format!("{}: {reason}", self.at))
    }

    async fn read(&self, input: &FileInput) -> Result<File, WorkError> {
        let named = |base64| {
            let name = input
                .name
                .clone()
                .ok_or_else(|| self.invalid("name is required, such as log.txt"))?;
            match is_plain(&name) {
                true => Ok(File::Content { name, base64 }),
                false => Err(self.invalid("name: expected a name without directories")),
            }
        };
        match (&input.text, &input.base64, &input.from) {
            (Some(text), None, None) => named(STANDARD.encode(text)),
            (None, Some(encoded), None) => {
                // Encoders wrap lines, and some clients give a data URL.
                let encoded: String = encoded.split_ascii_whitespace().collect();
                let encoded = match encoded.split_once(";base64,") {
                    Some((start, content)) if start.starts_with("data:") => content.to_owned(),
                    _ => encoded,
                };
                if STANDARD.decode(&encoded).is_err() {
                    return Err(self.invalid("base64: is not base64"));
                }
                named(encoded)
            }
            (None, None, Some(from)) => self.from(from, input.name.as_deref()).await,
            (None, None, None) => Err(self.invalid("give text, base64 or from")),
            _ => Err(self.invalid("give one of text, base64 and from")),
        }
    }

    /// Reads a file that is in Backlog.
    async fn from(&self, from: &str, name: Option<&str>) -> Result<File, WorkError> {
        let file = match url::read(from, self.host) {
            Some(Ok(Page::SharedPath { project, path })) => self.shared(&project, &path).await?,
            Some(Ok(Page::SharedFile {
                project: Some(project),
                id,
            })) => {
                let arguments = json!({"projectKey": project, "sharedFileId": id});
                self.download("get_shared_file", arguments).await?
            }
            Some(Ok(Page::IssueAttachment(id))) => self.attached(id).await?,
            Some(Ok(page)) => {
                let what = page.what();
                return Err(self.invalid(format!("from: the URL is of {what}; {FORMS}")));
            }
            Some(Err(error)) => return Err(self.invalid(format!("from: {error}"))),
            None => match (from.trim().parse::<i64>(), Uuid::parse_str(from.trim())) {
                (Ok(id), _) if id > 0 => return Ok(File::Uploaded(id)),
                (_, Ok(_)) => {
                    let file = self.operations.uploaded(from).await?;
                    return Ok(File::Uploaded(file.attachment_id));
                }
                _ => self.of_issue(from).await?,
            },
        };
        Ok(match (file, name) {
            (File::Content { base64, .. }, Some(name)) => File::Content {
                name: name.to_owned(),
                base64,
            },
            (file, _) => file,
        })
    }

    /// Reads `PROJ-1/log.txt`.
    async fn of_issue(&self, from: &str) -> Result<File, WorkError> {
        let parted = from.split_once('/');
        let parted = parted.and_then(|(issue, name)| Some((key::issue(issue).ok()?, name.trim())));
        let Some((issue, name)) = parted else {
            return Err(self.invalid(format!("from: {FORMS}, received {from:?}")));
        };
        let issue = issue.to_string();
        let files = self.attachments(&issue).await?;
        let found = files.iter().rfind(|file| file["name"] == name);
        let Some(id) = found.and_then(|file| file["id"].as_i64()) else {
            let names: Vec<_> = files
                .iter()
                .filter_map(|file| file["name"].as_str())
                .map(inline::line)
                .collect();
            let names = match names.as_slice() {
                [] => "it has no files".to_owned(),
                names => format!("available: {}", names.join(", ")),
            };
            return Err(self.invalid(format!("from: {issue} has no file {name:?}; {names}")));
        };
        self.download_attachment(&issue, id).await
    }

    /// Reads an attachment by its id alone, if an issue of the call has it.
    async fn attached(&self, id: i64) -> Result<File, WorkError> {
        requests::check(self.operations, self.near.len()).await?;
        for issue in self.near {
            let files = self.attachments(issue).await?;
            if files.iter().any(|file| file["id"] == id) {
                return self.download_attachment(issue, id).await;
            }
        }
        Err(self.invalid(
            "from: the URL does not say which issue the file is attached to; give the issue and \
             the name of the file, such as PROJ-1/log.txt",
        ))
    }

    async fn attachments(&self, issue: &str) -> Result<Vec<Value>, WorkError> {
        let arguments = json!({"issueKey": issue});
        let found = self
            .operations
            .run("get_issue_attachments", arguments)
            .await;
        match found {
            Ok(Operated {
                value: Value::Array(files),
                ..
            }) => Ok(files),
            Ok(_) => Ok(Vec::new()),
            Err(error) if error.is_not_found() => Err(self.invalid(format!(
                "from: {issue} does not exist, or this user cannot see it"
            ))),
            Err(error) => Err(error.into()),
        }
    }

    async fn download_attachment(&self, issue: &str, id: i64) -> Result<File, WorkError> {
        let arguments = json!({"issueKey": issue, "attachmentId": id});
        self.download("get_issue_attachment", arguments).await
    }

    async fn shared(&self, project: &str, path: &str) -> Result<File, WorkError> {
        let (directory, name) = path.rsplit_once('/').unwrap_or(("", path));
        let mut arguments = json!({"projectKey": project});
        if !directory.is_empty() {
            arguments["path"] = directory.into();
        }
        let files = self
            .operations
            .run("get_shared_files", arguments)
            .await?
            .value;
        let mut files = files.as_array().into_iter().flatten();
        let file = files.find(|file| file["name"] == name && file["type"] != "directory");
        let id = file.and_then(|file| file["id"].as_i64());
        let id =
            id.ok_or_else(|| self.invalid(format!("from: {project} has no shared file {path:?}")))?;
        let arguments = json!({"projectKey": project, "sharedFileId": id});
        self.download("get_shared_file", arguments).await
    }

    async fn download(&self, tool: &'static str, mut arguments: Value) -> Result<File, WorkError> {
        arguments["format"] = "base64".into();
        arguments["maxBytes"] = MAX_BYTES.into();
        let found = self.operations.run(tool, arguments).await?;
        let text = found.content.first().and_then(|block| block.as_text());
        let file: Value = text
            .and_then(|text| serde_json::from_str(&text.text).ok())
            .unwrap_or_default();
        match (file["filename"].as_str(), file["content"].as_str()) {
            (Some(name), Some(base64)) => Ok(File::Content {
                name: name.to_owned(),
                base64: base64.to_owned(),
            }),
            _ => Err(self.invalid("from: the file cannot be read; it may be larger than 3 MB")),
        }
    }
}
