//! `subscriptions/listen` (protocol version 2026-07-28): notifies a client when its lists change.
//!
//! 1. The HTTP layer gives a caller a [`Subscriber`](crate::calls::subscriber::Subscriber), which can look up its
//!    permissions again.
//! 2. A subscription takes a place (`subscriptions`), unless a limit is reached.
//! 3. After each change of a space, the permissions of the caller are looked up again. If the lists
//!    of tools, prompts or resources differ from before, the client is notified which ones.
//! 4. It ends, with the result that the protocol defines for that, when the grant or the token
//!    ends, after [`LIFETIME`], when the listener is disconnected, and when the process stops.
//!
//! Nothing is kept for a disconnected client: it requests the lists when it subscribes again.

use std::{collections::BTreeSet, time::Duration};

use rmcp::{
    ErrorData,
    service::{SubscriptionContext, SubscriptionSendError},
};

use super::{prompts, reader::Reader, resources};
use crate::calls::{caller::Caller, services::Services, subscriber::Permissions};

/// The lifetime of a subscription, after which clients subscribe again.
const LIFETIME: Duration = Duration::from_hours(1);

/// The lists of a caller, with the parts that the hub itself may change.
#[derive(PartialEq, Eq)]
struct Lists {
    tools: Vec<String>,
    prompts: Vec<String>,
    /// The templates, and the allowed projects.
    resources: (Vec<String>, Option<BTreeSet<String>>),
}

impl Lists {
    fn of(services: &Services, caller: Caller) -> Self {
        let tools = services.registry().listed_for(&caller).into_iter();
        let projects = caller.policy.projects.clone();
        let reader = Reader::new(services, caller);
        let prompts = prompts::list(&reader).prompts.into_iter();
        let templates = resources::templates(&reader).resource_templates.into_iter();
        Self {
            tools: tools.map(|tool| tool.name.into_owned()).collect(),
            prompts: prompts.map(|prompt| prompt.name).collect(),
            resources: (
                templates.map(|template| template.uri_template).collect(),
                projects,
            ),
        }
    }
}

/// Runs a subscription to its end.
pub(super) async fn run(
    services: &Services,
    caller: Caller,
    context: SubscriptionContext,
) -> Result<(), ErrorData> {
    let Some(subscriber) = caller.subscriber.clone() else {
        return Ok(());
    };
    let Some(mut place) = subscriber.take_place() else {
        let text = "too many subscriptions; end others of this user, or try again later";
        return Err(ErrorData::invalid_request(text, None));
    };
    (subscriber.began)();
    // Checked only now: if the listener disconnects after this, it ends the place.
    if !subscriber.sessions.is_listening() {
        return Ok(());
    }
    let left = (subscriber.token_expires_at - services.now()).to_std();
    let end = tokio::time::sleep(left.unwrap_or_default().min(LIFETIME));
    tokio::pin!(end);

    // The lists when the client was authenticated, which are then compared at once with the current
    // ones.
    let mut seen = Lists::of(services, caller.clone());
    place.spaces.mark_changed();
    loop {
        tokio::select! {
            () = context.cancelled() => return Ok(()),
            () = place.ended.cancelled() => return Ok(()),
            () = &mut end => return Ok(()),
            changed = place.spaces.changed() => if changed.is_err() {
                return Ok(());
            },
        }
        let Some(Permissions { scopes, policy }) = subscriber.permissions().await else {
            return Ok(());
        };
        let current = Caller {
            scopes,
            policy,
            ..caller.clone()
        };
        let now = Lists::of(services, current);
        if notify(&context, &seen, &now).await.is_err() {
            return Ok(());
        }
        seen = now;
    }
}

/// Notifies the client which of its subscribed lists have changed. An error means that it has
/// disconnected.
async fn notify(
    context: &SubscriptionContext,
    before: &Lists,
    now: &Lists,
) -> Result<(), SubscriptionSendError> {
    let (sink, accepted) = (context.sink(), context.accepted());
    if accepted.tools_list_changed == Some(true) && before.tools != now.tools {
        sink.notify_tool_list_changed().await?;
    }
    if accepted.prompts_list_changed == Some(true) && before.prompts != now.prompts {
        sink.notify_prompt_list_changed().await?;
    }
    if accepted.resources_list_changed == Some(true) && before.resources != now.resources {
        sink.notify_resource_list_changed().await?;
    }
    Ok(())
}
