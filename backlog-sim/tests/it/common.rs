//! A running simulator and a client that speaks to it.

use backlog_sim::{BacklogSim, Id, SimOptions};
use reqwest::{Method, RequestBuilder, Response, redirect::Policy};
use serde_json::Value;

pub(crate) const REDIRECT_URI: &str = "http://127.0.0.1:9/callback";

pub(crate) struct Space {
    pub sim: BacklogSim,
    pub http: reqwest::Client,
}

impl Space {
    pub(crate) async fn start() -> Self {
        // An error means that another test of this process has installed it.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let options = SimOptions {
            redirect_uris: vec![REDIRECT_URI.to_owned()],
            ..SimOptions::default()
        };
        Self {
            sim: BacklogSim::start(options).await.unwrap(),
            http: reqwest::Client::builder()
                .no_proxy()
                .redirect(Policy::none())
                .build()
                .unwrap(),
        }
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let url = format!("{}{}", self.sim.url(), path.trim_start_matches('/'));
        self.http.request(method, url)
    }

    pub(crate) async fn token(&self, form: &[(&str, &str)]) -> Response {
        let client = [("client_id", "sim-client"), ("client_secret", "sim-secret")];
        self.request(Method::POST, "/api/v2/oauth2/token")
            .form(&[&client, form].concat())
            .send()
            .await
            .unwrap()
    }

    pub(crate) fn user(&self, user: Id) -> Caller<'_> {
        Caller {
            space: self,
            key: self.sim.control().issue_api_key(user),
        }
    }
}

/// One user's way to the API.
pub(crate) struct Caller<'a> {
    space: &'a Space,
    key: String,
}

impl Caller<'_> {
    /// Path and query are relative to `/api/v2`.
    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.space
            .request(method, &format!("/api/v2{path}"))
            .header("Backlog-API-Key", &self.key)
    }

    pub(crate) async fn get(&self, path: &str) -> (u16, Value) {
        answer(self.request(Method::GET, path)).await
    }

    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        form: &[(&str, &str)],
    ) -> (u16, Value) {
        answer(self.request(method, path).form(form)).await
    }
}

async fn answer(request: RequestBuilder) -> (u16, Value) {
    let response = request.send().await.unwrap();
    (response.status().as_u16(), response.json().await.unwrap())
}

/// The code of the first error of a body.
pub(crate) fn code(body: &Value) -> i64 {
    body["errors"][0]["code"].as_i64().unwrap()
}

/// A field of each element of a list.
pub(crate) fn each<'a>(list: &'a Value, field: &str) -> Vec<&'a Value> {
    let items = list.as_array().unwrap().iter();
    items.map(|item| &item[field]).collect()
}
