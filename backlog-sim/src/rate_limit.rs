//! Rate limits: per user and minute, in Backlog's four classes.

use std::{collections::HashMap, sync::Mutex};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{locked::Locked, model::Id};

/// Requests per user and minute, by class.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
pub struct RateLimits {
    /// GET requests of no other class.
    pub read: u32,
    /// POST, PUT, PATCH and DELETE.
    pub update: u32,
    /// Issue lists and counts. Backlog does not publish which requests it counts here.
    pub search: u32,
    /// Images of users, projects and the space.
    pub icon: u32,
}

impl Default for RateLimits {
    /// High enough never to be reached by accident.
    fn default() -> Self {
        Self {
            read: 10_000_000,
            update: 10_000_000,
            search: 10_000_000,
            icon: 10_000_000,
        }
    }
}

impl RateLimits {
    /// The limit of a class.
    pub fn of(self, class: Class) -> u32 {
        match class {
            Class::Read => self.read,
            Class::Update => self.update,
            Class::Search => self.search,
            Class::Icon => self.icon,
        }
    }
}

/// The class of a request, by which it is limited.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    Read,
    Update,
    Search,
    Icon,
}

impl Class {
    pub(crate) fn of(method: &str, path: &str) -> Self {
        if method != "GET" && method != "HEAD" {
            Self::Update
        } else if path == "/api/v2/issues" || path == "/api/v2/issues/count" {
            Self::Search
        } else if path.ends_with("/icon") || path.ends_with("/image") {
            Self::Icon
        } else {
            Self::Read
        }
    }
}

/// The rest of one class in the current minute.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Quota {
    pub limit: u32,
    pub remaining: u32,
    /// Epoch seconds.
    pub reset: i64,
    pub exceeded: bool,
}

#[derive(Debug)]
pub(crate) struct RateLimiter {
    inner: Mutex<Counts>,
}

#[derive(Debug)]
struct Counts {
    limits: RateLimits,
    minute: i64,
    used: HashMap<(Id, Class), u32>,
}

impl RateLimiter {
    pub(crate) fn new(limits: RateLimits) -> Self {
        Self {
            inner: Mutex::new(Counts {
                limits,
                minute: 0,
                used: HashMap::new(),
            }),
        }
    }

    /// Takes effect at once, and resets the counts.
    pub(crate) fn set_limits(&self, limits: RateLimits) {
        let mut counts = self.inner.locked();
        counts.limits = limits;
        counts.used.clear();
    }

    /// Counts one request.
    pub(crate) fn count(&self, user: Id, class: Class, now: DateTime<Utc>) -> Quota {
        let mut counts = self.inner.locked();
        counts.turn_to(now);
        let limit = counts.limits.of(class);
        let used = counts.used.entry((user, class)).or_default();
        let exceeded = *used >= limit;
        if !exceeded {
            *used += 1;
        }
        Quota {
            limit,
            remaining: limit - *used,
            reset: (counts.minute + 1) * 60,
            exceeded,
        }
    }

    /// The response of `GET /rateLimit`.
    pub(crate) fn report(&self, user: Id, now: DateTime<Utc>) -> Value {
        let mut counts = self.inner.locked();
        counts.turn_to(now);
        let of = |class| {
            let limit = counts.limits.of(class);
            let used = counts.used.get(&(user, class)).copied().unwrap_or(0);
            json!({ "limit": limit, "remaining": limit - used, "reset": (counts.minute + 1) * 60 })
        };
        json!({ "rateLimit": {
            "read": of(Class::Read),
            "update": of(Class::Update),
            "search": of(Class::Search),
            "icon": of(Class::Icon),
        }})
    }
}

impl Counts {
    fn turn_to(&mut self, now: DateTime<Utc>) {
        let minute = now.timestamp().div_euclid(60);
        if minute != self.minute {
            self.minute = minute;
            self.used.clear();
        }
    }
}
