//! The past of a space, as requests of its users.
//!
//! A value may contain `{label}`: the id of what the event with this label added, or
//! `{label.key}`, the key of an issue.

use std::collections::{BTreeMap, HashMap, btree_map::Entry};

use anyhow::Context;
use backlog_sim::{BacklogSim, Id};
use chrono::{DateTime, Utc};
use reqwest::Method;
use serde_json::Value;

use crate::efficiency::backlog::Backlog;

#[derive(Debug, Default)]
pub(super) struct Events(Vec<Event>);

#[derive(Debug)]
pub(super) struct Event {
    at: DateTime<Utc>,
    user: Id,
    method: Method,
    path: String,
    form: Vec<(String, String)>,
    label: String,
}

impl Event {
    #[expect(
        clippy::needless_pass_by_value,
        reason = "callers pass numbers and texts as they have them"
    )]
    pub(super) fn with(&mut self, name: &str, value: impl ToString) -> &mut Self {
        self.form.push((name.to_owned(), value.to_string()));
        self
    }

    pub(super) fn labelled(&mut self, label: impl Into<String>) -> &mut Self {
        self.label = label.into();
        self
    }
}

impl Events {
    /// Adds something at a time such as `2026-11-09T01:00`, in UTC.
    pub(super) fn post(&mut self, at: &str, user: Id, path: &str) -> &mut Event {
        self.add(at, user, Method::POST, path)
    }

    /// Changes something.
    pub(super) fn patch(&mut self, at: &str, user: Id, path: &str) -> &mut Event {
        self.add(at, user, Method::PATCH, path)
    }

    fn add(&mut self, at: &str, user: Id, method: Method, path: &str) -> &mut Event {
        self.0.push(Event {
            at: format!("{at}:00Z").parse().expect("a time"),
            user,
            method,
            path: path.to_owned(),
            form: Vec::new(),
            label: String::new(),
        });
        self.0.last_mut().expect("an event was added")
    }

    /// Makes the events in the order of their times.
    pub(super) async fn make(mut self, sim: &BacklogSim) -> anyhow::Result<()> {
        self.0.sort_by_key(|event| event.at);
        let mut users = BTreeMap::new();
        for event in &self.0 {
            if let Entry::Vacant(new) = users.entry(event.user) {
                new.insert(Backlog::of(sim, event.user)?);
            }
        }
        let mut labels = Labels::default();
        for event in self.0 {
            sim.control().stop_clock_at(event.at);
            let backlog = &users[&event.user];
            let form = event.form.into_iter();
            let form: Vec<_> = form
                .map(|(name, value)| (name, labels.fill(&value)))
                .collect();
            let path = labels.fill(&event.path);
            let made = backlog.send_form(event.method, &path, &form).await;
            let made = made.with_context(|| format!("{} {path} {form:?}", event.at))?;
            if !event.label.is_empty() {
                labels.add(&event.label, &made);
                if path == "projects" {
                    labels.add_type(&event.label, backlog).await?;
                }
            }
        }
        Ok(())
    }
}

#[derive(Debug, Default)]
struct Labels(HashMap<String, String>);

impl Labels {
    fn add(&mut self, label: &str, made: &Value) {
        self.0
            .insert(format!("{{{label}}}"), made["id"].to_string());
        if let Some(key) = made["issueKey"].as_str() {
            self.0.insert(format!("{{{label}.key}}"), key.to_owned());
        }
    }

    /// Adds the first type of a new project.
    async fn add_type(&mut self, project: &str, backlog: &Backlog) -> anyhow::Result<()> {
        let path = format!("projects/{project}/issueTypes");
        let types = backlog.get(&path, &[]).await?;
        self.add(&format!("{project}.type"), &types[0]);
        Ok(())
    }

    fn fill(&self, text: &str) -> String {
        if !text.contains('{') {
            return text.to_owned();
        }
        let mut text = text.to_owned();
        for (label, value) in &self.0 {
            if text.contains(label.as_str()) {
                text = text.replace(label.as_str(), value);
            }
        }
        text
    }
}
