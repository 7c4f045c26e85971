//! A PostgreSQL server of a test's own, to be restarted, killed, copied and promoted.

use std::{
    ffi::OsStr,
    fs::Permissions,
    os::unix::{
        fs::{PermissionsExt, chown},
        process::CommandExt,
    },
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::{Pid, User, geteuid},
};
use sqlx::{PgPool, postgres::PgPoolOptions};
use tempfile::TempDir;

use super::process::{Port, until};

/// Stopped and removed when dropped.
pub(crate) struct Cluster {
    directory: TempDir,
    port: Port,
}

impl Cluster {
    /// A new one, running, with an empty database `hub`.
    pub(crate) async fn start() -> Self {
        let cluster = Self::in_a_directory();
        cluster.run(
            "initdb",
            [
                "--pgdata=data",
                "--username=postgres",
                "--auth=trust",
                "--encoding=UTF8",
                "--no-locale",
                "--no-sync",
            ],
        );
        cluster.up();
        let pool = PgPool::connect(&cluster.url("postgres")).await.expect("up");
        sqlx::query("CREATE DATABASE hub")
            .execute(&pool)
            .await
            .expect("a database");
        pool.close().await;
        cluster
    }

    /// A standby that follows it by streaming, caught up.
    pub(crate) async fn standby(&self) -> Self {
        let standby = Self::in_a_directory();
        let port = format!("--port={}", self.port.number);
        let copy = [
            "--pgdata=data",
            "--host=127.0.0.1",
            &port,
            "--username=postgres",
            "--write-recovery-conf",
            "--checkpoint=fast",
            "--no-sync",
        ];
        standby.run("pg_basebackup", copy);
        standby.up();
        let pool = self.pool("postgres");
        until("the standby streams", async || {
            let streaming = "SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming'";
            let count: i64 = sqlx::query_scalar(streaming)
                .fetch_one(&pool)
                .await
                .unwrap();
            count == 1
        })
        .await;
        pool.close().await;
        standby
    }

    /// From now on nothing is committed that a standby has not stored.
    pub(crate) async fn replicate_synchronously(&self) {
        let pool = self.pool("postgres");
        for statement in [
            "ALTER SYSTEM SET synchronous_standby_names = '*'",
            "SELECT pg_reload_conf()",
        ] {
            sqlx::query(statement)
                .execute(&pool)
                .await
                .expect(statement);
        }
        until("replication is synchronous", async || {
            let synchronous = "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'";
            let count: i64 = sqlx::query_scalar(synchronous)
                .fetch_one(&pool)
                .await
                .unwrap();
            count == 1
        })
        .await;
        pool.close().await;
    }

    pub(crate) fn url(&self, database: &str) -> String {
        let port = self.port.number;
        format!("postgres://postgres@127.0.0.1:{port}/{database}")
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> (&'static str, u16) {
        ("127.0.0.1", self.port.number)
    }

    /// A few connections, opened when they are needed.
    pub(crate) fn pool(&self, database: &str) -> PgPool {
        PgPoolOptions::new()
            .max_connections(2)
            .connect_lazy(&self.url(database))
            .expect("a URL")
    }

    /// Starts the server; returns once it answers.
    pub(crate) fn up(&self) {
        let options = format!(
            "-c listen_addresses=127.0.0.1 -c port={} -c unix_socket_directories= -c fsync=off",
            self.port.number
        );
        let log = "--log=server.log";
        let data = "--pgdata=data";
        self.run(
            "pg_ctl",
            ["start", "--wait", data, log, "--options", &options],
        );
    }

    /// Stops it as an operator's restart does; sessions are cut off.
    pub(crate) fn down(&self) {
        self.run("pg_ctl", ["stop", "--wait", "--pgdata=data", "--mode=fast"]);
    }

    /// Kills it (SIGKILL); returns once nobody listens.
    pub(crate) async fn kill(&self) {
        let id = self.main_process().expect("it runs");
        kill(id, Signal::SIGKILL).expect("it is ours");
        until("nobody listens", async || {
            tokio::net::TcpStream::connect(self.address())
                .await
                .is_err()
        })
        .await;
    }

    /// Makes a standby the primary; returns once it takes writes.
    pub(crate) fn promote(&self) {
        self.run("pg_ctl", ["promote", "--wait", "--pgdata=data"]);
    }

    fn in_a_directory() -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let (uid, gid) = account();
        // Passed through by PostgreSQL's account where that is not ours.
        std::fs::set_permissions(directory.path(), Permissions::from_mode(0o711)).unwrap();
        chown(directory.path(), Some(uid), Some(gid)).expect("an account for PostgreSQL");
        Self {
            directory,
            port: Port::reserve(),
        }
    }

    fn main_process(&self) -> Option<Pid> {
        let file = self.directory.path().join("data/postmaster.pid");
        let text = std::fs::read_to_string(file).ok()?;
        text.lines().next()?.parse().ok().map(Pid::from_raw)
    }

    fn run<A: AsRef<OsStr>>(&self, program: &str, arguments: impl IntoIterator<Item = A>) {
        let status = self.command(program, arguments).status();
        assert!(
            status.expect(program).success(),
            "{program}: {}",
            std::fs::read_to_string(self.directory.path().join("output")).unwrap_or_default()
        );
    }

    /// PostgreSQL refuses to run as root.
    fn command<A: AsRef<OsStr>>(
        &self,
        program: &str,
        arguments: impl IntoIterator<Item = A>,
    ) -> Command {
        let output = std::fs::File::create(self.directory.path().join("output")).expect("a file");
        let mut command = Command::new(programs().join(program));
        command
            .args(arguments)
            .current_dir(self.directory.path())
            .env("LC_ALL", "C")
            .stdin(Stdio::null())
            .stdout(output.try_clone().expect("a file"))
            .stderr(output)
            // A Ctrl-C at the terminal is not for the server.
            .process_group(0);
        if geteuid().is_root() {
            let (uid, gid) = account();
            command.uid(uid).gid(gid);
        }
        command
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let log = self.directory.path().join("server.log");
            let log = std::fs::read_to_string(log).unwrap_or_default();
            eprintln!("--- PostgreSQL at {} said:\n{log}---", self.port.number);
        }
        let stop = ["stop", "--pgdata=data", "--mode=immediate"];
        // It may be down already.
        drop(self.command("pg_ctl", stop).status());
    }
}

/// Whom it runs as: ourselves, or an account without rights if we are root.
pub(crate) fn account() -> (u32, u32) {
    let user = match geteuid() {
        root if root.is_root() => ["postgres", "nobody"]
            .into_iter()
            .find_map(|name| User::from_name(name).ok().flatten()),
        me => User::from_uid(me).ok().flatten(),
    };
    let user = user.expect("an account");
    (user.uid.as_raw(), user.gid.as_raw())
}

/// The directory of its programs: as `scripts/test` says, or the newest of Debian's.
fn programs() -> PathBuf {
    if let Some(directory) = std::env::var_os("POSTGRES_BINARIES") {
        return directory.into();
    }
    let versions = Path::new("/usr/lib/postgresql").read_dir();
    let versions = versions.into_iter().flatten().flatten();
    let newest = versions
        .filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok())
        .max()
        .expect("POSTGRES_BINARIES is not set: run ./scripts/test, which finds PostgreSQL");
    PathBuf::from(format!("/usr/lib/postgresql/{newest}/bin"))
}
