//! A request to the REST API and its answer, before and after HTTP.

use std::borrow::Cow;

use bytes::Bytes;
use reqwest::{
    Method, StatusCode,
    header::{CONTENT_LENGTH, HeaderMap},
};
use serde::de::DeserializeOwned;
use thiserror::Error;

use super::{BacklogError, Content, Held, fate::without_mark, surrogates};

/// One path segment that cannot climb out of its place: never empty (but for [`Segment::END`]),
/// `.` or `..`, and without control characters, which a URL parser drops before it looks for dots.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment(Cow<'static, str>);

/// What is wrong with a text that is no path segment.
pub const UNSAFE: &str = "cannot be empty, `.` or `..`, or contain control characters";

/// A text that is no path segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("{UNSAFE}")]
pub struct UnsafeSegment;

impl Segment {
    /// Nothing: as the last segment, it ends the path with a slash. A URL parser leaves it there.
    pub const END: Self = Self(Cow::Borrowed(""));

    /// A segment known when the program is written.
    ///
    /// # Panics
    /// If the text is empty or dots only.
    pub const fn fixed(text: &'static str) -> Self {
        assert!(!matches!(text.as_bytes(), b"" | b"." | b".."));
        Self(Cow::Borrowed(text))
    }

    /// Checks a text that came from outside. Any other character is percent-encoded on
    /// the way out.
    pub fn parse(text: String) -> Result<Self, UnsafeSegment> {
        match text.as_str() {
            "" | "." | ".." => Err(UnsafeSegment),
            text if text.contains(char::is_control) => Err(UnsafeSegment),
            _ => Ok(Self(Cow::Owned(text))),
        }
    }

    /// The text, not encoded.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What to send: everything but the space and the credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    pub method: Method,
    /// What the path was made from, as in [`Call::get`](super::Call::get); empty if from nothing.
    pub template: &'static str,
    /// The path below `/api/v2`.
    pub path: Vec<Segment>,
    pub query: Vec<(String, String)>,
    /// The body, sent as `application/x-www-form-urlencoded`; none if empty.
    pub form: Vec<(String, String)>,
    /// A file to send, as `multipart/form-data` and instead of the form.
    pub upload: Option<Upload>,
    pub expects: Expects,
}

/// A file on its way to Backlog, which tells its type by its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upload {
    pub name: String,
    pub bytes: Bytes,
}

/// What a request asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expects {
    Json,
    /// Any bytes, but no more than these. Of a file that says that it is larger, no byte is read
    /// ([`Response::whole_file`]).
    File {
        max_bytes: usize,
    },
}

impl Request {
    /// A GET without parameters.
    pub fn get(path: impl IntoIterator<Item = Segment>) -> Self {
        Self {
            method: Method::GET,
            template: "",
            path: path.into_iter().collect(),
            query: Vec::new(),
            form: Vec::new(),
            upload: None,
            expects: Expects::Json,
        }
    }

    /// A POST of a file.
    pub fn upload(path: impl IntoIterator<Item = Segment>, upload: Upload) -> Self {
        Self {
            method: Method::POST,
            upload: Some(upload),
            ..Self::get(path)
        }
    }

    /// The same for a file of at most `max_bytes`.
    #[must_use]
    pub fn file(mut self, max_bytes: usize) -> Self {
        self.expects = Expects::File { max_bytes };
        self
    }
}

/// A successful (2xx) answer.
#[derive(Clone, Debug)]
pub struct Response {
    pub status: StatusCode,
    pub headers: HeaderMap,
    /// Empty where Backlog has nothing to say (204).
    pub body: Bytes,
    /// The room that the body and what is made of it take.
    pub room: Option<Held>,
}

impl Response {
    /// The bytes of a file that was asked for with this limit; none if it is larger.
    pub fn whole_file(&self, max_bytes: usize) -> Option<Bytes> {
        let fits = |size| usize::try_from(size).is_ok_and(|size| size <= max_bytes);
        let fits = announced(&self.headers).is_none_or(fits);
        fits.then(|| self.body.clone())
    }

    /// Reads the body; `None` if there is none, or `null`.
    ///
    /// # Errors
    /// It is not JSON: what that means depends on the method of the request, as
    /// [`BacklogError::unreadable`] says.
    pub fn read<T: DeserializeOwned>(&self, method: &Method) -> Result<Option<T>, BacklogError> {
        let body = without_mark(&self.body).trim_ascii();
        if matches!(body, b"" | b"null") {
            return Ok(None);
        }
        let json = serde_json::from_slice(&surrogates::replaced(body));
        json.map(Some).map_err(|_| {
            let content = Content::of(&self.headers, &self.body);
            BacklogError::unreadable(method, self.status.as_u16(), content)
        })
    }

    /// Reads the body of a response to a GET.
    ///
    /// # Errors
    /// [`BacklogError::UnexpectedBody`] if it is not the JSON that was expected.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, BacklogError> {
        let read = self.read(&Method::GET)?;
        read.ok_or(BacklogError::UnexpectedBody {
            status: self.status.as_u16(),
            body: Content::Empty,
        })
    }
}

/// The size of a body as its headers say it.
pub fn announced(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}
