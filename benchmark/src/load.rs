//! Load over HTTP/1.1: each connection sends its next request after the previous response.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use anyhow::Context;
use bytes::Bytes;
use hdrhistogram::Histogram;
use http_body_util::{BodyExt, Full};
use hyper::{Request, StatusCode, client::conn::http1};
use hyper_util::rt::TokioIo;
use tokio::{net::TcpStream, task::JoinSet};

/// Excluded from the measurement, because caches are still cold.
pub(crate) const WARM_UP: Duration = Duration::from_secs(2);

/// One connection's requests.
pub(crate) trait Requests: Send + 'static {
    /// The next one; `None` ends the connection.
    fn next(&mut self) -> Option<Request<Full<Bytes>>>;

    /// Checks a response; an error counts as a wrong response.
    fn check(&mut self, status: StatusCode, body: &Bytes) -> anyhow::Result<()> {
        anyhow::ensure!(
            status.is_success(),
            "{status}: {}",
            String::from_utf8_lossy(&body[..body.len().min(300)])
        );
        Ok(())
    }
}

/// The result of a load.
pub(crate) struct Outcome {
    /// In microseconds.
    pub latencies: Histogram<u64>,
    /// Includes the warm-up.
    pub responses: u64,
    pub elapsed: Duration,
    pub wrong: u64,
    pub first_error: Option<String>,
}

impl Outcome {
    pub(crate) fn per_second(&self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
        let count = self.latencies.len() as f64;
        count / self.elapsed.as_secs_f64()
    }

    pub(crate) fn quantile(&self, quantile: f64) -> Duration {
        Duration::from_micros(self.latencies.value_at_quantile(quantile))
    }

    /// Fails if any response was wrong.
    pub(crate) fn sound(self) -> anyhow::Result<Self> {
        match &self.first_error {
            None => Ok(self),
            Some(error) => anyhow::bail!("{} wrong responses, the first: {error}", self.wrong),
        }
    }
}

/// How long a load lasts.
#[derive(Clone, Copy)]
pub(crate) enum Lasts {
    /// A warm-up, then this long.
    For(Duration),
    /// Until no connection has requests left; no warm-up.
    UntilDone,
}

/// Runs one connection for each of `connections` and merges their results.
pub(crate) async fn run<R: Requests>(
    target: SocketAddr,
    connections: Vec<R>,
    lasts: Lasts,
) -> anyhow::Result<Outcome> {
    let started = Instant::now();
    let (counted_from, until) = match lasts {
        Lasts::For(duration) => (started + WARM_UP, Some(started + WARM_UP + duration)),
        Lasts::UntilDone => (started, None),
    };
    let mut tasks = JoinSet::new();
    for requests in connections {
        tasks.spawn(connection(target, requests, counted_from, until));
    }
    let mut latencies = histogram()?;
    let (mut responses, mut wrong, mut first_error) = (0, 0, None);
    while let Some(done) = tasks.join_next().await {
        let seen = done??;
        latencies.add(seen.latencies)?;
        responses += seen.responses;
        wrong += seen.wrong;
        first_error = first_error.or(seen.first_error);
    }
    Ok(Outcome {
        latencies,
        responses,
        elapsed: counted_from.elapsed(),
        wrong,
        first_error,
    })
}

pub(crate) fn histogram() -> anyhow::Result<Histogram<u64>> {
    Histogram::new_with_bounds(1, 120_000_000, 3).context("histogram")
}

struct Seen {
    latencies: Histogram<u64>,
    responses: u64,
    wrong: u64,
    first_error: Option<String>,
}

async fn connection<R: Requests>(
    target: SocketAddr,
    mut requests: R,
    counted_from: Instant,
    until: Option<Instant>,
) -> anyhow::Result<Seen> {
    let stream = TcpStream::connect(target).await?;
    stream.set_nodelay(true)?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    let driver = tokio::spawn(connection);
    let mut seen = Seen {
        latencies: histogram()?,
        responses: 0,
        wrong: 0,
        first_error: None,
    };
    while until.is_none_or(|until| Instant::now() < until)
        && let Some(request) = requests.next()
    {
        sender.ready().await?;
        let sent = Instant::now();
        let response = sender.send_request(request).await?;
        let status = response.status();
        let body = response.into_body().collect().await?.to_bytes();
        seen.responses += 1;
        if sent >= counted_from {
            let micros = u64::try_from(sent.elapsed().as_micros())?;
            seen.latencies.record(micros.max(1))?;
        }
        if let Err(error) = requests.check(status, &body) {
            seen.wrong += 1;
            seen.first_error.get_or_insert_with(|| error.to_string());
        }
    }
    driver.abort();
    Ok(seen)
}
