//! A Backlog in memory with a limit of changes a minute, and a clock that moves only by changes and
//! waits.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Mutex,
    time::Duration,
};

use async_trait::async_trait;
use backlog_client::{BacklogUrl, Left};
use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use serde_json::{Value, json};

use crate::{
    domain::{audit_event::ToolOutcome, upload_link::UploadedFile},
    toolkit::{
        consent::Consent,
        name_kind::NameKind,
        progress::ProgressSink,
        work::{NamedId, Operated, OperationError, Operations},
    },
};

/// A Backlog with a limit of changes a minute.
pub(crate) struct FakeBacklog {
    /// Changes a minute.
    pub limit: usize,
    /// How long a change takes.
    pub takes: Duration,
    /// The outcomes of changes other than success, by their place from 0.
    pub fails: BTreeMap<usize, ToolOutcome>,
    url: BacklogUrl,
    progress: ProgressSink,
    state: Mutex<State>,
}

struct State {
    now: DateTime<Utc>,
    minute: i64,
    used: usize,
    /// Every change that was tried: the tool and its arguments.
    changes: Vec<(&'static str, Value)>,
    waits: usize,
}

impl FakeBacklog {
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            limit,
            takes: Duration::from_millis(200),
            fails: BTreeMap::new(),
            url: BacklogUrl::parse("https://acme.backlog.com").unwrap(),
            progress: ProgressSink::default(),
            state: Mutex::new(State {
                now: "2026-12-02T01:00:00Z".parse().unwrap(),
                minute: 0,
                used: 0,
                changes: Vec::new(),
                waits: 0,
            }),
        }
    }

    /// Every change that was tried: the tool and its arguments.
    pub(crate) fn changes(&self) -> Vec<(&'static str, Value)> {
        self.state.lock().unwrap().changes.clone()
    }

    pub(crate) fn waits(&self) -> usize {
        self.state.lock().unwrap().waits
    }
}

impl State {
    fn advance(&mut self, duration: Duration) {
        self.now += TimeDelta::from_std(duration).unwrap();
        let minute = self.now.timestamp().div_euclid(60);
        if minute != self.minute {
            (self.minute, self.used) = (minute, 0);
        }
    }
}

#[async_trait]
impl Operations for FakeBacklog {
    fn allows(&self, _: &str) -> bool {
        true
    }

    async fn run(&self, tool: &'static str, arguments: Value) -> Result<Operated, OperationError> {
        // Here a caller can cancel.
        tokio::task::yield_now().await;
        let mut state = self.state.lock().unwrap();
        state.advance(self.takes);
        let place = state.changes.len();
        state.changes.push((tool, arguments));
        state.used += 1;
        let outcome = match self.fails.get(&place) {
            Some(outcome) => *outcome,
            None if state.used > self.limit => ToolOutcome::RateLimited,
            None => ToolOutcome::Ok,
        };
        match outcome {
            ToolOutcome::Ok => Ok(Operated {
                value: json!({"id": place, "issueKey": format!("H-{place}")}),
                ..Operated::default()
            }),
            outcome => Err(OperationError {
                outcome,
                status: None,
                text: format!("{outcome:?}."),
            }),
        }
    }

    async fn names(&self, _: NameKind, _: Option<&str>) -> Result<Vec<NamedId>, OperationError> {
        Ok(Vec::new())
    }

    async fn myself(&self) -> Result<NamedId, OperationError> {
        Ok(NamedId {
            id: 1,
            name: String::new(),
            others: Vec::new(),
        })
    }

    async fn time_zone(&self) -> Result<Tz, OperationError> {
        Ok(Tz::Asia__Tokyo)
    }

    async fn left(&self, _: &'static str) -> Result<Option<Left>, OperationError> {
        let state = self.state.lock().unwrap();
        let until = DateTime::from_timestamp((state.minute + 1) * 60, 0).unwrap();
        let requests = self.limit.saturating_sub(state.used);
        // As before the first response.
        Ok((state.minute > 0).then_some(Left { requests, until }))
    }

    async fn uploaded(&self, _link: &str) -> Result<UploadedFile, OperationError> {
        unreachable!("no upload")
    }

    fn space(&self) -> &BacklogUrl {
        &self.url
    }

    fn now(&self) -> DateTime<Utc> {
        self.state.lock().unwrap().now
    }

    async fn wait(&self, duration: Duration) {
        let mut state = self.state.lock().unwrap();
        state.advance(duration);
        state.waits += 1;
    }

    fn progress(&self) -> &ProgressSink {
        &self.progress
    }

    fn max_tokens(&self) -> usize {
        20_000
    }

    fn consent(&self) -> &Consent {
        &Consent::Unavailable
    }

    fn allowed_projects(&self) -> Option<&BTreeSet<String>> {
        None
    }
}
