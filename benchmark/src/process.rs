//! The measured programs, as processes that end when their value is dropped.

use std::{
    net::SocketAddr,
    path::Path,
    process::Stdio,
    time::{Duration, Instant},
};

use anyhow::Context;
use tokio::{
    io::{AsyncBufReadExt, BufReader, Lines},
    net::TcpStream,
    process::{Child, ChildStdout, Command},
};

const TIMEOUT: Duration = Duration::from_mins(1);
/// The unit in which Linux reports processor time, regardless of its own clock.
const TICKS_PER_SECOND: u64 = 100;
const POLL_INTERVAL: Duration = Duration::from_millis(1);

pub(crate) struct Process {
    child: Child,
    output: Lines<BufReader<ChildStdout>>,
}

impl Process {
    /// Starts a program with nothing of this environment except its path.
    pub(crate) fn start(
        program: &Path,
        arguments: &[&str],
        settings: &[(&str, &str)],
    ) -> anyhow::Result<Self> {
        let mut child = Command::new(program)
            .args(arguments)
            .env_clear()
            .envs(settings.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("{} does not start", program.display()))?;
        let output = child.stdout.take().context("no standard output")?;
        Ok(Self {
            child,
            output: BufReader::new(output).lines(),
        })
    }

    /// Waits until something listens at an address.
    pub(crate) async fn listening(&mut self, address: SocketAddr) -> anyhow::Result<()> {
        let started = Instant::now();
        while TcpStream::connect(address).await.is_err() {
            if let Some(status) = self.child.try_wait()? {
                anyhow::bail!("the program ended: {status}");
            }
            anyhow::ensure!(started.elapsed() < TIMEOUT, "nothing listens at {address}");
            tokio::time::sleep(POLL_INTERVAL).await;
        }
        Ok(())
    }

    /// The next line of the program's output.
    pub(crate) async fn line(&mut self) -> anyhow::Result<String> {
        let line = tokio::time::timeout(TIMEOUT, self.output.next_line()).await??;
        line.context("the program ended")
    }

    /// Waits until `url` returns 200, and returns the time that this took.
    pub(crate) async fn ready(&mut self, url: &str) -> anyhow::Result<Duration> {
        let client = reqwest::Client::new();
        let started = Instant::now();
        loop {
            if let Ok(response) = client.get(url).send().await
                && response.status().is_success()
            {
                return Ok(started.elapsed());
            }
            if let Some(status) = self.child.try_wait()? {
                anyhow::bail!("the program ended: {status}");
            }
            anyhow::ensure!(started.elapsed() < TIMEOUT, "{url} does not respond");
            tokio::time::sleep(POLL_INTERVAL).await;
        }
    }

    /// Memory in bytes: resident now, and the highest so far.
    pub(crate) fn memory(&self) -> anyhow::Result<(u64, u64)> {
        let id = self.child.id().context("the program ended")?;
        let status = std::fs::read_to_string(format!("/proc/{id}/status"))?;
        let kib = |name: &str| {
            let line = status.lines().find(|line| line.starts_with(name))?;
            line.split_whitespace().nth(1)?.parse::<u64>().ok()
        };
        let read = |name| kib(name).with_context(|| format!("no {name}"));
        Ok((read("VmRSS:")? * 1024, read("VmHWM:")? * 1024))
    }

    /// Processor time so far, of all threads.
    pub(crate) fn cpu(&self) -> anyhow::Result<Duration> {
        let id = self.child.id().context("the program ended")?;
        let stat = std::fs::read_to_string(format!("/proc/{id}/stat"))?;
        // After the program's name, which may contain anything: `utime` and `stime` (proc(5)).
        let (_, fields) = stat.rsplit_once(')').context("no name")?;
        let ticks = fields
            .split_whitespace()
            .skip(11)
            .take(2)
            .map(str::parse::<u64>)
            .sum::<Result<u64, _>>()?;
        Ok(Duration::from_millis(ticks * 1000 / TICKS_PER_SECOND))
    }

    /// Ends the process like `kill -9`.
    pub(crate) async fn kill(mut self) -> anyhow::Result<()> {
        self.child.kill().await?;
        Ok(())
    }
}
