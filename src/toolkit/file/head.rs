//! The facts about a file in the headers of its response.

use backlog_client::announced;
use reqwest::header::{CONTENT_DISPOSITION, CONTENT_TYPE, HeaderMap, HeaderName};
use serde_json::{Value, json};

use super::{name, place::Place};

const BYTES: &str = "application/octet-stream";

/// The facts from the response headers of a file.
pub(super) struct Head {
    pub name: Option<String>,
    /// The full path, if the name was sent with one.
    pub path: Option<String>,
    /// The declared type without parameters, such as `text/plain`.
    pub content_type: String,
    pub charset: Option<String>,
    pub size: Option<u64>,
    stem: String,
    /// The number of hidden characters removed from the name and the path.
    pub removed: usize,
}

impl Head {
    pub(super) fn of(headers: &HeaderMap, place: &Place) -> Self {
        let disposition = headers.get(CONTENT_DISPOSITION);
        let name = disposition.and_then(|value| name::of(value.as_bytes()));
        let (name, path, removed) = match name {
            Some(it) => (Some(it.name), it.path, it.removed),
            None => (None, None, 0),
        };
        let said = header(headers, CONTENT_TYPE).unwrap_or_default();
        let mut parameters = said.split(';').map(str::trim);
        let essence = parameters.next().unwrap_or_default().to_ascii_lowercase();
        let charset = parameters.find_map(|parameter| {
            let (key, value) = parameter.split_once('=')?;
            let value = value.trim().trim_matches('"');
            key.trim()
                .eq_ignore_ascii_case("charset")
                .then(|| value.to_owned())
        });
        Self {
            name,
            path,
            content_type: match essence {
                essence if essence.is_empty() => BYTES.to_owned(),
                essence => essence,
            },
            charset,
            size: announced(headers),
            stem: place.stem(),
            removed,
        }
    }

    pub(super) fn name(&self, content_type: &str) -> String {
        let made_up = || name::made_up(&self.stem, content_type);
        self.name.clone().unwrap_or_else(made_up)
    }

    pub(super) fn facts(&self, content_type: &str, size: Option<u64>) -> Value {
        let mut facts = json!({
            "filename": self.name(content_type),
            "contentType": content_type,
        });
        if let Some(size) = size {
            facts["size"] = size.into();
        }
        facts
    }

    /// The declared type, unless it claims an image that the bytes are not.
    pub(super) fn declared_type(&self) -> &str {
        match self.content_type.as_str() {
            "image/png" | "image/jpeg" | "image/gif" | "image/webp" => BYTES,
            declared => declared,
        }
    }

    /// The declared type, unless it cannot be that of a text.
    pub(super) fn text_type(&self) -> &str {
        let declared = self.declared_type();
        let (kind, _) = declared.split_once('/').unwrap_or_default();
        let is_other = matches!(kind, "audio" | "font" | "image" | "video")
            || matches!(declared, BYTES | "application/pdf" | "application/zip");
        match is_other && !is_text_type(declared) {
            true => "text/plain",
            false => declared,
        }
    }

    /// Whether the declared type is that of a text.
    pub(super) fn is_text(&self) -> bool {
        is_text_type(&self.content_type)
    }

    /// The type of an archive: the declared one, unless it is that of something else.
    pub(super) fn archive_type(&self) -> &str {
        let declared = self.declared_type();
        let is_archive =
            declared.starts_with("application/") && declared != BYTES && !is_text_type(declared);
        match is_archive {
            true => declared,
            false => "application/zip",
        }
    }
}

fn is_text_type(content_type: &str) -> bool {
    content_type.starts_with("text/")
        || content_type.ends_with("+json")
        || content_type.ends_with("+xml")
        || matches!(
            content_type,
            "application/json"
                | "application/xml"
                | "application/javascript"
                | "application/sql"
                | "application/toml"
                | "application/yaml"
        )
}

fn header(headers: &HeaderMap, name: HeaderName) -> Option<String> {
    let value = headers.get(name)?.as_bytes();
    Some(String::from_utf8_lossy(value).into_owned())
}
