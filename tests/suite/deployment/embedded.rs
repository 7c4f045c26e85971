//! The private PostgreSQL server, through restarts, kills and wrong starts.

use std::fs::Permissions;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use embedded_postgres::{EmbeddedError, EmbeddedPostgres, url_file};
use foundation::random::Random;
use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, geteuid};
use secrecy::ExposeSecret;
use sqlx::{Connection, PgConnection};
use tempfile::TempDir;

const DIRECTORY: &str = "EMBEDDED_TEST_DIRECTORY";
/// An ordinary user of most systems, `nobody`.
const ORDINARY: u32 = 65534;

#[tokio::test]
async fn it_keeps_its_data_and_its_directory_to_itself() {
    let directory = directory(None);
    let data_dir = directory.path().join("data");
    let first = start(&data_dir).await.unwrap();
    write(first.url().expose_secret(), 1).await;
    assert_eq!(
        std::fs::metadata(url_file(&data_dir)).unwrap().mode() & 0o777,
        0o600
    );
    fail(first.url().expose_secret(), "SELECT nothing, 'a-secret'").await;
    let log = std::fs::read_to_string(data_dir.join("postgres.log")).unwrap();
    assert!(
        log.contains("nothing") && !log.contains("a-secret"),
        "{log}"
    );

    let refused = start(&data_dir).await.unwrap_err();
    assert!(matches!(refused, EmbeddedError::InUse { .. }), "{refused}");
    for part in [
        data_dir.display().to_string(),
        format!("process {}", std::process::id()),
    ] {
        assert!(refused.to_string().contains(&part), "{refused}");
    }
    first.stop().await.unwrap();
    assert!(!data_dir.join("postgres/postmaster.pid").exists());
    assert!(!url_file(&data_dir).exists());

    let second = start(&data_dir).await.unwrap();
    assert_eq!(read(second.url().expose_secret()).await, [1]);
    second.stop().await.unwrap();
}

#[tokio::test]
async fn a_killed_hub_loses_nothing() {
    survive_kills(None).await;
}

#[tokio::test]
async fn a_killed_hub_of_an_ordinary_user_loses_nothing() {
    // Everyone but root is one already.
    survive_kills(geteuid().is_root().then_some(ORDINARY)).await;
}

async fn survive_kills(user: Option<u32>) {
    let directory = directory(user);
    let data_dir = directory.path();

    let hub = Hub::start(data_dir, user);
    write(&hub.url, 1).await;
    let server = hub.server();
    hub.kill();
    until(|| !runs(server)).await; // The watchdog has seen to that.

    let hub = Hub::start(data_dir, user);
    let (server, watchdog) = (hub.server(), hub.watchdog());
    let url = hub.url.clone();
    kill(watchdog, Signal::SIGKILL).unwrap();
    hub.kill();
    write(&url, 2).await; // The server runs on.

    let hub = Hub::start(data_dir, user);
    assert!(!runs(server));
    write(&hub.url, 3).await;
    let (server, watchdog) = (hub.server(), hub.watchdog());
    kill(watchdog, Signal::SIGKILL).unwrap();
    hub.kill();
    kill(server, Signal::SIGKILL).unwrap();

    let hub = Hub::start(data_dir, user);
    assert_eq!(read(&hub.url).await, [1, 2, 3]);
    let (server, watchdog) = (hub.server(), hub.watchdog());
    kill(watchdog, Signal::SIGKILL).unwrap();
    hub.kill();
    kill(server, Signal::SIGKILL).unwrap();
    until(|| !runs(server)).await;

    // As after a restart of the machine: the dead server's id is another's.
    let mut sleep = Command::new("sleep");
    if let Some(user) = user {
        sleep.uid(user);
    }
    let mut sleep = sleep.arg("600").spawn().unwrap();
    let pid_file = data_dir.join("postgres/postmaster.pid");
    let trace = std::fs::read_to_string(&pid_file).unwrap();
    let reused = trace.replacen(&server.to_string(), &sleep.id().to_string(), 1);
    std::fs::write(&pid_file, reused).unwrap();
    let hub = Hub::start(data_dir, user);
    assert_eq!(read(&hub.url).await, [1, 2, 3]);
    assert!(
        sleep.try_wait().unwrap().is_none(),
        "a stranger was stopped"
    );
    sleep.kill().unwrap();
    sleep.wait().unwrap();
    let server = hub.server();
    hub.kill();
    until(|| !runs(server)).await;
}

#[tokio::test]
async fn a_cluster_too_old_is_named() {
    let directory = directory(None);
    std::fs::create_dir(directory.path().join("postgres")).unwrap();
    std::fs::write(directory.path().join("postgres/PG_VERSION"), "13\n").unwrap();
    let error = start(directory.path()).await.unwrap_err();
    assert!(error.to_string().contains("is of PostgreSQL 13"), "{error}");
}

#[tokio::test]
async fn a_cluster_without_its_password_is_left_alone() {
    let directory = directory(None);
    std::fs::create_dir(directory.path().join("postgres")).unwrap();
    std::fs::write(directory.path().join("postgres/PG_VERSION"), "15\n").unwrap();
    let error = start(directory.path()).await.unwrap_err();
    assert!(
        matches!(error, EmbeddedError::PasswordMissing { .. }),
        "{error}"
    );
}

#[tokio::test]
async fn roots_closed_directory_is_named_with_the_remedy() {
    if !geteuid().is_root() {
        return; // An ordinary user's server runs as that user.
    }
    let directory = directory(None);
    let closed = directory.path().join("closed");
    std::fs::create_dir(&closed).unwrap();
    std::fs::set_permissions(&closed, Permissions::from_mode(0o700)).unwrap();
    let error = start(&closed.join("data")).await.unwrap_err();
    let remedy = format!("`chmod o+x {}`", closed.canonicalize().unwrap().display());
    assert!(error.to_string().contains(&remedy), "{error}");
}

/// The process that the tests above kill; started by [`Hub::start`].
#[tokio::test]
#[ignore = "a process for other tests, not a test"]
async fn hub() {
    let directory = PathBuf::from(std::env::var_os(DIRECTORY).unwrap());
    let postgres = start(&directory).await.unwrap();
    println!("url={}", postgres.url().expose_secret());
    std::future::pending::<()>().await;
}

/// A process that runs a server, as the hub does.
struct Hub {
    process: Child,
    url: String,
    data_dir: PathBuf,
}

impl Hub {
    fn start(data_dir: &Path, user: Option<u32>) -> Self {
        let module = module_path!().split_once("::").unwrap().1;
        let mut command = Command::new(std::env::current_exe().unwrap());
        command
            .args([
                "--exact",
                &format!("{module}::hub"),
                "--ignored",
                "--nocapture",
            ])
            .env(DIRECTORY, data_dir)
            .current_dir("/")
            .stdout(Stdio::piped());
        if let Some(user) = user {
            command.uid(user).gid(user);
        }
        let mut process = command.spawn().unwrap();
        let lines = BufReader::new(process.stdout.as_mut().unwrap()).lines();
        let url = lines
            .map(Result::unwrap)
            .find_map(|line| Some(line.split_once("url=")?.1.to_owned()))
            .expect("the hub tells its URL");
        Self {
            process,
            url,
            data_dir: data_dir.to_owned(),
        }
    }

    fn server(&self) -> Pid {
        let trace = std::fs::read_to_string(self.data_dir.join("postgres/postmaster.pid")).unwrap();
        Pid::from_raw(trace.lines().next().unwrap().parse().unwrap())
    }

    fn watchdog(&self) -> Pid {
        let ps = Command::new("ps")
            .args(["-eo", "pid=,ppid=,args="])
            .output()
            .unwrap();
        let hub = self.process.id().to_string();
        let pid = String::from_utf8(ps.stdout)
            .unwrap()
            .lines()
            .find_map(|line| {
                let mut words = line.split_whitespace();
                let pid = words.next()?.parse().ok()?;
                (words.next()? == hub && line.contains("read -r pid")).then_some(pid)
            });
        Pid::from_raw(pid.expect("the hub has a watchdog"))
    }

    fn kill(mut self) {
        self.process.kill().unwrap(); // SIGKILL
        self.process.wait().unwrap();
    }
}

/// A directory for a user: root's may be passed through, as the server must.
fn directory(user: Option<u32>) -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    std::fs::set_permissions(&directory, Permissions::from_mode(0o711)).unwrap();
    if user.is_some() {
        chown(directory.path(), user, user).unwrap();
    }
    directory
}

async fn start(data_dir: &Path) -> Result<EmbeddedPostgres, EmbeddedError> {
    EmbeddedPostgres::start(data_dir, &Random::system(), |_| {}).await
}

async fn write(url: &str, number: i32) {
    let mut connection = PgConnection::connect(url).await.unwrap();
    sqlx::raw_sql("CREATE TABLE IF NOT EXISTS numbers (number int)")
        .execute(&mut connection)
        .await
        .unwrap();
    sqlx::query("INSERT INTO numbers VALUES ($1)")
        .bind(number)
        .execute(&mut connection)
        .await
        .unwrap();
}

async fn fail(url: &str, statement: &'static str) {
    let mut connection = PgConnection::connect(url).await.unwrap();
    let outcome = sqlx::raw_sql(statement).execute(&mut connection).await;
    outcome.expect_err(statement);
}

async fn read(url: &str) -> Vec<i32> {
    let mut connection = PgConnection::connect(url).await.unwrap();
    sqlx::query_scalar("SELECT number FROM numbers ORDER BY number")
        .fetch_all(&mut connection)
        .await
        .unwrap()
}

/// Whether a process lives; a dead one that nobody waited for does not.
fn runs(process: Pid) -> bool {
    let ps = Command::new("ps")
        .args(["-o", "stat=", "-p", &process.to_string()])
        .output()
        .unwrap();
    !ps.stdout.is_empty() && !ps.stdout.starts_with(b"Z")
}

/// Waits for a condition, at most half a minute.
async fn until(mut holds: impl FnMut() -> bool) {
    let poll = async {
        while !holds() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let within = Duration::from_secs(30);
    tokio::time::timeout(within, poll)
        .await
        .expect("it happens in time");
}
