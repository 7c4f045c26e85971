//! Returns a file from Backlog as MCP content, for every tool that returns one.
//!
//! 1. The file is read up to a limit. For a larger one, only the headers are used.
//! 2. The [`name`] comes from `Content-Disposition`.
//! 3. The bytes decide the type, because Backlog derives the declared type from the name: the first
//!    bytes for an [`image`], all of them for a [`text`] and a [`document`].
//! 4. An image is prepared for models and returned as image content; a text, or that of a document,
//!    is returned as an embedded resource, as much of it as the response holds. Its URI names the
//!    file but cannot be fetched. Hidden characters are removed from the text and the name
//!    ([`hidden`]).
//! 5. For anything else, and for files that cannot be shown, the response has the facts and the
//!    page in Backlog that shows the file ([`place`]).
//! 6. The bytes are returned as base64 if the call asks for it ([`view`]).

mod document;
mod head;
mod image;
mod limits;
pub(crate) mod name;
mod place;
mod pool;
mod shown;
mod text;
mod view;

use backlog_client::{BacklogError, Request, Response};
use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use file_text::Kind;
use reqwest::header::HeaderMap;
use rmcp::model::{ContentBlock, ResourceContents};
use serde_json::Value;

pub(crate) use self::limits::{FileLimits, LARGEST_UPLOAD};
pub use self::pool::MEMORY as IMAGE_MEMORY;
pub(crate) use self::shown::ShownFile;
pub(crate) use self::view::{Format, MaxBytes, TextLength, TextOffset, View};
use super::{
    attempt::Backlog, error::ToolError, hidden, outcome::Outcome, text_part::Part, tokens::tokens,
};
use document::Document;
use head::Head;
use image::{Picture, Unfit};
use place::Place;
use pool::Undone;
use shown::rest;
use text::{Declared, Decoded};

/// A text of up to this many bytes is decoded inline; a larger one in the pool.
const DECODED_AT_ONCE: usize = 64 * 1024;

/// The part of the token budget that is reserved for notes about a text, besides those of its
/// document.
const FOR_NOTES: usize = 150;

const MARKDOWN: &str = "text/markdown";

const NOT_IN_TIME: &str =
    "It is not shown, because it could not be read in time; another call may succeed.";

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
            None => self.head.declared_type(),
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
                Ok(None) => self.as_document_or_bytes(view, limits).await,
                Err(_) => self.as_bytes(NOT_IN_TIME),
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
        let facts = self.facts(self.head.declared_type());
        Shown::nothing(facts, vec![open(why, &self.place)])
    }

    /// Decodes the bytes if they are text.
    async fn decode(&self, limits: &FileLimits) -> Result<Option<Decoded>, Undone> {
        let (bytes, charset) = (self.bytes.clone(), self.head.charset.clone());
        let is_text = self.head.is_text();
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

    /// The text of a document, or the facts about any other file.
    async fn as_document_or_bytes(&self, view: View, limits: &FileLimits) -> Shown {
        let name = self.head.name.clone().unwrap_or_default();
        match document::read(&limits.pool, self.bytes.clone(), name).await {
            Ok(Some(document)) => self.as_document(document, view, limits.max_tokens),
            Ok(None) => self
                .as_bytes("Its bytes are not shown, because they are neither an image nor a text."),
            Err(_) => self.as_bytes(NOT_IN_TIME),
        }
    }

    fn as_document(&self, document: Document, view: View, max_tokens: usize) -> Shown {
        let kind = document.kind;
        let content_type = match kind {
            Kind::Zip => self.head.archive_type(),
            kind => kind.media_type(),
        };
        let mut facts = self.facts(content_type);
        facts["kind"] = kind.name().into();
        let open = |why: &str| open(why, &self.place);
        let extracted = match document.text {
            Ok(extracted) => extracted,
            Err(reason) => {
                let why = format!("Its text is not shown, because {reason}.");
                return Shown::nothing(facts, vec![open(&why)]);
            }
        };
        if let (Some(parts), Some(count)) = (kind.parts(), extracted.parts) {
            facts[parts] = count.into();
        }
        let why = match (extracted.text.is_empty(), extracted.is_complete) {
            (true, true) => "The file has no text.",
            (true, false) => "Its text could not be read.",
            (false, _) => "This is the text of the file, without its layout and images.",
        };
        let notes = extracted.notes.into_iter().chain([open(why)]).collect();
        if extracted.text.is_empty() {
            return Shown::nothing(facts, notes);
        }
        let shown = Shown::nothing(facts, notes);
        self.with_text(shown, &extracted.text, MARKDOWN, (view, max_tokens))
    }

    fn as_text(&self, decoded: &Decoded, view: View, max_tokens: usize) -> Shown {
        let content_type = self.head.text_type();
        let mut facts = self.facts(content_type);
        facts["encoding"] = decoded.encoding.into();
        let shown = Shown::nothing(facts, Vec::new());
        self.with_text(shown, &decoded.text, content_type, (view, max_tokens))
    }

    /// Adds the part of a text that the view asks for, and the note on how to read the rest.
    fn with_text(
        &self,
        mut shown: Shown,
        text: &str,
        content_type: &str,
        (view, max_tokens): (View, usize),
    ) -> Shown {
        let around = tokens(&shown.facts.to_string()) + tokens(&shown.notes.join("\n"));
        let budget = max_tokens.saturating_sub(around + FOR_NOTES);
        let length = view.length.unwrap_or(usize::MAX);
        // Cleaned before it is cut, so that offsets count the characters that are shown.
        let hidden::Cleaned { text, removed } = hidden::clean(text);
        let part = Part::within(&text, view.from, length, budget.max(1));
        let of_file = shown.facts["contentType"].as_str().unwrap_or_default();
        let uri = self.place.uri(&self.head.name(of_file));
        let resource = ResourceContents::text(part.text, uri).with_mime_type(content_type);
        shown.content = Some(ContentBlock::resource(resource));
        shown.notes.splice(0..0, rest(&part));
        shown.removed = removed;
        shown
    }
}
