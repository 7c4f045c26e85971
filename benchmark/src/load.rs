//! Load over HTTP/1.1: each connection sends its next request when the last is answered.

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

/// Counted from the first second on: what is cold then is not what is measured.
const WARM_UP: Duration = Duration::from_secs(2);

/// One connection's requests.
pub trait Requests: Send + 'static {
    /// The next one; `None` ends the connection.
    fn next(&mut self) -> Option<Request<Full<Bytes>>>;

    /// Reads an answer; an error counts as a wrong one.
    fn answered(&mut self, status: StatusCode, body: &Bytes) -> anyhow::Result<()> {
        anyhow::ensure!(
            status.is_success(),
            "{status}: {}",
            String::from_utf8_lossy(&body[..body.len().min(300)])
        );
        Ok(())
    }
}

/// What came of a load.
pub struct Outcome {
    /// In microseconds.
    pub latencies: Histogram<u64>,
    /// Those of the warm-up too.
    pub answers: u64,
    pub elapsed: Duration,
    pub wrong: u64,
    pub first_error: Option<String>,
}

impl Outcome {
    pub fn per_second(&self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
        let count = self.latencies.len() as f64;
        count / self.elapsed.as_secs_f64()
    }

    pub fn quantile(&self, quantile: f64) -> Duration {
        Duration::from_micros(self.latencies.value_at_quantile(quantile))
    }

    /// A figure with wrong answers in it is none.
    pub fn sound(self) -> anyhow::Result<Self> {
        match &self.first_error {
            None => Ok(self),
            Some(error) => anyhow::bail!("{} wrong answers, the first: {error}", self.wrong),
        }
    }
}

/// How long a load lasts.
#[derive(Clone, Copy)]
pub enum Lasts {
    /// A warm-up, then so long.
    For(Duration),
    /// Until every connection has no more requests; no warm-up.
    UntilDone,
}

/// Runs one connection for each of `connections` and merges what they saw.
pub async fn run<R: Requests>(
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
    let (mut answers, mut wrong, mut first_error) = (0, 0, None);
    while let Some(done) = tasks.join_next().await {
        let seen = done??;
        latencies.add(seen.latencies)?;
        answers += seen.answers;
        wrong += seen.wrong;
        first_error = first_error.or(seen.first_error);
    }
    Ok(Outcome {
        latencies,
        answers,
        elapsed: counted_from.elapsed(),
        wrong,
        first_error,
    })
}

fn histogram() -> anyhow::Result<Histogram<u64>> {
    Histogram::new_with_bounds(1, 120_000_000, 3).context("histogram")
}

struct Seen {
    latencies: Histogram<u64>,
    answers: u64,
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
        answers: 0,
        wrong: 0,
        first_error: None,
    };
    while until.is_none_or(|until| Instant::now() < until)
        && let Some(request) = requests.next()
    {
        sender.ready().await?;
        let sent = Instant::now();
        let answer = sender.send_request(request).await?;
        let status = answer.status();
        let body = answer.into_body().collect().await?.to_bytes();
        seen.answers += 1;
        if sent >= counted_from {
            let micros = u64::try_from(sent.elapsed().as_micros())?;
            seen.latencies.record(micros.max(1))?;
        }
        if let Err(error) = requests.answered(status, &body) {
            seen.wrong += 1;
            seen.first_error.get_or_insert_with(|| error.to_string());
        }
    }
    driver.abort();
    Ok(seen)
}
