//! Three processes of the program behind nginx, as a company runs it: none of them knows of
//! the others, and nothing pins a client to one.

use std::ops::Deref;

use backlog_sim::Id;
use reqwest::StatusCode;
use serde_json::json;
use tokio::time::Instant;

use super::{
    hub::eventually,
    nginx::Nginx,
    person::{Tokens, call, call_request, result},
    process::{Deployment, Port, Process},
    site::http,
};

pub(crate) struct Replicas {
    // Dropped before what it passes requests to.
    pub nginx: Nginx,
    processes: Vec<Option<Process>>,
    ports: [Port; 3],
    deployment: Deployment,
    database_url: Option<String>,
    /// The master keys of those that start from now on, unless the deployment's.
    pub ring: Option<String>,
}

impl Deref for Replicas {
    type Target = Deployment;

    fn deref(&self) -> &Deployment {
        &self.deployment
    }
}

impl Replicas {
    pub(crate) async fn start() -> Self {
        Self::start_on(None).await
    }

    /// On a database that the test looks after.
    pub(crate) async fn start_on(database_url: Option<String>) -> Self {
        let ports = [(); 3].map(|()| Port::reserve());
        let nginx = Nginx::start(&ports).await;
        let mut replicas = Self {
            deployment: Deployment::behind(&nginx.port).await,
            nginx,
            processes: vec![None, None, None],
            ports,
            database_url,
            ring: None,
        };
        for number in 0..3 {
            replicas.start_one(number).await;
        }
        // nginx may have found one of them not there yet.
        for number in 0..3 {
            replicas.gets_requests(number).await;
        }
        replicas
    }

    /// Waits until nginx sends requests to one of them: after a failure, not at once.
    pub(crate) async fn gets_requests(&self, number: usize) {
        let port = self.ports[number].number;
        let before = self.nginx.served().len();
        let (http, url) = (http(), self.site.url("/health"));
        eventually("it gets requests", async || {
            http.get(&url).send().await.expect("nginx");
            let served = self.nginx.served();
            served[before..]
                .iter()
                .any(|request| request.replicas.last() == Some(&port))
        })
        .await;
    }

    /// Starts one of them; returns once it is ready.
    pub(crate) async fn start_one(&mut self, number: usize) {
        let port = &self.ports[number];
        let mut command = self.deployment.command_at(port);
        if let Some(url) = &self.database_url {
            command.env("DATABASE_URL", url);
        }
        if let Some(ring) = &self.ring {
            command.env("ENCRYPTION_KEYS", ring);
        }
        self.processes[number] = Some(Process::start(command, port.url()).await);
    }

    /// Kills one of them as a crash would.
    pub(crate) async fn kill_one(&mut self, number: usize) {
        let process = self.processes[number].take().expect("it runs");
        process.kill().await;
    }

    /// Stops one of them in order; returns once it is gone.
    pub(crate) async fn stop_one(&mut self, number: usize) {
        let mut process = self.processes[number].take().expect("it runs");
        process.terminate();
        assert_eq!(process.ended().await.code(), Some(0));
    }

    /// Restarts one after the other.
    pub(crate) async fn restart(&mut self) {
        for number in 0..3 {
            self.stop_one(number).await;
            self.start_one(number).await;
            // That it is ready is not enough: nginx has to have noticed.
            self.gets_requests(number).await;
        }
    }

    /// Where each of them is reached without nginx.
    pub(crate) fn urls(&self) -> [String; 3] {
        self.ports.each_ref().map(Port::url)
    }

    /// What each of them says to a call with this token.
    pub(crate) async fn statuses(&self, tokens: &Tokens) -> Vec<u16> {
        self.statuses_at("", &tokens.access_token).await
    }

    /// The same, at a path such as `/spaces/acme`.
    pub(crate) async fn statuses_at(&self, path: &str, access_token: &str) -> Vec<u16> {
        let mut statuses = Vec::new();
        for url in self.urls() {
            let url = format!("{url}{path}");
            let call = call_request(&url, access_token, "get_myself", json!({}));
            statuses.push(call.send().await.expect("an answer").status().as_u16());
        }
        statuses
    }

    /// Waits until each of them says this to a call, and tells how long it took.
    pub(crate) async fn all_say(&self, what: &str, path: &str, access_token: &str, status: u16) {
        let since = Instant::now();
        eventually(what, async || {
            self.statuses_at(path, access_token).await == [status; 3]
        })
        .await;
        eprintln!("{what}: at all replicas after {:?}", since.elapsed());
    }

    /// Asserts that a token works at each of them, for this user.
    pub(crate) async fn assert_work(&self, tokens: &Tokens, user: Id) {
        for url in self.urls() {
            let (status, body) = call(&url, &tokens.access_token, "get_myself", json!({})).await;
            assert_eq!(status, StatusCode::OK, "{url}: {body}");
            assert_eq!(result(&body)["id"], json!(user), "{url}");
        }
    }
}
