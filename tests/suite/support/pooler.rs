//! PgBouncer, between a hub and its database.

use std::{
    os::unix::{fs::PermissionsExt, process::CommandExt},
    process::{Child, Command, Stdio},
};

use nix::unistd::geteuid;
use tempfile::TempDir;
use tokio::net::TcpStream;
use url::Url;

use super::{
    cluster::account,
    database::TestDatabase,
    process::{Port, until},
    tool::program,
};

/// A running PgBouncer. Killed when dropped.
pub(crate) struct Pooler {
    url: Url,
    port: Port,
    directory: TempDir,
    process: Child,
}

impl Pooler {
    /// One in front of a database, in `session`, `transaction` or `statement` mode; everything
    /// else is as PgBouncer has it.
    pub(crate) async fn start(database: &TestDatabase, mode: &str) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let port = Port::reserve();
        let mut url = Url::parse(database.url()).expect("a URL");
        let configuration = directory.path().join("pgbouncer.ini");
        let text = configuration_of(&url, mode, port.number);
        std::fs::write(&configuration, text).expect("a file");
        let anyone = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(directory.path(), anyone).expect("permissions");
        let log = std::fs::File::create(directory.path().join("log")).expect("a file");
        let mut command = Command::new(program("PGBOUNCER"));
        command
            .arg(&configuration)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log);
        // It does not run as root.
        if geteuid().is_root() {
            let (user, group) = account();
            command.uid(user).gid(group);
        }
        let process = command.spawn().expect("PgBouncer starts");
        url.set_port(Some(port.number)).expect("a port");
        let mut pooler = Self {
            url,
            port,
            directory,
            process,
        };
        until("PgBouncer listens", async || {
            let ended = pooler.process.try_wait().expect("a state");
            assert_eq!(ended, None, "PgBouncer: {}", pooler.log());
            TcpStream::connect(("127.0.0.1", pooler.port.number))
                .await
                .is_ok()
        })
        .await;
        pooler
    }

    /// The URL of the database, by way of the pooler.
    pub(crate) fn url(&self) -> &str {
        self.url.as_str()
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.directory.path().join("log")).unwrap_or_default()
    }
}

impl Drop for Pooler {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("--- PgBouncer said:\n{}---", self.log());
        }
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn configuration_of(database: &Url, mode: &str, port: u16) -> String {
    let host = database.host_str().expect("a host");
    let database_port = database.port().unwrap_or(5432);
    let password = match database.password() {
        Some(password) => format!(" password={password}"),
        None => String::new(),
    };
    format!(
        "[databases]\n\
         * = host={host} port={database_port} user={user}{password}\n\
         [pgbouncer]\n\
         listen_addr = 127.0.0.1\n\
         listen_port = {port}\n\
         unix_socket_dir =\n\
         auth_type = any\n\
         pool_mode = {mode}\n",
        user = database.username(),
    )
}
