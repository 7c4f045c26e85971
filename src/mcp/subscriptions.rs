//! `subscriptions/listen` (revision 2026-07-28): a client hears when what it may list changes.
//!
//! 1. The HTTP layer gives a caller a [`Subscriber`], which knows where to look again.
//! 2. A subscription takes a place ([`Subscriptions`]): so many per grant, so many in a process.
//! 3. At each change of a space the standing of its caller is looked up again. Where the lists of
//!    tools, prompts or resources are others than before, the client is told which.
//! 4. It ends, with the result that the revision has for that, when the grant or the token ends,
//!    after [`LIFETIME`], when nobody hears of changes any more, and when the process stops.
//!
//! Nothing is kept for a client that was not there: it lists again when it subscribes again.

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

/// Clients subscribe again after it.
const LIFETIME: Duration = Duration::from_secs(3600);
/// Several windows of one client share a grant.
const PER_GRANT: usize = 8;
/// Of all grants of one user together.
const PER_USER: usize = 32;
const PER_PROCESS: usize = 2_000;
/// How many look up their standing at a time, when a space has changed.
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
    /// Ends what a change ends, and wakes whom it may concern.
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

    /// Ends all of them, and those that come.
    pub(super) fn stop(&self) {
        self.0.stopped.cancel();
    }

    fn places(&self) -> std::sync::MutexGuard<'_, Places> {
        self.0.places.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A place for one more; `None` where there are enough.
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

/// Whose a subscription is: a grant, and its Backlog user.
type Holder = (GrantId, (SpaceId, i64));

/// One of the places, until it is dropped.
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

/// What it takes to look a caller's standing up again.
#[derive(Clone)]
pub struct Subscriber {
    pub sessions: Sessions,
    pub token: TokenHash,
    pub grant: GrantId,
    /// The Backlog user of the grant.
    pub user: (SpaceId, i64),
    pub token_expires_at: DateTime<Utc>,
    /// What binds the caller beside the space.
    pub bounds: Policy,
    /// What the space allows.
    pub policy_of: fn(&Session) -> Policy,
    /// Called when the request has become a subscription, which has limits of its own.
    pub began: Arc<dyn Fn() + Send + Sync>,
}

impl Subscriber {
    fn take_place(&self) -> Option<Place> {
        let holder = (self.grant, self.user);
        self.sessions.subscriptions().take(holder, self.token)
    }

    /// The caller as of now; `None` if there is none any more.
    async fn look(&self, caller: &Caller) -> Option<Caller> {
        let _turn = self.sessions.subscriptions().0.looking.acquire().await;
        let session = match self.sessions.by_hash(self.token).await {
            Ok(session) => session?,
            Err(error) => {
                tracing::warn!(%error, "a subscription ends: its standing could not be looked up");
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

/// What a caller may list, as far as it changes by the hub's doing.
#[derive(PartialEq, Eq)]
struct Lists {
    tools: Vec<String>,
    prompts: Vec<String>,
    /// Templates, and the bound on the projects.
    resources: (Vec<String>, Option<BTreeSet<String>>),
}

impl Lists {
    fn of(server: &HubServer, caller: Caller) -> Self {
        let tools = server.listed_for(&caller).into_iter();
        let projects = caller.policy.projects.clone();
        let reader = Reader::new(server, caller);
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
        let text = "no more subscriptions just now; end others of this sign-in, or try again later";
        return Err(ErrorData::invalid_request(text, None));
    };
    (subscriber.began)();
    // Only now: whoever stops listening after this ends the place.
    if !subscriber.sessions.is_listening() {
        return Ok(());
    }
    let left = (subscriber.token_expires_at - server.now()).to_std();
    let end = tokio::time::sleep(left.unwrap_or_default().min(LIFETIME));
    tokio::pin!(end);

    // What the client saw, at the latest when it was let in; then, at once, what is now.
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
        if tell(&context, &seen, &now).await.is_err() {
            return Ok(());
        }
        seen = now;
    }
}

/// Tells the client which of the lists that it asked about are others. An error means that it is
/// not there any more.
async fn tell(
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
