//! Finds the space of a slug or a host name. Unauthenticated clients choose these names, so an
//! unknown one must not cost a statement.
//!
//! 1. While the listener is connected, all spaces are cached: they are read once, and again after
//!    any change. A name that is not among them is unknown.
//! 2. While it is disconnected, or if there are more spaces than the cache holds, the database is
//!    queried. The result is cached for a second.
//! 3. Such queries for unknown names have a budget. When it is used up, only names that had a space
//!    before are looked up.

use std::{
    collections::HashMap,
    num::NonZeroU32,
    sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock},
    time::Duration,
};

use governor::{
    DefaultDirectRateLimiter, Quota,
    clock::{Clock as _, DefaultClock},
};
use moka::{future::Cache, policy::EvictionPolicy};
use sqlx::PgPool;

use crate::{db, domain::Space};

const MAX_SPACES: usize = 10_000;
/// The longest time that a missed change may go unnoticed.
const KEPT_FOR: Duration = Duration::from_secs(30);
const MAX_ASKED: u64 = 10_000;
const ASKED_SERVES_FOR: Duration = Duration::from_secs(1);
/// Unknown names that are looked up per second. A burst may use four seconds' worth.
const A_SECOND: NonZeroU32 = NonZeroU32::MIN.saturating_add(49);
const BURST: NonZeroU32 = NonZeroU32::MIN.saturating_add(199);
/// Longer names cannot have a space.
const MAX_SLUG: usize = 63;
const MAX_HOST: usize = 261;

type Instant = <DefaultClock as governor::clock::Clock>::Instant;

/// The name of a space in a request.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Name {
    Slug(String),
    /// A host in lowercase, with its port unless it is the scheme's default.
    Host(String),
}

impl Name {
    fn can_be(&self) -> bool {
        match self {
            Self::Slug(slug) => slug.len() <= MAX_SLUG,
            Self::Host(host) => host.len() <= MAX_HOST,
        }
    }
}

/// All spaces by their names.
#[derive(Debug, Default)]
struct Map {
    by_name: HashMap<Name, Arc<Space>>,
    /// Whether it has all spaces.
    is_whole: bool,
}

impl Map {
    fn of(spaces: Vec<Space>) -> Self {
        let is_whole = spaces.len() <= MAX_SPACES;
        let mut by_name = HashMap::new();
        for space in spaces.into_iter().take(MAX_SPACES).map(Arc::new) {
            for host in &space.hostnames {
                by_name.insert(Name::Host(host.to_ascii_lowercase()), Arc::clone(&space));
            }
            by_name.insert(Name::Slug(space.slug.clone()), space);
        }
        Self { by_name, is_whole }
    }
}

/// The cache of names.
#[derive(Debug)]
pub(crate) struct SpaceNames {
    /// The map by the number of changes so far, so that one from before a change is not used after
    /// it.
    maps: Cache<u64, Arc<Map>>,
    /// The last map, to recognize names that had a space.
    last: RwLock<Arc<Map>>,
    asked: Cache<Name, Option<Arc<Space>>>,
    unknown: DefaultDirectRateLimiter,
    /// Until when only names that had a space are looked up.
    spent_until: Mutex<Option<Instant>>,
}

impl Default for SpaceNames {
    fn default() -> Self {
        Self {
            maps: Cache::builder()
                .max_capacity(1)
                // The newest map is kept, regardless of how often the previous one was used.
                .eviction_policy(EvictionPolicy::lru())
                .time_to_live(KEPT_FOR)
                .build(),
            last: RwLock::default(),
            asked: Cache::builder()
                .max_capacity(MAX_ASKED)
                .time_to_live(ASKED_SERVES_FOR)
                .build(),
            unknown: DefaultDirectRateLimiter::direct(
                Quota::per_second(A_SECOND).allow_burst(BURST),
            ),
            spent_until: Mutex::default(),
        }
    }
}

impl SpaceNames {
    /// Finds the space of a name. `changes` is the number of changes so far; `None` if the listener
    /// is disconnected.
    pub(crate) async fn find(
        &self,
        db: &PgPool,
        name: Name,
        changes: Option<u64>,
    ) -> Result<Option<Arc<Space>>, sqlx::Error> {
        if !name.can_be() {
            return Ok(None);
        }
        if let Some(changes) = changes
            && let Some(map) = self.map(db, changes).await
        {
            let space = map.by_name.get(&name);
            if space.is_some() || map.is_whole {
                return Ok(space.map(Arc::clone));
            }
        }
        self.ask(db, name).await
    }

    /// Drops everything that was cached.
    pub(crate) fn forget(&self) {
        self.maps.invalidate_all();
        self.asked.invalidate_all();
    }

    /// Returns `None` if the spaces could not be read; the query that follows then reports the
    /// error.
    async fn map(&self, db: &PgPool, changes: u64) -> Option<Arc<Map>> {
        let read = async {
            let spaces = db::spaces::list(db, MAX_SPACES + 1).await?;
            let map = Arc::new(Map::of(spaces));
            *self.last.write().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&map);
            Ok::<_, sqlx::Error>(map)
        };
        self.maps.try_get_with(changes, read).await.ok()
    }

    async fn ask(&self, db: &PgPool, name: Name) -> Result<Option<Arc<Space>>, sqlx::Error> {
        if let Some(known) = self.asked.get(&name).await {
            return Ok(known);
        }
        if self.is_spent() && !self.was_known(&name) {
            return Ok(None);
        }
        let space = match &name {
            Name::Slug(slug) => db::spaces::find_by_slug(db, slug).await?,
            Name::Host(host) => db::spaces::find_by_hostname(db, host).await?,
        };
        if space.is_none() {
            self.count_unknown();
        }
        let space = space.map(Arc::new);
        self.asked.insert(name, space.clone()).await;
        Ok(space)
    }

    fn was_known(&self, name: &Name) -> bool {
        let last = self.last.read().unwrap_or_else(PoisonError::into_inner);
        last.by_name.contains_key(name)
    }

    fn is_spent(&self) -> bool {
        let until = *self.spent_until();
        until.is_some_and(|until| until > DefaultClock::default().now())
    }

    fn count_unknown(&self) {
        if let Err(not_until) = self.unknown.check() {
            *self.spent_until() = Some(not_until.earliest_possible());
        }
    }

    fn spent_until(&self) -> MutexGuard<'_, Option<Instant>> {
        self.spent_until
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{AllowedClients, AllowedNetworks, SpaceId, SpaceState};

    fn space(slug: &str, hostnames: &[&str]) -> Space {
        Space {
            id: SpaceId(uuid::Uuid::from_u128(1)),
            slug: slug.to_owned(),
            name: slug.to_owned(),
            base_url: format!("https://{slug}.backlog.com"),
            oauth_client_id: "app".to_owned(),
            oauth_client_secret: None,
            hostnames: hostnames.iter().map(|&name| name.to_owned()).collect(),
            is_default: false,
            read_only: false,
            toolsets: None,
            tools: None,
            exclude_tools: Vec::new(),
            allowed_projects: None,
            redirect_uri: "/callback".to_owned(),
            listed: false,
            clients: AllowedClients::default(),
            networks: AllowedNetworks::default(),
            state: SpaceState::Enabled,
        }
    }

    #[test]
    fn a_space_is_found_by_each_of_its_names() {
        let map = Map::of(vec![
            space("one", &["one.test", "two.test:8443"]),
            space("two", &[]),
        ]);
        assert!(map.is_whole);
        let slug = |name: Name| map.by_name.get(&name).map(|space| space.slug.as_str());
        assert_eq!(slug(Name::Slug("one".into())), Some("one"));
        assert_eq!(slug(Name::Host("two.test:8443".into())), Some("one"));
        assert_eq!(slug(Name::Slug("two".into())), Some("two"));
        // A host name is not a slug.
        assert_eq!(slug(Name::Host("two".into())), None);
    }

    #[test]
    fn more_spaces_than_are_kept_are_not_taken_for_all() {
        let spaces = (0..=MAX_SPACES).map(|number| space(&number.to_string(), &[]));
        let map = Map::of(spaces.collect());
        assert_eq!(map.by_name.len(), MAX_SPACES);
        assert!(!map.is_whole);
    }

    #[test]
    fn names_of_no_space_have_a_budget() {
        let names = SpaceNames::default();
        let mut asked = 0;
        while !names.is_spent() {
            names.count_unknown();
            asked += 1;
            assert!(asked < 10_000, "never spent");
        }
        assert!(asked > BURST.get(), "{asked}");
    }
}
