//! A file from Backlog as MCP content.
//!
//! 1. The name comes from `Content-Disposition`, without anything that is a path.
//! 2. Backlog derives the type from the name, so the first bytes decide whether it
//!    is an image; one that is not what it says becomes mere bytes.
//! 3. Images that models see are image content; texts and other bytes are an
//!    embedded resource, under a URI that names the file but cannot be fetched.

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use reqwest::header::{CONTENT_DISPOSITION, CONTENT_TYPE, HeaderMap, HeaderName};
use rmcp::model::{ContentBlock, ResourceContents};
use serde_json::{Value, json};

use super::{
    failure::ToolError,
    tool::{Backlog, Outcome},
};
use crate::backlog::{BacklogError, BacklogUrl, Request, Response, Segment};

const BYTES: &str = "application/octet-stream";

/// Largest file that is taken, in bytes: base64 makes it 4 MB, about what a request may have.
pub(super) const LARGEST_UPLOAD: usize = 3_000_000;

pub(super) struct File {
    pub name: String,
    /// Without parameters, such as `text/plain`.
    pub content_type: String,
    pub bytes: Bytes,
}

impl File {
    /// The file in an answer; `fallback` is its name if the answer gives none.
    pub fn of(answer: &Response, fallback: &str) -> Self {
        Self {
            name: name(&answer.headers).unwrap_or_else(|| fallback.to_owned()),
            content_type: content_type(&answer.headers, &answer.body),
            bytes: answer.body.clone(),
        }
    }

    /// Asks for a file of at most `max_bytes`. Without a name of its own, it has one of the last
    /// part of the request's path.
    ///
    /// # Errors
    /// [`ToolError::FileTooLarge`], and whatever else goes wrong with the request.
    pub async fn fetch(
        backlog: &Backlog<'_>,
        request: Request,
        max_bytes: usize,
    ) -> Result<Self, ToolError> {
        let last = request.path.last().map(Segment::as_str);
        let fallback = format!("attachment-{}", last.unwrap_or_default());
        let answer = backlog.send(request.file(max_bytes)).await;
        let answer = answer.map_err(|error| match error {
            ToolError::Backlog {
                error: BacklogError::TooLarge { .. },
                ..
            } => ToolError::FileTooLarge { max_bytes },
            error => error,
        })?;
        Ok(Self::of(&answer, &fallback))
    }

    /// What it is, for the assistant, and itself.
    pub fn with_facts(&self, facts: &Value, space: &BacklogUrl, place: &[&str]) -> Outcome {
        Outcome::Content(vec![
            ContentBlock::text(format!("{facts:#}")),
            self.as_content(space, place),
        ])
    }

    /// Its name, type and size.
    pub fn facts(&self) -> Value {
        json!({
            "filename": self.name,
            "contentType": self.content_type,
            "size": self.bytes.len(),
        })
    }

    /// An image, or a resource at `place` in the space.
    pub fn as_content(&self, space: &BacklogUrl, place: &[&str]) -> ContentBlock {
        if is_image(&self.content_type) {
            return ContentBlock::image(STANDARD.encode(&self.bytes), self.content_type.as_str());
        }
        let uri = uri(space, place, &self.name);
        let text = is_text(&self.content_type)
            .then(|| std::str::from_utf8(&self.bytes).ok())
            .flatten();
        let resource = match text {
            Some(text) => ResourceContents::text(text, uri),
            None => ResourceContents::blob(STANDARD.encode(&self.bytes), uri),
        };
        ContentBlock::resource(resource.with_mime_type(self.content_type.as_str()))
    }

    /// One text with everything, for programs.
    pub fn as_json(&self) -> ContentBlock {
        let mut file = self.facts();
        file["content"] = STANDARD.encode(&self.bytes).into();
        ContentBlock::text(format!("{file:#}"))
    }
}

fn content_type(headers: &HeaderMap, bytes: &[u8]) -> String {
    if let Some(image) = image(bytes) {
        return image.to_owned();
    }
    let said = header(headers, CONTENT_TYPE).unwrap_or_default();
    let essence = said.split(';').next().unwrap_or_default().trim();
    match essence.to_ascii_lowercase() {
        essence if essence.is_empty() || is_image(&essence) => BYTES.to_owned(),
        essence => essence,
    }
}

/// The type of an image that models see, by its first bytes.
fn image(bytes: &[u8]) -> Option<&'static str> {
    Some(match bytes {
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => "image/png",
        [0xff, 0xd8, 0xff, ..] => "image/jpeg",
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => "image/gif",
        [
            b'R',
            b'I',
            b'F',
            b'F',
            _,
            _,
            _,
            _,
            b'W',
            b'E',
            b'B',
            b'P',
            ..,
        ] => "image/webp",
        _ => return None,
    })
}

fn is_image(content_type: &str) -> bool {
    matches!(
        content_type,
        "image/png" | "image/jpeg" | "image/gif" | "image/webp"
    )
}

fn is_text(content_type: &str) -> bool {
    content_type.starts_with("text/")
        || content_type.ends_with("+json")
        || content_type.ends_with("+xml")
        || matches!(content_type, "application/json" | "application/xml")
}

fn header(headers: &HeaderMap, name: HeaderName) -> Option<String> {
    let value = headers.get(name)?.as_bytes();
    Some(String::from_utf8_lossy(value).into_owned())
}

/// `filename*=UTF-8''…` before `filename="…"` (RFC 6266), the last part of a path.
fn name(headers: &HeaderMap) -> Option<String> {
    let disposition = header(headers, CONTENT_DISPOSITION)?;
    let extended = parameter(&disposition, "filename*").and_then(|value| {
        let (_charset, rest) = value.split_once('\'')?;
        let (_language, encoded) = rest.split_once('\'')?;
        Some(percent_decode_str(encoded).decode_utf8().ok()?.into_owned())
    });
    let name = extended.or_else(|| parameter(&disposition, "filename"))?;
    let name: String = name
        .rsplit(['/', '\\'])
        .next()
        .unwrap_or_default()
        .chars()
        .filter(|character| !character.is_control())
        .collect();
    (!matches!(name.trim(), "" | "." | "..")).then_some(name)
}

/// A parameter of `Content-Disposition`, quoted or bare.
fn parameter(disposition: &str, name: &str) -> Option<String> {
    disposition.split(';').skip(1).find_map(|parameter| {
        let (key, value) = parameter.split_once('=')?;
        let value = value.trim();
        let bare = value
            .strip_prefix('"')
            .and_then(|value| value.strip_suffix('"'));
        key.trim()
            .eq_ignore_ascii_case(name)
            .then(|| bare.unwrap_or(value).to_owned())
    })
}

/// `backlog://attachments/HOST/issues/A-1/attachments/5/NAME`.
fn uri(space: &BacklogUrl, place: &[&str], name: &str) -> String {
    const KEEP: &AsciiSet = &NON_ALPHANUMERIC
        .remove(b'-')
        .remove(b'_')
        .remove(b'.')
        .remove(b'~');
    let host = space.as_str().split("://").last().unwrap_or_default();
    let mut uri = format!("backlog://attachments/{host}");
    for part in place.iter().chain([&name]) {
        uri.push('/');
        uri.extend(utf8_percent_encode(part, KEEP));
    }
    uri
}

#[cfg(test)]
mod tests {
    use reqwest::StatusCode;
    use reqwest::header::HeaderValue;

    use super::*;

    fn file(content_type: &str, disposition: &str, body: &'static [u8]) -> File {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            (CONTENT_TYPE, content_type),
            (CONTENT_DISPOSITION, disposition),
        ] {
            headers.insert(name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        let answer = Response {
            status: StatusCode::OK,
            headers,
            body: Bytes::from_static(body),
        };
        File::of(&answer, "attachment-5")
    }

    #[test]
    fn the_name_is_a_name() {
        for (disposition, expected) in [
            ("attachment;filename*=UTF-8''%E5%9B%B3%20a.png", "図 a.png"),
            ("attachment; filename=\"a b.png\"", "a b.png"),
            ("attachment; filename=a.png", "a.png"),
            (
                "attachment; filename=\"old.png\"; filename*=utf-8'en'new.png",
                "new.png",
            ),
            ("attachment; filename=\"../../etc/passwd\"", "passwd"),
            ("attachment; filename=\"C:\\x\\a.png\"", "a.png"),
            ("attachment; filename*=UTF-8''a%0D%0Ab.png", "ab.png"),
            ("attachment; filename*=UTF-8''%ff", "attachment-5"),
            ("attachment; filename=\"..\"", "attachment-5"),
            ("attachment", "attachment-5"),
        ] {
            assert_eq!(file("text/plain", disposition, b"").name, expected);
        }
    }

    #[test]
    fn the_first_bytes_say_what_is_an_image() {
        const PNG: &[u8] = b"\x89PNG\r\n\x1a\n...";
        for (said, bytes, expected) in [
            ("image/png", PNG, "image/png"),
            ("text/plain", PNG, "image/png"),
            ("image/png", b"<script>", BYTES),
            ("image/webp", b"RIFF1234WAVE", BYTES),
            ("", b"RIFF1234WEBP", "image/webp"),
            ("Text/Plain; charset=utf-8", b"a", "text/plain"),
            ("", b"a", BYTES),
            ("image/svg+xml", b"<svg/>", "image/svg+xml"),
        ] {
            assert_eq!(file(said, "attachment", bytes).content_type, expected);
        }
    }

    #[test]
    fn content_is_what_a_model_can_use() {
        let space = BacklogUrl::parse("https://acme.backlog.com").unwrap();
        let content = |said, bytes| {
            let file = file(said, "attachment; filename=\"a b.x\"", bytes);
            let content = file.as_content(&space, &["issues", "A-1", "attachments", "5"]);
            serde_json::to_value(content).unwrap()
        };
        let uri = "backlog://attachments/acme.backlog.com/issues/A-1/attachments/5/a%20b.x";
        assert_eq!(
            content("image/gif", b"GIF89a"),
            json!({"type": "image", "data": "R0lGODlh", "mimeType": "image/gif"})
        );
        assert_eq!(
            content("text/csv", b"a,b"),
            json!({"type": "resource", "resource": {"uri": uri, "mimeType": "text/csv", "text": "a,b"}})
        );
        for (said, bytes) in [("text/csv", &b"\xff"[..]), ("application/pdf", b"\xff")] {
            assert_eq!(
                content(said, bytes),
                json!({"type": "resource", "resource": {"uri": uri, "mimeType": said, "blob": "/w=="}})
            );
        }
    }
}
