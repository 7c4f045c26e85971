//! The loads of the matrix.

use std::time::Duration;

use anyhow::Context;
use bytes::Bytes;
use http_body_util::Full;
use hyper::{Request, StatusCode, header};

use super::{
    cell::{Cell, Direct, Server, Work},
    sample::Sample,
    servers::Running,
    sign_in::{self, Grant},
};
use crate::{
    cases::requests::{Calls, Refreshes},
    load::{self, Lasts, Outcome, Requests},
    world::World,
};

/// The requests that a connection makes at least, one after the other.
const AT_LEAST: u32 = 20;

/// Measures a place of the matrix once, at one server. `grants` are those of its calls.
pub(super) async fn measure(
    cell: &Cell,
    running: &Running,
    world: &World,
    grants: &[Grant],
    lasts: Duration,
) -> anyhow::Result<Sample> {
    // A load ends with its last response, so a few long ones would say little.
    let lasts = lasts.max(cell.latency * AT_LEAST);
    // Each token is refreshed once, so each round needs others. They are not a part of the load.
    let fresh = match cell.work {
        Work::Refresh => running.grants(world, cell.connections).await?,
        _ => Vec::new(),
    };
    world.backlog.delay(cell.latency).await?;
    let before = running.cpu()?;
    let outcome = send(cell, running, (grants, fresh), lasts).await;
    let cpu = running.cpu()?.saturating_sub(before);
    world.backlog.delay(Duration::ZERO).await?;
    Ok(Sample::new(&outcome?.sound()?, cpu))
}

async fn send(
    cell: &Cell,
    running: &Running,
    (grants, fresh): (&[Grant], Vec<Grant>),
    lasts: Duration,
) -> anyhow::Result<Outcome> {
    let host = running.address.to_string();
    let proof = cell.work.proof();
    let grants = grants.iter().take(cell.connections);
    match cell.work {
        Work::SignIn => {
            let target = running
                .target
                .as_ref()
                .context("this server has no sign-in")?;
            sign_in::load(target, cell.connections, lasts).await
        }
        Work::Refresh => {
            let refreshes = fresh
                .into_iter()
                .map(|grant| Refreshes::at(host.clone(), grant.client_id, grant.refresh));
            load::run(running.address, refreshes.collect(), Lasts::For(lasts)).await
        }
        work if matches!(running.server, Server::Hub | Server::Upstream) => {
            let message = work.message(cell.version).context("not a message")?;
            let calls =
                grants.map(|grant| Calls::to(host.clone(), &grant.access, message.clone(), proof));
            load::run(running.address, calls.collect(), Lasts::For(lasts)).await
        }
        work => {
            let direct = work.direct().context("not one request")?;
            let requests = grants.map(|grant| Passed {
                host: host.clone(),
                token: grant.access.clone(),
                direct,
                proof,
            });
            load::run(running.address, requests.collect(), Lasts::For(lasts)).await
        }
    }
}

/// Requests to Backlog through a server that passes them on.
struct Passed {
    host: String,
    token: String,
    direct: Direct,
    proof: &'static str,
}

impl Requests for Passed {
    fn next(&mut self) -> Option<Request<Full<Bytes>>> {
        let Direct { method, path, form } = self.direct;
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, &self.host)
            .header(header::AUTHORIZATION, format!("Bearer {}", self.token));
        if form.is_some() {
            request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        }
        let body = Full::from(form.unwrap_or_default());
        let request = request.body(body);
        Some(request.unwrap_or_else(|error| unreachable!("the parts are fixed: {error}")))
    }

    fn check(&mut self, status: StatusCode, body: &Bytes) -> anyhow::Result<()> {
        let text = std::str::from_utf8(body)?;
        anyhow::ensure!(
            status.is_success() && text.contains(self.proof),
            "{status}: {}",
            text.chars().take(300).collect::<String>()
        );
        Ok(())
    }
}
