//! The lists that were loaded for one call.

use std::collections::{HashMap, HashSet, VecDeque};

use chrono::DateTime;
use chrono_tz::Tz;
use futures_util::stream::{self, StreamExt, TryStreamExt};

use super::{
    allowance::{self, AT_ONCE},
    list::List,
    lists::{Loaded, Reader},
    project::Project,
};
use crate::toolkit::{error::ToolError, name_kind::NameKind};

/// The projects of the names of a call, and the time of its days.
#[derive(Clone, Copy)]
pub(super) struct Scope<'a> {
    pub projects: &'a [Project],
    /// The current time in the time zone of the space.
    pub now: DateTime<Tz>,
}

pub(super) struct Known<'a> {
    loaded: HashMap<List, Loaded>,
    pub scope: Scope<'a>,
}

impl<'a> Known<'a> {
    /// Loads the lists in which the names may be: those that are needed, and those that are useful
    /// if they can be read. The lists of a project are those of the projects in `scope`.
    ///
    /// # Errors
    /// A needed list cannot be read.
    pub(super) async fn load(
        needed: Vec<List>,
        mut useful: Vec<List>,
        scope: Scope<'a>,
        reader: &Reader<'_>,
    ) -> Result<Self, ToolError> {
        let mut loaded = load(needed, reader, false).await?;
        useful.retain(|list| !loaded.contains_key(list));
        loaded.extend(load_if_possible(useful, reader).await?);
        Ok(Self { loaded, scope })
    }

    /// Returns the loaded lists that could have the name.
    pub(super) fn of(&self, kind: NameKind, text: &str) -> Vec<&Loaded> {
        let lists = kind.lists(text, self.scope.projects);
        let loaded = lists.iter().filter_map(|list| self.loaded.get(list));
        loaded.collect()
    }

    /// Reloads those lists that came from the cache; returns whether there was one.
    ///
    /// # Errors
    /// A list cannot be read.
    pub(super) async fn renew(
        &mut self,
        mut lists: Vec<List>,
        reader: &Reader<'_>,
    ) -> Result<bool, ToolError> {
        lists.retain(|list| self.loaded.get(list).is_some_and(|it| it.remembered));
        let is_one = !lists.is_empty();
        self.loaded.extend(load(lists, reader, true).await?);
        Ok(is_one)
    }
}

/// Loads the lists that Backlog allows to read. The texts to look up are ids even without them.
async fn load_if_possible(
    lists: Vec<List>,
    reader: &Reader<'_>,
) -> Result<HashMap<List, Loaded>, ToolError> {
    let mut loaded = HashMap::new();
    for list in lists {
        if loaded.contains_key(&list) {
            continue;
        }
        match reader.load(&list, false).await {
            Ok(entries) => {
                loaded.insert(list, entries);
            }
            Err(ToolError::Backlog { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(loaded)
}

/// Loads each list once, several at the same time.
async fn load(
    mut lists: Vec<List>,
    reader: &Reader<'_>,
    reload: bool,
) -> Result<HashMap<List, Loaded>, ToolError> {
    let mut distinct = HashSet::new();
    lists.retain(|list| distinct.insert(list.clone()));
    let mut asked = VecDeque::new();
    let mut loaded = HashMap::new();
    for list in lists {
        match reload || reader.must_ask(&list) {
            true => asked.push_back(list),
            false => _ = loaded.insert(list.clone(), reader.load(&list, false).await?),
        }
    }
    // The first response shows how many more requests are allowed.
    if asked.len() > AT_ONCE
        && reader.left().await?.is_none()
        && let Some(list) = asked.pop_front()
    {
        loaded.insert(list.clone(), reader.load(&list, reload).await?);
    }
    let at_once = allowance::at_once(asked.len(), reader).await?;
    let loads = asked.into_iter().map(|list| async move {
        let loaded = reader.load(&list, reload).await?;
        Ok::<_, ToolError>((list, loaded))
    });
    let loads = stream::iter(loads).buffer_unordered(at_once);
    loaded.extend(loads.try_collect::<Vec<_>>().await?);
    Ok(loaded)
}
