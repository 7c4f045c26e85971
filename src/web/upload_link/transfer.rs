//! One attempt to send a file to Backlog.
//!
//! 1. The attempt takes the link, in one statement, for at most [`LEASE`].
//! 2. The credentials are renewed if they expire before the attempt can end, and tried with a
//!    request that changes nothing, because the bytes of a file can be sent only once.
//! 3. The file is sent. If Backlog takes it, its id is stored and the link is used. After any
//!    failure the link is released.

use std::{io, time::Duration};

use actix_web::web::Bytes;
use backlog_client::{
    BacklogClient, BacklogError, Credentials, FileStream, Method, Request, Segment,
};
use foundation::clock::Clock;
use futures_util::stream::BoxStream;
use oauth_values::token::TokenHash;
use serde::Deserialize;
use sqlx::PgPool;
use tokio::sync::{mpsc::Receiver, oneshot};
use uuid::Uuid;

use super::{
    admission::Admitted,
    form,
    incoming::{self, Part},
    refusal::Refusal,
};
use crate::{
    accounts::{access::BacklogAccess, backlog_tokens::GrantAccess},
    audit::Recorder,
    calls::upload_tools::SAME_OPERATION,
    db,
    domain::{audit_event::ToolOutcome, upload_link::UploadedFile},
    toolkit::{
        attempt::{Backlog, HeldResponses},
        file::FileLimits,
        progress::ProgressSink,
    },
    web::AppState,
};

/// The longest time from the first byte to Backlog's response.
const TIMEOUT: Duration = Duration::from_mins(10);
/// How long an attempt holds its link if the process ends.
const LEASE: Duration = Duration::from_mins(11);

/// Where the bytes of the file come from.
pub(super) enum Source {
    Body {
        name: String,
        length: Option<u64>,
    },
    Form {
        boundary: String,
        length: Option<u64>,
    },
}

impl Source {
    /// The length of the body, as announced.
    pub(super) fn length(&self) -> Option<u64> {
        match self {
            Self::Body { length, .. } | Self::Form { length, .. } => *length,
        }
    }

    async fn open(
        self,
        bytes: BoxStream<'static, io::Result<Bytes>>,
    ) -> Result<FileStream, Refusal> {
        match self {
            Self::Body { name, length } => Ok(FileStream {
                name,
                length,
                bytes,
                timeout: TIMEOUT,
            }),
            Self::Form { boundary, length } => {
                let file = form::file(bytes, boundary, length).await?;
                Ok(FileStream {
                    name: file.name,
                    length: file.length,
                    bytes: file.bytes,
                    timeout: TIMEOUT,
                })
            }
        }
    }
}

/// The parts that an attempt needs.
pub(super) struct Transfer {
    db: PgPool,
    client: BacklogClient,
    access: GrantAccess,
    recorder: Recorder,
    clock: Clock,
    hash: TokenHash,
    attempt: Uuid,
}

/// Backlog's response to an upload.
#[derive(Deserialize)]
struct Taken {
    id: i64,
    name: String,
    size: i64,
}

impl Transfer {
    pub(super) fn new(hub: &AppState, admitted: Admitted) -> Self {
        let attempt = uuid::Builder::from_random_bytes(hub.random.bytes());
        let access = admitted.session.access;
        Self {
            db: hub.db.clone(),
            client: hub.backlog.for_user(access.user()),
            access,
            recorder: hub.recorder.clone(),
            clock: hub.clock.clone(),
            hash: admitted.hash,
            attempt: attempt.into_uuid(),
        }
    }

    /// Runs the attempt. `ready` is notified when bytes are expected, and dropped if none are.
    pub(super) async fn run(
        self,
        source: Source,
        parts: Receiver<Part>,
        ready: oneshot::Sender<()>,
    ) -> Result<UploadedFile, Refusal> {
        let mut record = self.recorder.tool_call(SAME_OPERATION, self.access.actor());
        if !db::upload_links::begin(&self.db, self.hash, self.attempt, LEASE).await? {
            record.ended(ToolOutcome::Denied);
            let link = db::upload_links::find(&self.db, self.hash).await?;
            let refusal = link.and_then(|link| Refusal::of_state(&link.state));
            return Err(refusal.unwrap_or(Refusal::Unknown));
        }
        let sent = self.send(source, parts, ready).await;
        record.ended_as(&sent, Refusal::outcome);
        match sent {
            Ok(file) if self.complete(&file).await? => Ok(file),
            // The grant has ended meanwhile, so the file can be attached by no client.
            Ok(_) => Err(Refusal::Unknown),
            Err(refusal) => {
                let released = db::upload_links::release(&self.db, self.hash, self.attempt);
                if let Err(error) = released.await {
                    tracing::warn!(%error, "could not release an upload link");
                }
                Err(refusal)
            }
        }
    }

    async fn complete(&self, file: &UploadedFile) -> Result<bool, Refusal> {
        let completed = db::upload_links::complete(&self.db, self.hash, self.attempt, file);
        Ok(completed.await?)
    }

    async fn send(
        &self,
        source: Source,
        parts: Receiver<Part>,
        ready: oneshot::Sender<()>,
    ) -> Result<UploadedFile, Refusal> {
        let credentials = self.tried_credentials().await?;
        // The sender may have hung up, which the stream notices.
        let _ = ready.send(());
        let bytes = incoming::bytes(parts);
        let opened = tokio::time::timeout(TIMEOUT, source.open(bytes)).await;
        let file = opened.map_err(|_| Refusal::Incomplete)??;
        let path = ["space", "attachment"].map(Segment::fixed);
        let request = Request {
            method: Method::Post.into(),
            ..Request::get(path)
        };
        let url = self.access.url();
        let response = self.client.send_file(url, &credentials, request, file);
        let failed = |error: BacklogError| Refusal::of_backlog(error, self.clock.now());
        let response = response.await.map_err(failed)?;
        let taken = response.read::<Taken>(&reqwest::Method::POST);
        let taken = taken.map_err(failed)?.ok_or(Refusal::BacklogFailed)?;
        Ok(UploadedFile {
            attachment_id: taken.id,
            name: taken.name.chars().take(255).collect(),
            size: taken.size,
        })
    }

    /// Credentials that Backlog has just accepted.
    async fn tried_credentials(&self) -> Result<Credentials, Refusal> {
        self.access.credentials_for(TIMEOUT).await?;
        let backlog = Backlog {
            client: &self.client,
            access: &self.access,
            files: &FileLimits::default(),
            progress: ProgressSink::default(),
            held: HeldResponses::default(),
        };
        let myself = Request::get(["users", "myself"].map(Segment::fixed));
        let tried = backlog.send(myself).await;
        tried.map_err(|error| Refusal::of_tool(error, self.clock.now()))?;
        Ok(self.access.credentials().await?)
    }
}
