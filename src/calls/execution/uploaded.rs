//! The file of an upload link, for the tools that attach it.

use uuid::Uuid;

use crate::{
    calls::services::Services,
    domain::{
        UploadLinkId,
        audit_event::{Actor, ToolOutcome},
        upload_link::{UploadLinkState, UploadedFile},
    },
};

pub(super) const UNAVAILABLE: &str = "The server cannot read or store data at the moment; try \
    again in a few seconds.";
pub(super) const NO_SIGN_IN: &str = "Upload links need a connection with a sign-in. Give the file \
    as text or base64, or attach it in Backlog.";

/// Why a tool has no result, for the model.
pub(super) type Failed = (ToolOutcome, String);

/// The file of a link of this connection.
pub(super) async fn file(
    services: &Services,
    actor: Option<Actor>,
    id: &str,
) -> Result<UploadedFile, Failed> {
    let refused = |text: String| Err((ToolOutcome::Refused, text));
    let Ok(link) = Uuid::parse_str(id.trim()) else {
        let reason = "id: expected the id of an upload link, from create_upload_link";
        return Err((ToolOutcome::InvalidArguments, reason.to_owned()));
    };
    let (links, actor) = services
        .uploads()
        .zip(actor)
        .ok_or_else(|| (ToolOutcome::Denied, NO_SIGN_IN.to_owned()))?;
    let found = links.find(actor.grant, UploadLinkId(link)).await;
    let found = found.map_err(|error| {
        tracing::error!(%error, "could not find an upload link");
        (ToolOutcome::BacklogFailed, UNAVAILABLE.to_owned())
    })?;
    match found.map(|link| link.state) {
        Some(UploadLinkState::Used(file)) => Ok(file),
        Some(UploadLinkState::Open) => refused(format!(
            "No file was uploaded with the link {link} yet. Ask the user to choose the file on its \
             page, or run its command."
        )),
        Some(UploadLinkState::InProgress) => refused(format!(
            "The file of the upload link {link} is still arriving; try again in a few seconds."
        )),
        Some(UploadLinkState::Expired) => refused(format!(
            "The upload link {link} has expired without a file; create another one with \
             create_upload_link."
        )),
        None => refused(format!(
            "This connection has no upload link {link}; create one with create_upload_link."
        )),
    }
}
