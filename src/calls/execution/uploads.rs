//! Executes the tools for upload links.

use serde_json::{Value, json};

use super::{
    authorization::{self, Stopped},
    call::Call,
    uploaded::{self, Failed, NO_SIGN_IN, UNAVAILABLE},
    work,
};
use crate::{
    accounts::upload_links::{LinkError, MAX_BYTES, NAME, NewLink},
    calls::{
        call_outcome::CallOutcome,
        caller::Caller,
        registered_tool::RegisteredTool,
        services::Services,
        upload_tools::{SAME_OPERATION, UploadTool},
    },
    domain::audit_event::{Actor, ToolOutcome},
    toolkit::file::name,
};

const NEXT: &str = "Run the command, or give url to the user, who chooses the file on that page. \
    Do not show the link to anyone else. Then pass id as from in files of create_issues, \
    change_issues or comment; get_upload returns the attachmentId for other tools.";

pub(super) async fn execute(
    services: &Services,
    (entry, kind): (&RegisteredTool, UploadTool),
    call: Call<'_>,
) -> CallOutcome {
    let actor = call.caller.access.actor();
    let mut record = services.recorder().tool_call(entry.meta.name, actor);
    let read = authorization::authorize(services, entry, &call.caller)
        .and_then(|()| authorize_upload(services, kind, &call.caller))
        .and_then(|()| work::read(services, (entry, &call.caller), call.arguments, &[]));
    let arguments = match read {
        Ok(arguments) => arguments,
        Err(stopped) => {
            record.ended(stopped.outcome);
            return stopped.called;
        }
    };
    let text = |name: &str| arguments.get(name).and_then(Value::as_str);
    let done = match kind {
        UploadTool::Create => create(services, actor, text("name")).await,
        UploadTool::Get => get(services, actor, text("id").unwrap_or_default()).await,
    };
    record.ended_as(&done, |(outcome, _)| *outcome);
    match done {
        Ok((shown, notes)) => CallOutcome::json(shown.to_string(), notes),
        Err((ToolOutcome::InvalidArguments, reason)) => {
            work::invalid(services, &call.caller, entry.meta.name, &reason)
        }
        Err((_, text)) => work::failed(services, &call.caller, &text),
    }
}

/// A link is closed with the tool that does the same.
fn authorize_upload(services: &Services, kind: UploadTool, caller: &Caller) -> Result<(), Stopped> {
    match (kind, services.registry().own(SAME_OPERATION)) {
        (UploadTool::Create, Some(same)) => {
            authorization::authorize_operation(services, same, caller)
        }
        (UploadTool::Create | UploadTool::Get, _) => Ok(()),
    }
}

async fn create(
    services: &Services,
    actor: Option<Actor>,
    file_name: Option<&str>,
) -> Result<(Value, Vec<String>), Failed> {
    if let Some(given) = file_name
        && !name::is_for_a_link(given)
    {
        let reason = "name: expected a name without directories, such as report.pdf";
        return Err((ToolOutcome::InvalidArguments, reason.to_owned()));
    }
    let (links, actor) = services
        .uploads()
        .zip(actor)
        .ok_or_else(|| (ToolOutcome::Denied, NO_SIGN_IN.to_owned()))?;
    let link = links.create(actor.grant, file_name).await;
    let link = link.map_err(|error| match error {
        LinkError::TooMany => (
            ToolOutcome::RateLimited,
            "This connection has too many upload links that were not used yet; use one of them, \
             or wait until they expire."
                .to_owned(),
        ),
        LinkError::GrantEnded => (
            ToolOutcome::Denied,
            "This connection has ended; connect again.".to_owned(),
        ),
        LinkError::Resource(_) | LinkError::Database(_) => {
            tracing::error!(%error, "could not create an upload link");
            (ToolOutcome::BacklogFailed, UNAVAILABLE.to_owned())
        }
    })?;
    let shown = json!({
        "id": link.id.to_string(),
        "url": link.url,
        "command": command(&link, file_name),
        "expiresAt": link.expires_at.format("%Y-%m-%dT%H:%M:%SZ").to_string(),
        "maxBytes": MAX_BYTES,
    });
    Ok((
        shown,
        vec![services.registry().name_tools(NEXT).into_owned()],
    ))
}

/// `curl -T 'report.pdf' 'https://…'`, for a POSIX shell.
fn command(link: &NewLink, file_name: Option<&str>) -> String {
    let quoted = |text: &str| format!("'{}'", text.replace('\'', r"'\''"));
    match file_name {
        Some(name) => format!("curl -T {} {}", quoted(name), quoted(link.url.as_str())),
        None => {
            let url = format!("{}&{NAME}=NAME", link.url);
            format!("curl -T FILE {}", quoted(&url))
        }
    }
}

async fn get(
    services: &Services,
    actor: Option<Actor>,
    id: &str,
) -> Result<(Value, Vec<String>), Failed> {
    let file = uploaded::file(services, actor, id).await?;
    let shown = json!({
        "attachmentId": file.attachment_id,
        "name": file.name,
        "size": file.size,
    });
    Ok((shown, Vec::new()))
}
