//! `/upload?link=…`: takes one file of a user to Backlog
//! ([decision 29](../../../docs/decisions/0029-upload-links.md)).
//!
//! 1. The secret in the URL is the authority ([`admission`]); no cookie and no token is read.
//! 2. `GET` shows a page with a file field and changes nothing. `POST` receives the page's form,
//!    `PUT` the bytes of a file.
//! 3. The upload takes its places and its window of memory, and begins an attempt, which holds the
//!    link ([`transfer`]). Backlog's token is checked and renewed before a byte is read.
//! 4. The bytes pass to Backlog through a channel of a few parts: the sender waits for Backlog.
//! 5. A file that Backlog has taken ends the link. After a failure it can be used again.

mod admission;
mod form;
mod incoming;
mod refusal;
mod transfer;

use actix_web::{
    HttpRequest, HttpResponse,
    http::{
        StatusCode,
        header::{self, HeaderMap},
    },
    web,
};
use serde_json::json;
use tokio::sync::{mpsc, oneshot};

use admission::Admitted;
use incoming::{Arrival, CHANNEL_PARTS};
use refusal::Refusal;
use transfer::{Source, Transfer};

use super::{
    AppState,
    limits::body_budget::Owner,
    pages::{
        UploadPage, UploadedPage,
        response::{frame, html},
    },
};
use crate::{
    accounts::upload_links::{MAX_BYTES, NAME},
    domain::upload_link::UploadedFile,
    toolkit::file::name::is_for_a_link,
};

/// The memory of an upload: the parts in the channel, and the buffers of both connections.
const WINDOW: usize = 512 << 10;
/// The size of a form without its file, at most.
const FORM_BYTES: u64 = 16 << 10;

/// `GET /upload`: the page with a file field.
pub async fn get(hub: web::Data<AppState>, request: HttpRequest) -> HttpResponse {
    match admission::admit(&hub, &request).await {
        Ok(admitted) => html(StatusCode::OK, page(&hub, &request, &admitted).html()),
        Err(refusal) => refusal.page(&request),
    }
}

/// `POST /upload`: the form of the page.
pub async fn post(
    hub: web::Data<AppState>,
    request: HttpRequest,
    payload: web::Payload,
) -> HttpResponse {
    match receive_form(&hub, &request, payload).await {
        Ok(file) => {
            let page = UploadedPage {
                frame: frame(&request),
                name: file.name,
                size: file.size,
            };
            html(StatusCode::OK, page.html())
        }
        Err(refusal) => refusal.page(&request),
    }
}

/// `PUT /upload`: the bytes of a file.
pub async fn put(
    hub: web::Data<AppState>,
    request: HttpRequest,
    payload: web::Payload,
) -> HttpResponse {
    let received = async {
        let admitted = admission::admit(&hub, &request).await?;
        let id = admitted.id;
        let source = Source::Body {
            name: name_of(&request, &admitted)?,
            length: announced(request.headers()),
        };
        let file = receive(&hub, admitted, source, payload).await?;
        Ok((id, file))
    };
    match received.await {
        Ok((id, file)) => HttpResponse::Ok().json(json!({
            "upload": id.to_string(),
            "attachmentId": file.attachment_id,
            "name": file.name,
            "size": file.size,
        })),
        Err(refusal) => Refusal::json(&refusal),
    }
}

async fn receive_form(
    hub: &AppState,
    request: &HttpRequest,
    payload: web::Payload,
) -> Result<UploadedFile, Refusal> {
    let admitted = admission::admit(hub, request).await?;
    let kind = request.headers().get(header::CONTENT_TYPE);
    let boundary = kind
        .and_then(|kind| kind.to_str().ok())
        .and_then(|kind| multer::parse_boundary(kind).ok());
    let source = Source::Form {
        boundary: boundary.ok_or(Refusal::NoFile)?,
        length: announced(request.headers()),
    };
    receive(hub, admitted, source, payload).await
}

/// Sends a file to Backlog while it arrives. The transfer is a task, so that a sender that hangs up
/// cannot cancel it between Backlog's response and the database.
async fn receive(
    hub: &AppState,
    admitted: Admitted,
    source: Source,
    payload: web::Payload,
) -> Result<UploadedFile, Refusal> {
    let limit = match source {
        Source::Body { .. } => MAX_BYTES,
        Source::Form { .. } => MAX_BYTES + FORM_BYTES,
    };
    if source.length().is_some_and(|length| length > limit) {
        return Err(Refusal::TooLarge);
    }
    let user = admitted.user();
    let _places = hub.under_way.upload(user).map_err(Refusal::Limited)?;
    let (space, id) = user;
    let held = hub.body_budget.hold(Owner::User(space, id), WINDOW);
    let mut held = held.map_err(|_| Refusal::Busy)?;
    held.grow(WINDOW).map_err(|_| Refusal::Busy)?;

    let (sender, parts) = mpsc::channel(CHANNEL_PARTS);
    let (ready, is_ready) = oneshot::channel();
    let transfer = Transfer::new(hub, admitted);
    let task = hub
        .sessions
        .tasks()
        .spawn(transfer.run(source, parts, ready));
    let arrival = match is_ready.await {
        Ok(()) => incoming::pass_on(payload, sender, limit).await,
        Err(_) => Arrival::NotWanted,
    };
    let ended = task.await.unwrap_or_else(|error| {
        tracing::error!(%error, "the task of an upload failed");
        Err(Refusal::Unavailable)
    });
    match (ended, arrival) {
        (Ok(file), _) => Ok(file),
        (Err(_), Arrival::TooLarge) => Err(Refusal::TooLarge),
        (Err(_), Arrival::Broken) => Err(Refusal::Incomplete),
        (Err(refusal), Arrival::Whole | Arrival::NotWanted) => Err(refusal),
    }
}

fn page(hub: &AppState, request: &HttpRequest, admitted: &Admitted) -> UploadPage {
    let principal = &admitted.session.principal;
    let left = principal.token_expires_at - hub.clock.now();
    UploadPage {
        frame: frame(request),
        space: principal.space.base_url.clone(),
        user: principal.grant.backlog_user_name.clone(),
        file: admitted.file_name.clone(),
        minutes: left.num_minutes() + 1,
        megabytes: MAX_BYTES >> 20,
    }
}

/// The name of the file of a `PUT`: from its query, or as the client proposed it.
fn name_of(request: &HttpRequest, admitted: &Admitted) -> Result<String, Refusal> {
    let name = admission::parameter(request, NAME).or_else(|| admitted.file_name.clone());
    let name = name.ok_or(Refusal::NoName)?;
    match is_for_a_link(&name) {
        true => Ok(name),
        false => Err(Refusal::NoName),
    }
}

/// The `Content-Length`; `None` for a body in chunks.
fn announced(headers: &HeaderMap) -> Option<u64> {
    let text = headers.get(header::CONTENT_LENGTH)?.to_str().ok()?;
    text.trim().parse().ok()
}
