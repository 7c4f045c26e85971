//! The lists of names, loaded from Backlog and cached for minutes.
//!
//! A cached list belongs to one set of credentials at one space, so no user sees the names of
//! another one. A list that is being loaded is waited for, and not loaded a second time.

use std::{sync::Arc, time::Duration};

use backlog_client::{BacklogError, Content, Fingerprint, Left, Request, Segment};
use moka::future::Cache;
use serde_json::Value;

use super::{
    entry::{self, Entry, Folded},
    list::List,
    project::Project,
    restriction::ProjectRestriction,
};
use crate::{
    calls::single_flight::Flights,
    toolkit::{
        attempt::Backlog,
        error::{About, ToolError},
        name_list::NameList,
    },
};

/// How long it may take to notice a change that was made elsewhere.
const TIME_TO_LIVE: Duration = Duration::from_mins(5);
/// The budget of all lists, in bytes; about 200,000 names.
pub const MEMORY: u64 = 32 << 20;
/// The number of teams that Backlog returns at once, and the maximum that is searched.
const TEAMS_A_PAGE: usize = 100;
const MAX_TEAMS: usize = 1000;
/// A larger list is not cached.
const MAX_LIST_BYTES: usize = 1 << 20;

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Key {
    holder: Fingerprint,
    list: List,
}

/// The cached lists of all users. It is cheap to clone; clones share them.
#[derive(Clone, Debug)]
pub(crate) struct Lists {
    cache: Cache<Key, Arc<Vec<Entry>>>,
    under_way: Flights<Key>,
}

/// The lists of one caller.
pub(super) struct Reader<'a> {
    lists: &'a Lists,
    backlog: &'a Backlog<'a>,
    bounds: ProjectRestriction<'a>,
    holder: Fingerprint,
}

/// A list, and whether it came from the cache.
pub(super) struct Loaded {
    pub entries: Arc<Vec<Entry>>,
    pub remembered: bool,
    by_fold: Folded,
}

impl Loaded {
    fn new(entries: Arc<Vec<Entry>>, remembered: bool) -> Self {
        Self {
            entries,
            remembered,
            by_fold: Folded::default(),
        }
    }

    /// The entries with this name.
    pub(super) fn with_name(&self, text: &str) -> Vec<&Entry> {
        entry::with_name(&self.entries, &self.by_fold, text)
    }

    /// Whether a cached list has a name only in different case, width or spacing, so that a newer
    /// list could have an exact match.
    pub(super) fn is_unsure_of(&self, text: &str) -> bool {
        self.remembered
            && !entry::has_exactly(&self.entries, text)
            && !self.with_name(text).is_empty()
    }

    /// The users with this name, or addressed by it.
    pub(super) fn with_user_name(&self, text: &str) -> Vec<&Entry> {
        let found = self.with_name(text);
        match found.is_empty() {
            true => self.by_fold.addressed(&self.entries, text),
            false => found,
        }
    }

    /// The users with this text in one of their names.
    pub(super) fn with_part(&self, text: &str) -> Vec<&Entry> {
        self.by_fold.with_part(&self.entries, text)
    }
}

impl Default for Lists {
    fn default() -> Self {
        let weight = |key: &Key, entries: &Arc<Vec<Entry>>| {
            u32::try_from(bytes(key, entries)).unwrap_or(u32::MAX)
        };
        let cache = Cache::builder()
            .max_capacity(MEMORY)
            .weigher(weight)
            .time_to_live(TIME_TO_LIVE)
            .support_invalidation_closures()
            .build();
        Self {
            cache,
            under_way: Flights::default(),
        }
    }
}

/// The approximate size of a list in memory, with its key, which a caller may have chosen.
fn bytes(key: &Key, entries: &[Entry]) -> usize {
    let chosen = match &key.list {
        List::Issue(text) | List::Of(Project::Key(text), _) => text.len(),
        _ => 0,
    };
    size_of::<Key>() + chosen + entries.iter().map(Entry::bytes).sum::<usize>()
}

impl Lists {
    async fn remember(&self, key: Key, entries: &Arc<Vec<Entry>>) {
        if !entries.is_empty() && bytes(&key, entries) <= MAX_LIST_BYTES {
            self.cache.insert(key, Arc::clone(entries)).await;
        }
    }

    pub(super) async fn reader<'a>(
        &'a self,
        backlog: &'a Backlog<'a>,
        bounds: ProjectRestriction<'a>,
    ) -> Result<Reader<'a>, ToolError> {
        Ok(Reader {
            lists: self,
            backlog,
            bounds,
            holder: holder(backlog).await?,
        })
    }

    /// Removes the lists that a tool declares to change, for the holder of these credentials. A name
    /// that was deleted and added again has another id.
    pub(crate) fn forget(&self, changes: &'static [NameList], holder: Fingerprint) {
        if changes.is_empty() {
            return;
        }
        let changed = move |key: &Key, _: &Arc<Vec<Entry>>| {
            let list = key.list.declared_as();
            key.holder == holder && list.is_some_and(|list| changes.contains(&list))
        };
        // It fails only if the cache was built without support for it.
        let _ = self.cache.invalidate_entries_if(changed);
    }
}

/// The credentials and the space under which the lists of this caller are cached.
async fn holder(backlog: &Backlog<'_>) -> Result<Fingerprint, ToolError> {
    let credentials = backlog.access.credentials().await?;
    Ok(credentials.fingerprint(backlog.access.url()))
}

impl Reader<'_> {
    /// Whether a project, by its key, is allowed.
    pub(super) fn allows(&self, key: &str) -> bool {
        self.bounds.allows(key)
    }

    /// Loads the part of a list that may be shown, from the cache unless `reload`.
    ///
    /// # Errors
    /// As [`Self::whole`], or the list belongs to a project that is not allowed.
    pub(super) async fn load(&self, list: &List, reload: bool) -> Result<Loaded, ToolError> {
        self.bounds.check(list, self.backlog).await?;
        let loaded = self.whole(list, reload).await?;
        let entries = self.bounds.within(list, loaded.entries);
        Ok(Loaded::new(entries, loaded.remembered))
    }

    /// # Errors
    /// Backlog does not return it to this caller. An issue that does not exist is an empty list.
    async fn whole(&self, list: &List, reload: bool) -> Result<Loaded, ToolError> {
        let Some(request) = list.request()? else {
            let names = (1..).zip(["Open", "Closed", "Merged"]);
            let entries = names.map(|(id, name)| Entry::new(id, name)).collect();
            return Ok(Loaded::new(Arc::new(entries), false));
        };
        let key = Key {
            holder: self.holder,
            list: list.clone(),
        };
        if !reload && let Some(entries) = self.lists.cache.get(&key).await {
            return Ok(Loaded::new(entries, true));
        }
        let _under_way = self.lists.under_way.begin(&key).await;
        if !reload && let Some(entries) = self.lists.cache.get(&key).await {
            return Ok(Loaded::new(entries, true));
        }
        let read = match list {
            List::Teams => self.teams(request).await,
            _ => self.page(request).await,
        };
        let entries = match read {
            Ok(entries) => Arc::new(entries),
            Err(ToolError::Backlog {
                error: BacklogError::Api { status: 404, .. },
                ..
            }) if matches!(list, List::Issue(_)) => Arc::default(),
            Err(error) => return Err(error),
        };
        self.lists.remember(key, &entries).await;
        Ok(Loaded::new(entries, false))
    }

    /// Loads all pages of the teams.
    async fn teams(&self, request: Request) -> Result<Vec<Entry>, ToolError> {
        let mut teams = Vec::new();
        loop {
            let mut request = request.clone();
            let page = [("count", TEAMS_A_PAGE), ("offset", teams.len())];
            request.query = page
                .map(|(key, value)| (key.to_owned(), value.to_string()))
                .into();
            let page = self.page(request).await?;
            let is_last = page.len() < TEAMS_A_PAGE;
            teams.extend(page);
            if is_last || teams.len() >= MAX_TEAMS {
                return Ok(teams);
            }
        }
    }

    /// Loads one page of a list, or the only object.
    async fn page(&self, request: Request) -> Result<Vec<Entry>, ToolError> {
        let about = About::of(&request);
        let entries = match self.backlog.fetch(request).await? {
            value @ Value::Array(_) => serde_json::from_value(value),
            value => serde_json::from_value(value).map(|entry| vec![entry]),
        };
        entries.map_err(|_| {
            about.failed(BacklogError::UnexpectedBody {
                status: 200,
                body: Content::Other,
            })
        })
    }

    /// Whether a list needs a request to Backlog.
    pub(super) fn must_ask(&self, list: &List) -> bool {
        let key = Key {
            holder: self.holder,
            list: list.clone(),
        };
        *list != List::PullRequestStatuses && !self.lists.cache.contains_key(&key)
    }

    /// The number of requests that Backlog still allows this caller, if it is known.
    pub(super) async fn left(&self) -> Result<Option<Left>, ToolError> {
        let Backlog { client, access, .. } = self.backlog;
        let credentials = access.credentials().await?;
        let request = Request::get([Segment::fixed("projects")]);
        Ok(client.left(access.url(), &credentials, &request).await)
    }
}

#[cfg(test)]
mod tests {
    use backlog_client::{BacklogUrl, Credentials};

    use super::*;

    fn key(number: usize) -> Key {
        let url = BacklogUrl::parse("https://acme.backlog.com").unwrap();
        Key {
            holder: Credentials::ApiKey("k".into()).fingerprint(&url),
            list: List::Issue(number.to_string()),
        }
    }

    fn names(count: usize) -> Arc<Vec<Entry>> {
        Arc::new(vec![Entry::new(1, &"a".repeat(1000)); count])
    }

    #[tokio::test]
    async fn cached_lists_stay_within_the_memory_budget() {
        let lists = Lists::default();
        lists.remember(key(0), &names(1100)).await;
        assert!(lists.cache.get(&key(0)).await.is_none(), "too long");
        let own = List::Issue("a".repeat(MAX_LIST_BYTES));
        let chosen = Key {
            list: own,
            ..key(0)
        };
        lists.remember(chosen.clone(), &names(1)).await;
        assert!(lists.cache.get(&chosen).await.is_none(), "a key too long");

        // 50 MB.
        for number in 0..50 {
            lists.remember(key(number), &names(900)).await;
        }
        lists.cache.run_pending_tasks().await;
        let weight = lists.cache.weighted_size();
        assert!(weight <= MEMORY && weight > MEMORY / 2, "{weight}");
    }
}
