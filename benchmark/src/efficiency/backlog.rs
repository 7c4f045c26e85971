//! The API of the simulated Backlog as one of its users, beside the servers that are measured.

use anyhow::{Context, ensure};
use backlog_sim::{BacklogSim, Id};
use foundation::tls_config;
use reqwest::{Client, Method};
use serde_json::Value;
use url::Url;

/// The number of things on a page.
const PAGE: usize = 100;

pub(super) struct Backlog {
    client: Client,
    api: Url,
    key: String,
}

impl Backlog {
    pub(super) fn of(sim: &BacklogSim, user: Id) -> anyhow::Result<Self> {
        Ok(Self {
            client: Client::builder()
                .tls_backend_preconfigured(tls_config()?)
                .no_proxy()
                .build()?,
            api: sim.url().join("api/v2/")?,
            key: sim.control().issue_api_key(user),
        })
    }

    pub(super) async fn get(&self, path: &str, query: &[(&str, &str)]) -> anyhow::Result<Value> {
        let request = self.client.get(self.api.join(path)?).query(query);
        self.send(request, path).await
    }

    pub(super) async fn send_form(
        &self,
        method: Method,
        path: &str,
        form: &[(String, String)],
    ) -> anyhow::Result<Value> {
        let request = self.client.request(method, self.api.join(path)?).form(form);
        self.send(request, path).await
    }

    /// Every issue that the user can see, the oldest first.
    pub(super) async fn issues(&self) -> anyhow::Result<Vec<Value>> {
        let mut issues = Vec::new();
        loop {
            let (count, offset) = (PAGE.to_string(), issues.len().to_string());
            let query = [
                ("count", &*count),
                ("offset", &offset),
                ("order", "asc"),
                ("sort", "created"),
            ];
            let page = self.get("issues", &query).await?;
            let page = page.as_array().context("a list")?;
            issues.extend(page.iter().cloned());
            if page.len() < PAGE {
                return Ok(issues);
            }
        }
    }

    async fn send(&self, request: reqwest::RequestBuilder, path: &str) -> anyhow::Result<Value> {
        let response = request.header("Backlog-API-Key", &self.key).send().await?;
        let status = response.status();
        let text = response.text().await?;
        ensure!(status.is_success(), "{path}: {status}: {text}");
        match text.is_empty() {
            true => Ok(Value::Null),
            false => Ok(serde_json::from_str(&text)?),
        }
    }
}
