//! `subscriptions/listen` (protocol version 2026-07-28): notifies a client when its lists change.
//!
//! 1. The HTTP layer gives a caller a [`Subscriber`], which can look up its permissions again.
//! 2. A subscription takes a place ([`Subscriptions`]). Their number is limited per grant, user and
//!    process.
//! 3. After each change of a space, the permissions of the caller are looked up again. If the lists
//!    of tools, prompts or resources differ from before, the client is notified which ones.
//! 4. It ends, with the result that the protocol defines for that, when the grant or the token
//!    ends, after [`LIFETIME`], when the listener is disconnected, and when the process stops.
//!
//! Nothing is kept for a disconnected client: it requests the lists when it subscribes again.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use chrono::{DateTime, Utc};
use rmcp::{ErrorData, service::SubscriptionContext};
use tokio::sync::{Semaphore, watch};
use tokio_util::sync::CancellationToken;

use super::{
    Caller, HubServer, Policy, prompts,
    reader::Reader,
    resources,
    sessions::{Session, Sessions},
};
use crate::{
    domain::{Change, GrantId, SpaceId},
    oauth::token::TokenHash,
};

/// The lifetime of a subscription, after which clients subscribe again.
const LIFETIME: Duration = Duration::from_secs(3600);
/// The limit per grant, which several windows of one client may share.
const PER_GRANT: usize = 8;
/// The limit for all grants of a user together.
const PER_USER: usize = 32;
const PER_PROCESS: usize = 2_000;
/// The maximum number of concurrent lookups after a change of a space.
const MAX_CONCURRENT_LOOKUPS: usize = 4;

/// The subscriptions of a process; clones share them.
#[derive(Clone, Debug)]
pub struct Subscriptions(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    places: Mutex<Places>,
    /// Counts the changes of spaces.
    spaces: watch::Sender<u64>,
    looking: Semaphore,
    stopped: CancellationToken,
}

#[derive(Debug, Default)]
struct Places {
    next: u64,
    taken: HashMap<u64, Taken>,
}

#[derive(Debug)]
struct Taken {
    grant: GrantId,
    user: (SpaceId, i64),
    token: TokenHash,
    ended: CancellationToken,
}

impl Default for Subscriptions {
    fn default() -> Self {
        Self(Arc::new(Inner {
            places: Mutex::default(),
            spaces: watch::Sender::new(0),
            looking: Semaphore::new(MAX_CONCURRENT_LOOKUPS),
            stopped: CancellationToken::new(),
        }))
    }
}

impl Subscriptions {
    /// Ends the subscriptions that a change ends, and wakes those that it may affect.
    pub(super) fn apply(&self, change: &Change) {
        let ends = |taken: &Taken| match change {
            Change::Grant(id) => taken.grant == *id,
            Change::Token(hash) => taken.token == *hash,
            Change::ListeningEnded => true,
            Change::Space | Change::Secret | Change::Account(_) | Change::ListeningBegan => false,
        };
        for taken in self.places().taken.values().filter(|taken| ends(taken)) {
            taken.ended.cancel();
        }
        if matches!(change, Change::Space) {
            self.0.spaces.send_modify(|changes| *changes += 1);
        }
    }

    /// Ends all current and future subscriptions.
    pub(super) fn stop(&self) {
        self.0.stopped.cancel();
    }

    fn places(&self) -> std::sync::MutexGuard<'_, Places> {
        self.0.places.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a place for one more; `None` if a limit is reached.
    fn take(&self, (grant, user): Holder, token: TokenHash) -> Option<Place> {
        let mut places = self.places();
        let of_grant = places.taken.values().filter(|taken| taken.grant == grant);
        let of_user = places.taken.values().filter(|taken| taken.user == user);
        if places.taken.len() >= PER_PROCESS
            || of_grant.count() >= PER_GRANT
            || of_user.count() >= PER_USER
        {
            return None;
        }
        let ended = self.0.stopped.child_token();
        places.next += 1;
        let number = places.next;
        let taken = Taken {
            grant,
            user,
            token,
            ended: ended.clone(),
        };
        places.taken.insert(number, taken);
        Some(Place {
            number,
            ended,
            spaces: self.0.spaces.subscribe(),
            subscriptions: self.clone(),
        })
    }
}

/// The holder of a subscription: a grant, and its Backlog user.
type Holder = (GrantId, (SpaceId, i64));

/// A taken place, which is released on drop.
struct Place {
    number: u64,
    ended: CancellationToken,
    spaces: watch::Receiver<u64>,
    subscriptions: Subscriptions,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.subscriptions.places().taken.remove(&self.number);
    }
}

/// Everything needed to look up a caller's permissions again.
#[derive(Clone)]
pub struct Subscriber {
    pub sessions: Sessions,
    pub token: TokenHash,
    pub grant: GrantId,
    /// The Backlog user of the grant.
    pub user: (SpaceId, i64),
    pub token_expires_at: DateTime<Utc>,
    /// The limits of the caller other than the space's.
    pub bounds: Policy,
    /// The policy of the space.
    pub policy_of: fn(&Session) -> Policy,
    /// Called when the request has become a subscription, which has limits of its own.
    pub began: Arc<dyn Fn() + Send + Sync>,
}

impl Subscriber {
    fn take_place(&self) -> Option<Place> {
        let holder = (self.grant, self.user);
        self.sessions.subscriptions().take(holder, self.token)
    }

    /// Returns the caller with its current permissions; `None` if it no longer exists.
    async fn look(&self, caller: &Caller) -> Option<Caller> {
        let _turn = self.sessions.subscriptions().0.looking.acquire().await;
        let session = match self.sessions.by_hash(self.token).await {
            Ok(session) => session?,
            Err(error) => {
                tracing::warn!(%error, "could not look up the permissions of a subscription; it \
                                        ends");
                return None;
            }
        };
        session.principal.space.is_enabled().then(|| Caller {
            scopes: session.principal.scopes,
            policy: self.bounds.narrowed_by(&(self.policy_of)(&session)),
            ..caller.clone()
        })
    }
}

/// The lists of a caller, with the parts that the hub itself may change.
#[derive(PartialEq, Eq)]
struct Lists {
    tools: Vec<String>,
    prompts: Vec<String>,
    /// The templates, and the allowed projects.
    resources: (Vec<String>, Option<BTreeSet<String>>),
}

impl Lists {
    fn of(server: &HubServer, caller: Caller) -> Self {
        let tools = server.listed_for(&caller).into_iter();
        let projects = caller.policy.projects.clone();
        let reader = Reader::new(server.services(), caller);
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
pub(super) async fn listen(
    server: &HubServer,
    context: SubscriptionContext,
) -> Result<(), ErrorData> {
    let Some(caller) = server.caller(context.request_context()) else {
        return Err(ErrorData::internal_error("the request has no caller", None));
    };
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
    let left = (subscriber.token_expires_at - server.services().now()).to_std();
    let end = tokio::time::sleep(left.unwrap_or_default().min(LIFETIME));
    tokio::pin!(end);

    // The lists when the client was authenticated, which are then compared at once with the current
    // ones.
    let mut seen = Lists::of(server, caller.clone());
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
        let Some(caller) = subscriber.look(&caller).await else {
            return Ok(());
        };
        let now = Lists::of(server, caller);
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
) -> Result<(), rmcp::service::SubscriptionSendError> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{clock::Clock, oauth::token::AccessToken, random::Random};

    fn grant() -> GrantId {
        GrantId::new(&Clock::system(), &Random::system())
    }

    fn of(grant: GrantId, user: i64) -> Holder {
        (grant, (SpaceId(uuid::Uuid::nil()), user))
    }

    fn token() -> TokenHash {
        AccessToken::generate(&Random::system()).hash()
    }

    #[test]
    fn places_are_few_and_given_back() {
        let subscriptions = Subscriptions::default();
        let (mine, others) = (grant(), grant());
        let places: Vec<_> = (0..PER_GRANT)
            .map(|_| subscriptions.take(of(mine, 1), token()).expect("a place"))
            .collect();
        assert!(subscriptions.take(of(mine, 1), token()).is_none());
        assert!(subscriptions.take(of(others, 2), token()).is_some());
        drop(places);
        assert!(subscriptions.take(of(mine, 1), token()).is_some());
        assert_eq!(subscriptions.places().taken.len(), 0);
    }

    #[test]
    fn many_grants_of_one_user_do_not_take_the_places_of_others() {
        let subscriptions = Subscriptions::default();
        let taken: Vec<_> = std::iter::from_fn(|| subscriptions.take(of(grant(), 1), token()))
            .take(PER_PROCESS)
            .collect();
        assert_eq!(taken.len(), PER_USER);
        assert!(subscriptions.take(of(grant(), 2), token()).is_some());
    }

    #[test]
    fn a_change_ends_what_it_is_about() {
        let subscriptions = Subscriptions::default();
        let (grant, token) = (grant(), token());
        let take = || subscriptions.take(of(grant, 1), token).expect("a place");
        let (place, other) = (
            take(),
            subscriptions
                .take(of(self::grant(), 2), self::token())
                .unwrap(),
        );
        let changes = [
            Change::Space,
            Change::ListeningBegan,
            Change::Grant(self::grant()),
        ];
        for change in changes {
            subscriptions.apply(&change);
            assert!(!place.ended.is_cancelled(), "{change:?}");
        }
        subscriptions.apply(&Change::Grant(grant));
        assert!(place.ended.is_cancelled() && !other.ended.is_cancelled());
        let place = take();
        subscriptions.apply(&Change::Token(token));
        assert!(place.ended.is_cancelled() && !other.ended.is_cancelled());
        subscriptions.apply(&Change::ListeningEnded);
        assert!(other.ended.is_cancelled());
        subscriptions.stop();
        assert!(take().ended.is_cancelled());
    }
}
