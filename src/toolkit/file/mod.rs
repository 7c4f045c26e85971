//! Returns a file from Backlog as MCP content, for every tool that returns one.
//!
//! 1. The file is read up to a limit. For a larger one, only the headers are used.
//! 2. The [`name`] comes from `Content-Disposition`.
//! 3. The bytes decide the type, because Backlog derives the declared type from the name: the first
//!    bytes for an [`image`], all of them for a [`text`].
//! 4. An image is prepared for models and returned as image content; a text is returned as an
//!    embedded resource, as much of it as the response holds. Its URI names the file but cannot be
//!    fetched. Hidden characters are removed from the text and the name
//!    ([`hidden`](crate::toolkit::hidden)).
//! 5. For anything else, and for files that cannot be shown, the response has the facts and the
//!    page in Backlog that shows the file ([`place`]).
//! 6. The bytes are returned as base64 if the call asks for it ([`view`]).

mod image;
mod limits;
pub(crate) mod name;
mod place;
mod pool;
mod text;
mod view;

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use reqwest::header::{CONTENT_DISPOSITION, CONTENT_TYPE, HeaderMap, HeaderName};
use rmcp::model::{ContentBlock, ResourceContents};
use serde_json::{Value, json};

pub(crate) use self::limits::{FileLimits, LARGEST_UPLOAD};
pub use self::pool::MEMORY as IMAGE_MEMORY;
pub(crate) use self::view::{Format, MaxBytes, TextLength, TextOffset, View};
use super::{
    attempt::Backlog, error::ToolError, hidden, outcome::Outcome, text_part::Part, tokens::tokens,
};
use crate::backlog::{BacklogError, Request, Response, announced};
use image::{Picture, Unfit};
use place::Place;
use pool::Undone;
use text::{Declared, Decoded};

const BYTES: &str = "application/octet-stream";

/// A text of up to this many bytes is decoded inline; a larger one in the pool.
const DECODED_AT_ONCE: usize = 64 * 1024;

/// The part of the token budget that is reserved for notes about a text.
const FOR_NOTES: usize = 150;

/// Requests a file, and returns the part that the view asks for.
pub(crate) async fn show(
    backlog: &Backlog<'_>,
    request: Request,
    view: View,
) -> Result<Outcome, ToolError> {
    let limits = backlog.files;
    let place = Place::of(&request, backlog.access.url());
    let limit = view.largest(limits.max_tokens);
    let response = fetch(backlog, request, limit).await?;
    let (head, bytes) = match response {
        Some(response) => (
            Head::of(&response.headers, &place),
            response.whole_file(limit),
        ),
        None => (Head::of(&HeaderMap::new(), &place), None),
    };
    let Some(bytes) = bytes else {
        return match view.max_bytes {
            Some(max_bytes) => Err(ToolError::FileTooLarge {
                max_bytes,
                page: place.page(),
            }),
            None => Ok(too_large(&head, &place, view.format, limit)),
        };
    };
    let file = File { head, bytes, place };
    Ok(match view.format {
        Format::Base64 => file.as_json(),
        Format::Auto => file.into_outcome(view, limits).await,
    })
}

/// Requests a file; `None` if the response was too large and did not announce its size.
async fn fetch(
    backlog: &Backlog<'_>,
    request: Request,
    max_bytes: usize,
) -> Result<Option<Response>, ToolError> {
    match backlog.send(request.file(max_bytes)).await {
        Ok(response) => Ok(Some(response)),
        Err(ToolError::Backlog {
            error: BacklogError::TooLarge { .. },
            ..
        }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The facts from the response headers of a file.
struct Head {
    name: Option<String>,
    /// The full path, if the name was sent with one.
    path: Option<String>,
    /// The declared type without parameters, such as `text/plain`.
    content_type: String,
    charset: Option<String>,
    size: Option<u64>,
    stem: String,
    /// The number of hidden characters removed from the name and the path.
    removed: usize,
}

impl Head {
    fn of(headers: &HeaderMap, place: &Place) -> Self {
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

    fn name(&self, content_type: &str) -> String {
        let made_up = || name::made_up(&self.stem, content_type);
        self.name.clone().unwrap_or_else(made_up)
    }

    fn facts(&self, content_type: &str, size: Option<u64>) -> Value {
        let mut facts = json!({
            "filename": self.name(content_type),
            "contentType": content_type,
        });
        if let Some(size) = size {
            facts["size"] = size.into();
        }
        facts
    }
}

/// The result for a file that was too large to read.
fn too_large(head: &Head, place: &Place, format: Format, limit: usize) -> Outcome {
    let why = match format {
        Format::Auto => format!("The file is larger than {limit} bytes, so it was not read."),
        Format::Base64 => format!(
            "The file is larger than {limit} bytes, the most that a response holds as base64, so \
             it was not read. A client that keeps the content out of the conversation can raise \
             maxBytes."
        ),
    };
    let facts = head.facts(&head.content_type, head.size);
    Shown::nothing(facts, vec![open(&why, place)]).outcome(head, place)
}

fn open(why: &str, place: &Place) -> String {
    format!("{why} Open it in Backlog: {}", place.page())
}

/// A file that was read completely.
struct File {
    head: Head,
    bytes: Bytes,
    place: Place,
}

/// The content of a result.
struct Shown {
    facts: Value,
    content: Option<ContentBlock>,
    notes: Vec<String>,
    /// The number of hidden characters removed from the content.
    removed: usize,
}

impl Shown {
    fn nothing(facts: Value, notes: Vec<String>) -> Self {
        Self {
            facts,
            content: None,
            notes,
            removed: 0,
        }
    }

    /// Combines the facts, the content and the notes.
    fn outcome(mut self, head: &Head, place: &Place) -> Outcome {
        if let Some(facts) = self.facts.as_object_mut() {
            facts.extend(place.facts());
        }
        if let Some(path) = &head.path {
            self.notes
                .push(format!("Its name was sent with a path: {path}"));
        }
        let removed = self.removed + head.removed;
        self.notes.extend(hidden::note(removed));
        let facts = ContentBlock::text(format!("{:#}", self.facts));
        let note = (!self.notes.is_empty()).then(|| ContentBlock::text(self.notes.join("\n")));
        let blocks = [Some(facts), self.content, note];
        Outcome::Content(blocks.into_iter().flatten().collect())
    }
}

impl File {
    fn size(&self) -> Option<u64> {
        u64::try_from(self.bytes.len()).ok()
    }

    fn facts(&self, content_type: &str) -> Value {
        self.head.facts(content_type, self.size())
    }

    /// Returns everything as one JSON text, for programs.
    fn as_json(&self) -> Outcome {
        let content_type = match image::content_type(&self.bytes) {
            Some(image) => image,
            None => self.declared_type(),
        };
        let mut file = self.facts(content_type);
        file["content"] = STANDARD.encode(&self.bytes).into();
        let note = hidden::note(self.head.removed).map(ContentBlock::text);
        let file = ContentBlock::text(format!("{file:#}"));
        Outcome::Content([file].into_iter().chain(note).collect())
    }

    async fn into_outcome(self, view: View, limits: &FileLimits) -> Outcome {
        let shown = if let Some(image) = image::content_type(&self.bytes) {
            let fitted = image::fit(&limits.pool, self.bytes.clone(), image).await;
            self.as_image(image, fitted)
        } else {
            match self.decode(limits).await {
                Ok(Some(decoded)) => self.as_text(&decoded, view, limits.max_tokens),
                Ok(None) => self.as_bytes(
                    "Its bytes are not shown, because they are neither an image nor a text.",
                ),
                Err(_) => self.as_bytes(
                    "It is not shown, because it could not be read in time; another call may \
                     succeed.",
                ),
            }
        };
        shown.outcome(&self.head, &self.place)
    }

    fn as_image(&self, content_type: &str, fitted: Result<Picture, Unfit>) -> Shown {
        let facts = self.facts(content_type);
        let why = match fitted {
            Ok(Picture { copy: None, .. }) => {
                let data = STANDARD.encode(&self.bytes);
                return Shown {
                    content: Some(ContentBlock::image(data, content_type)),
                    ..Shown::nothing(facts, Vec::new())
                };
            }
            Ok(Picture {
                size: (width, height),
                copy: Some(copy),
            }) => {
                let what = match copy.is_frame {
                    true => "the first frame of an animation",
                    false => "a copy",
                };
                let note = format!(
                    "This is {what}, of {} × {} pixels. The file is {width} × {height} pixels and \
                     {} bytes; open it in Backlog: {}",
                    copy.size.0,
                    copy.size.1,
                    self.bytes.len(),
                    self.place.page()
                );
                return Shown {
                    content: Some(ContentBlock::image(
                        STANDARD.encode(&copy.bytes),
                        copy.content_type,
                    )),
                    ..Shown::nothing(facts, vec![note])
                };
            }
            Err(Unfit::Broken) => "It is not shown, because it cannot be decoded.".to_owned(),
            Err(Unfit::TooLarge {
                size: (width, height),
            }) => format!(
                "It is not shown, because its {width} × {height} pixels are too many to scale down."
            ),
            Err(Unfit::Busy) => "It is not shown, because it could not be scaled down in time; \
                 another call may succeed."
                .to_owned(),
        };
        Shown::nothing(facts, vec![open(&why, &self.place)])
    }

    fn as_bytes(&self, why: &str) -> Shown {
        let facts = self.facts(self.declared_type());
        Shown::nothing(facts, vec![open(why, &self.place)])
    }

    /// Decodes the bytes if they are text.
    async fn decode(&self, limits: &FileLimits) -> Result<Option<Decoded>, Undone> {
        let (bytes, charset) = (self.bytes.clone(), self.head.charset.clone());
        let is_text = is_text(&self.head.content_type);
        let decode = move || {
            let charset = charset.as_deref();
            text::decode(&bytes, Declared { charset, is_text })
        };
        if self.bytes.len() <= DECODED_AT_ONCE {
            return Ok(decode());
        }
        let work = limits.pool.run(6 * self.bytes.len(), move |_| decode());
        work.await
    }

    fn as_text(&self, decoded: &Decoded, view: View, max_tokens: usize) -> Shown {
        let content_type = self.text_type();
        let mut facts = self.facts(content_type);
        facts["encoding"] = decoded.encoding.into();
        let budget = max_tokens.saturating_sub(tokens(&facts.to_string()) + FOR_NOTES);
        let length = view.length.unwrap_or(usize::MAX);
        // Cleaned before it is cut, so that offsets count the characters that are shown.
        let hidden::Cleaned { text, removed } = hidden::clean(&decoded.text);
        let part = Part::within(&text, view.from, length, budget.max(1));
        let uri = self.place.uri(&self.head.name(content_type));
        let resource = ResourceContents::text(part.text, uri).with_mime_type(content_type);
        Shown {
            facts,
            content: Some(ContentBlock::resource(resource)),
            notes: rest(&part).into_iter().collect(),
            removed,
        }
    }

    /// The declared type, unless it claims an image that the bytes are not.
    fn declared_type(&self) -> &str {
        match self.head.content_type.as_str() {
            "image/png" | "image/jpeg" | "image/gif" | "image/webp" => BYTES,
            declared => declared,
        }
    }

    /// The declared type, unless it cannot be that of a text.
    fn text_type(&self) -> &str {
        let declared = self.declared_type();
        let (kind, _) = declared.split_once('/').unwrap_or_default();
        let is_other = matches!(kind, "audio" | "font" | "image" | "video")
            || matches!(declared, BYTES | "application/pdf" | "application/zip");
        match is_other && !is_text(declared) {
            true => "text/plain",
            false => declared,
        }
    }
}

/// Notes which part of a text is shown, and how to read the rest.
fn rest(part: &Part<'_>) -> Option<String> {
    if part.is_whole() {
        return None;
    }
    let Part { from, to, of, .. } = part;
    let mut note = format!("These are the characters from {from} to {to} of {of}.");
    if !part.is_last() {
        note.push_str(&format!(" Call again with textOffset {to} for the rest."));
    }
    Some(note)
}

fn is_text(content_type: &str) -> bool {
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
