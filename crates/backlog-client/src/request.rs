//! A request to the REST API and its response, without HTTP.

use std::{fmt, io, time::Duration};

use bytes::Bytes;
use futures_util::stream::BoxStream;
use reqwest::{
    Method, StatusCode,
    header::{CONTENT_LENGTH, HeaderMap},
};
use serde::de::DeserializeOwned;

use super::{
    content::{Content, without_mark},
    error::BacklogError,
    memory_budget::HeldMemory,
    segment::Segment,
    surrogates,
};

/// A request without the space and the credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    pub method: Method,
    /// The template of the path, as in [`Operation::get`](super::Operation::get); empty if there
    /// was none.
    pub template: &'static str,
    /// The path below `/api/v2`.
    pub path: Vec<Segment>,
    pub query: Vec<(String, String)>,
    /// The body, sent as `application/x-www-form-urlencoded`; none if empty.
    pub form: Vec<(String, String)>,
    /// A file to send as `multipart/form-data`, instead of the form.
    pub upload: Option<Upload>,
    pub expects: Expects,
}

/// A file to send to Backlog, which derives its type from its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upload {
    pub name: String,
    pub bytes: Bytes,
}

/// A file that is sent to Backlog while it arrives. An error of its stream ends the request, so that
/// Backlog does not store a part of it.
pub struct FileStream {
    pub name: String,
    /// In bytes; without it, the request is sent in chunks.
    pub length: Option<u64>,
    pub bytes: BoxStream<'static, io::Result<Bytes>>,
    /// The maximum time from the first byte to Backlog's response.
    pub timeout: Duration,
}

impl fmt::Debug for FileStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileStream")
            .field("length", &self.length)
            .finish_non_exhaustive()
    }
}

/// The expected content of a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expects {
    Json,
    /// Any bytes, up to this number. If Backlog announces a larger file, its body is not read
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

    /// Requests a file of at most `max_bytes`.
    #[must_use]
    pub fn file(mut self, max_bytes: usize) -> Self {
        self.expects = Expects::File { max_bytes };
        self
    }
}

/// A successful (2xx) response.
#[derive(Clone, Debug)]
pub struct Response {
    pub status: StatusCode,
    pub headers: HeaderMap,
    /// Empty if Backlog returned no content (204).
    pub body: Bytes,
    /// The memory that the body and the values parsed from it take.
    pub memory: Option<HeldMemory>,
}

impl Response {
    /// The bytes of a file that was requested with this limit; `None` if it is larger.
    pub fn whole_file(&self, max_bytes: usize) -> Option<Bytes> {
        let fits = |size| usize::try_from(size).is_ok_and(|size| size <= max_bytes);
        let fits = announced(&self.headers).is_none_or(fits);
        fits.then(|| self.body.clone())
    }

    /// Parses the body; `None` if it is empty or `null`.
    ///
    /// # Errors
    /// If the body is not JSON; the error depends on the method of the request, as described at
    /// [`BacklogError::unreadable`].
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

    /// Parses the body of a response to a GET.
    ///
    /// # Errors
    /// [`BacklogError::UnexpectedBody`] if it is not the expected JSON.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, BacklogError> {
        let read = self.read(&Method::GET)?;
        read.ok_or(BacklogError::UnexpectedBody {
            status: self.status.as_u16(),
            body: Content::Empty,
        })
    }
}

/// The size of a body according to its headers.
pub fn announced(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}
