//! Uploads a file for other tools to attach.

use backlog_client::{InputError, Method, Request, Segment, Upload};
use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::toolkit::{
    attempt::Backlog,
    error::ToolError,
    file::{LARGEST_UPLOAD, name::is_plain},
    outcome::Outcome,
    project_binding::ProjectBinding,
    rest::Rest,
    tool::{Effect, Tool},
    toolset::Toolset,
};

/// The fields of an attached file.
pub(super) const ATTACHMENT_FIELDS: &[&str] = &["id", "name", "size", "createdUser", "created"];

/// Uploads a file and returns its id. To attach the file, pass the id as attachmentId to add_issue,
/// update_issue, add_issue_comment, add_pull_request, add_pull_request_comment or
/// add_wiki_attachments.
#[derive(Deserialize, JsonSchema)]
pub(super) struct UploadAttachment {
    /// Such as log.txt; the extension sets the type
    filename: String,
    /// Content of a text file; or give content
    text: Option<String>,
    /// Base64, up to 3 MB decoded; or give text
    content: Option<String>,
}

impl Tool for UploadAttachment {
    const NAME: &'static str = "upload_attachment";
    const TITLE: &'static str = "Upload attachment";
    const EFFECT: Effect = Effect::of(Method::Post);
    // An uploaded file belongs to no project until another tool attaches it.
    const PROJECTS: ProjectBinding = ProjectBinding::SpaceWide;
    const REST: Rest = Rest::SHORT;
    // The tools of these sets accept its ids.
    const ALSO_IN: &'static [Toolset] = &[Toolset::Issue, Toolset::Git];

    async fn run(self, backlog: &Backlog<'_>) -> Result<Outcome, ToolError> {
        let upload = self.into_upload()?;
        let path = ["space", "attachment"].map(Segment::fixed);
        let request = Request::upload(path, upload);
        backlog.fetch(request).await.map(Outcome::Json)
    }
}

impl UploadAttachment {
    fn into_upload(self) -> Result<Upload, InputError> {
        let invalid = |argument: &str, reason| InputError::Invalid {
            argument: argument.to_owned(),
            reason,
        };
        let name = self.filename;
        if !is_plain(&name) {
            return Err(invalid("filename", "expected a name without directories"));
        }
        let (argument, bytes) = match (self.text, self.content) {
            (Some(text), Some(encoded)) if !text.is_empty() && !encoded.is_empty() => {
                return Err(invalid("text", "give either text or content, not both"));
            }
            // Some clients fill in every input, so an empty one next to the other is ignored.
            (Some(text), encoded) if encoded.as_ref().is_none_or(String::is_empty) => {
                ("text", text.into_bytes())
            }
            (_, Some(encoded)) => {
                // Encoders wrap lines.
                let encoded: String = encoded.split_ascii_whitespace().collect();
                let bytes = STANDARD.decode(encoded);
                (
                    "content",
                    bytes.map_err(|_| invalid("content", "is not base64"))?,
                )
            }
            (_, None) => return Err(invalid("text", "give text or content")),
        };
        if bytes.len() > LARGEST_UPLOAD {
            return Err(invalid(
                argument,
                "is larger than 3 MB; upload it in Backlog",
            ));
        }
        Ok(Upload {
            name,
            bytes: Bytes::from(bytes),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(filename: &str, text: Option<&str>, content: Option<&str>) -> Result<Bytes, String> {
        let input = UploadAttachment {
            filename: filename.to_owned(),
            text: text.map(str::to_owned),
            content: content.map(str::to_owned),
        };
        let upload = input.into_upload().map_err(|error| error.to_string())?;
        assert_eq!(upload.name, filename);
        Ok(upload.bytes)
    }

    #[test]
    fn a_file_is_read_from_text_or_base64() {
        assert_eq!(read("図 1.txt", Some("潮\n"), None).unwrap(), "潮\n");
        assert_eq!(read("a", Some(""), None).unwrap(), "");
        assert_eq!(read("a", None, Some("")).unwrap(), "");
        assert_eq!(read("a.gif", None, Some("R0lG\nODlh")).unwrap(), "GIF89a");
        assert_eq!(read("a", Some("hello"), Some("")).unwrap(), "hello");
        assert_eq!(read("a.gif", Some(""), Some("R0lGODlh")).unwrap(), "GIF89a");
        assert_eq!(read("a", Some(""), Some("")).unwrap(), "");
    }

    #[test]
    fn an_invalid_file_is_rejected() {
        let large = "a".repeat(LARGEST_UPLOAD + 1);
        for (filename, text, content, expected) in [
            ("", Some("a"), None, "filename"),
            ("..", Some("a"), None, "filename"),
            ("../a", Some("a"), None, "filename"),
            ("a\\b", Some("a"), None, "filename"),
            ("a\r\nb", Some("a"), None, "filename"),
            ("a", None, None, "text: give text or content"),
            (
                "a",
                Some("a"),
                Some("YQ=="),
                "text: give either text or content, not both",
            ),
            ("a", None, Some("%"), "content: is not base64"),
            ("a", Some(&large), None, "text: is larger than 3 MB"),
        ] {
            let error = read(filename, text, content).unwrap_err();
            assert!(error.contains(expected), "{error}");
        }
    }
}
