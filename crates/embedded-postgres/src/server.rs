//! The server process, and the watchdog that stops it when the hub dies.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, Connection};
use tokio::process::Child;
use tokio::time::{Instant, sleep, timeout};

use super::account::Account;
use super::cluster::Cluster;
use super::error::EmbeddedError;

/// Long enough to replay the log of a full `max_wal_size` on a slow disk.
const READY_WITHIN: Duration = Duration::from_mins(2);
/// How long to retry after a temporary failure.
const RETRY_WITHIN: Duration = Duration::from_secs(15);
/// How long a fast shutdown, which writes all data to disk, may take.
const STOPPED_WITHIN: Duration = Duration::from_mins(1);
const POLL: Duration = Duration::from_millis(20);
/// At a start, a log that is larger than this, in bytes, is rotated.
const LARGE_LOG: u64 = 10 << 20;

#[derive(Debug)]
pub(super) struct Server {
    postmaster: Child,
    watchdog: Watchdog,
    port: u16,
}

impl Server {
    /// Starts the server on a free port, and returns when it accepts connections with `options`.
    pub(super) async fn start(
        cluster: &Cluster,
        options: PgConnectOptions,
    ) -> Result<Self, EmbeddedError> {
        let failed = || EmbeddedError::io(&cluster.log);
        let give_up = Instant::now() + RETRY_WITHIN;
        loop {
            let mut log = open_log(&cluster.log).map_err(failed())?;
            let start_of_ours = log.seek(SeekFrom::End(0)).map_err(failed())?;
            let mut server = Self::spawn(cluster, &log)?;
            let Some(status) = server.ready(&options, &cluster.log).await? else {
                return Ok(server);
            };
            server.watchdog.dismiss();

            let mut said = String::new();
            log.seek(SeekFrom::Start(start_of_ours)).map_err(failed())?;
            log.read_to_string(&mut said).map_err(failed())?;
            if !passes(&said) || Instant::now() > give_up {
                return Err(EmbeddedError::Exited {
                    said: format!("{} ({status})", said.trim()),
                    log: cluster.log.clone(),
                });
            }
            sleep(POLL).await;
        }
    }

    fn spawn(cluster: &Cluster, log: &File) -> Result<Self, EmbeddedError> {
        let port = free_port().map_err(EmbeddedError::io("127.0.0.1"))?;
        let program = cluster.installation.program("postgres");
        let spawn = || {
            let mut command = cluster.account.command(&program);
            command.arg("-D").arg(&cluster.directory);
            for setting in [
                "listen_addresses=127.0.0.1",
                "unix_socket_directories=",
                &format!("port={port}"),
                // A failed statement may contain a secret.
                "log_min_error_statement=panic",
            ] {
                command.args(["-c", setting]);
            }
            command
                .stdout(log.try_clone()?)
                .stderr(log.try_clone()?)
                .spawn()
        };
        let mut watchdog = Watchdog::spawn(&cluster.account)?;
        let postmaster = spawn().map_err(EmbeddedError::io(&program))?;
        if let Err(error) = watchdog.watch(&postmaster) {
            signal(&postmaster, Signal::SIGINT)?;
            return Err(EmbeddedError::io("watchdog")(error));
        }
        Ok(Self {
            postmaster,
            watchdog,
            port,
        })
    }

    pub(super) fn port(&self) -> u16 {
        self.port
    }

    /// Waits until the server accepts connections; returns its exit status if it ends instead.
    async fn ready(
        &mut self,
        options: &PgConnectOptions,
        log: &Path,
    ) -> Result<Option<ExitStatus>, EmbeddedError> {
        let options = options.clone().port(self.port).database("postgres");
        let poll = async {
            loop {
                if let Some(status) = self.postmaster.try_wait().map_err(EmbeddedError::io(log))? {
                    return Ok(Some(status));
                }
                if let Ok(connection) = options.connect().await {
                    connection.close().await?;
                    return Ok(None);
                }
                sleep(POLL).await;
            }
        };
        timeout(READY_WITHIN, poll)
            .await
            .map_err(|_| EmbeddedError::NotReady {
                within: READY_WITHIN,
                log: log.to_owned(),
            })?
    }

    /// Stops the server, and waits until it has ended.
    pub(super) async fn stop(mut self) -> Result<(), EmbeddedError> {
        // SIGINT is a "fast" shutdown: it rolls back, writes all data to disk, and ends.
        signal(&self.postmaster, Signal::SIGINT)?;
        let ended = match timeout(STOPPED_WITHIN, self.postmaster.wait()).await {
            Ok(ended) => ended,
            Err(_) => {
                tracing::warn!(
                    "PostgreSQL did not stop in time and will recover at its next start"
                );
                // SIGQUIT is an "immediate" shutdown: it ends now, and loses nothing committed.
                signal(&self.postmaster, Signal::SIGQUIT)?;
                self.postmaster.wait().await
            }
        };
        self.watchdog.dismiss();
        ended.map(drop).map_err(EmbeddedError::io("postgres"))
    }
}

fn signal(process: &Child, signal: Signal) -> Result<(), EmbeddedError> {
    let Some(pid) = process.id() else {
        return Ok(()); // It has ended and was waited for.
    };
    kill(Pid::from_raw(pid.cast_signed()), signal)
        .map_err(|errno| EmbeddedError::io("postgres")(errno.into()))
}

/// A process that outlives us by a moment: if our pipe to it closes without a second line, we are
/// dead, and it signals the server to stop.
#[derive(Debug)]
struct Watchdog(std::process::Child);

impl Watchdog {
    /// The first line is the process id; a second one means that the server has ended.
    const SCRIPT: &str = r#"read -r pid && { read -r _ || kill -INT "$pid"; }"#;

    fn spawn(account: &Account) -> Result<Self, EmbeddedError> {
        let shell = Path::new("/bin/sh");
        let mut command = account.command(shell).into_std();
        command
            .args(["-c", Self::SCRIPT])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        command.spawn().map(Self).map_err(EmbeddedError::io(shell))
    }

    fn watch(&mut self, process: &Child) -> io::Result<()> {
        match (&mut self.0.stdin, process.id()) {
            (Some(pipe), Some(pid)) => writeln!(pipe, "{pid}"),
            _ => Ok(()),
        }
    }

    /// Ends the watchdog without a signal to the server.
    fn dismiss(mut self) {
        // An error means that another process ended it first.
        if let Some(mut pipe) = self.0.stdin.take() {
            drop(pipe.write_all(b"stopped\n"));
        }
        drop(self.0.wait());
    }
}

/// Whether another attempt may help: the port was taken after we chose it, or children of a killed
/// server still hold its memory and are about to end.
fn passes(said: &str) -> bool {
    said.contains("Address already in use") || said.contains("is still in use")
}

fn free_port() -> io::Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    Ok(listener.local_addr()?.port())
}

fn open_log(path: &Path) -> io::Result<File> {
    if path.metadata().is_ok_and(|log| log.len() > LARGE_LOG) {
        std::fs::rename(path, path.with_added_extension("1"))?;
    }
    OpenOptions::new()
        .read(true)
        .append(true)
        .create(true)
        .mode(0o600)
        .open(path)
}
