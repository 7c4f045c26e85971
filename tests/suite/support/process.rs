//! The program as an operator runs it: in processes of its own, which are killed,
//! stopped in order, and started again.

use std::{
    net::{Ipv4Addr, TcpListener, UdpSocket},
    process::{ExitStatus, Output, Stdio},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use backlog_sim::BacklogSim;
use foundation::random::Random;
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use sealing::KeyRing;
use secrecy::{ExposeSecret, SecretString};
use sqlx::AssertSqlSafe;
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, BufReader},
    process::{Child, Command},
    task::JoinHandle,
    time::{sleep, timeout},
};

use super::{
    database::TestDatabase,
    hub::{OAUTH_CLIENT_ID, OAUTH_CLIENT_SECRET, sim},
    site::{Site, http},
};

/// Far more than a start or an orderly end takes.
pub(crate) const DEADLINE: Duration = Duration::from_mins(1);
const POLL_INTERVAL: Duration = Duration::from_millis(20);

/// A port of the loopback address that no other test takes while this lives.
///
/// It lies below the range that the system gives to outgoing connections, so it
/// stays free between the end of a process and its next start. The UDP socket of
/// the same number is the mark that other tests see.
pub(crate) struct Port {
    pub number: u16,
    _mark: UdpSocket,
}

impl Port {
    pub(crate) fn reserve() -> Self {
        let random = Random::system();
        for _ in 0..1000 {
            let number = 10_000 + u16::from_be_bytes(random.bytes()) % 20_000;
            if let Ok(mark) = UdpSocket::bind((Ipv4Addr::LOCALHOST, number))
                && TcpListener::bind((Ipv4Addr::LOCALHOST, number)).is_ok()
            {
                return Self {
                    number,
                    _mark: mark,
                };
            }
        }
        panic!("no free port");
    }

    /// `http://127.0.0.1:PORT`.
    pub(crate) fn url(&self) -> String {
        format!("http://{}:{}", Ipv4Addr::LOCALHOST, self.number)
    }
}

/// What the processes of one service share: the database, the keys, the base URL,
/// and a simulated Backlog behind them.
pub(crate) struct Deployment {
    pub database: TestDatabase,
    pub sim: BacklogSim,
    pub site: Site,
    pub keys: SecretString,
    port: Port,
    second_port: Port,
}

impl Deployment {
    pub(crate) async fn new() -> Self {
        Self::on(TestDatabase::create().await).await
    }

    pub(crate) async fn on(database: TestDatabase) -> Self {
        let port = Port::reserve();
        Self {
            database,
            sim: sim().await,
            site: Site::new(port.url()),
            keys: KeyRing::generate("test", &Random::system()),
            port,
            second_port: Port::reserve(),
        }
    }

    /// One whose base URL is that of a proxy. Its processes are those of
    /// [`command_at`](Self::command_at).
    pub(crate) async fn behind(proxy: &Port) -> Self {
        Self {
            site: Site::new(proxy.url()),
            ..Self::new().await
        }
    }

    /// A process where the base URL leads.
    pub(crate) async fn start(&self) -> Process {
        Process::start(self.serve(&self.port), self.port.url()).await
    }

    /// A process beside it, at a port of its own, with the same base URL.
    pub(crate) async fn start_second(&self) -> Process {
        Process::start(self.serve(&self.second_port), self.second_port.url()).await
    }

    /// `serve` with the settings of this deployment, for a test to change.
    pub(crate) fn command(&self) -> Command {
        self.serve(&self.port)
    }

    /// The same, at another port.
    pub(crate) fn command_at(&self, port: &Port) -> Command {
        self.serve(port)
    }

    /// How many rows there are: of a table of `hub`, with a condition if need be.
    pub(crate) async fn count(&self, rows: &str) -> i64 {
        let query = format!("SELECT count(*) FROM hub.{rows}");
        sqlx::query_scalar(AssertSqlSafe(query))
            .fetch_one(self.database.pool())
            .await
            .expect(rows)
    }

    /// Ends the life of every access token. A process that runs may know better for
    /// some seconds; one that starts does not.
    pub(crate) async fn expire_access_tokens(&self) {
        sqlx::query("UPDATE hub.access_tokens SET expires_at = clock_timestamp()")
            .execute(self.database.pool())
            .await
            .expect("expired");
    }

    /// Nothing that the program says may contain one of these.
    pub(crate) fn secrets(&self) -> [&str; 2] {
        let key = self.keys.expose_secret();
        let (_, key) = key.split_once(':').expect("id:base64");
        [OAUTH_CLIENT_SECRET, key]
    }

    /// Another command with the same settings.
    pub(crate) fn command_of(&self, arguments: &[&str]) -> Command {
        self.settings(program(arguments), &self.port)
    }

    fn serve(&self, port: &Port) -> Command {
        self.settings(program(&["serve"]), port)
    }

    fn settings(&self, mut command: Command, port: &Port) -> Command {
        command.envs([
            ("DATABASE_URL", self.database.url()),
            ("ENCRYPTION_KEYS", self.keys.expose_secret()),
            ("MCP_SERVER_BASE_URL", &self.site.base_url),
            ("MCP_HTTP_PORT", &port.number.to_string()),
            ("BACKLOG_DOMAIN", self.sim.url().as_str()),
            ("BACKLOG_OAUTH_CLIENT_ID", OAUTH_CLIENT_ID),
            ("BACKLOG_OAUTH_CLIENT_SECRET", OAUTH_CLIENT_SECRET),
        ]);
        command
    }
}

/// The built program, away from the settings of whoever runs the tests.
pub(crate) fn program(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_backlog-mcp-hub"));
    command
        .args(arguments)
        .env_clear()
        .envs(std::env::vars_os().filter(|(name, _)| name == "PATH"))
        // No .env file is there.
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    command
}

/// Runs a command that is to end by itself.
pub(crate) async fn run(mut command: Command) -> Output {
    timeout(DEADLINE, command.output())
        .await
        .expect("the command ends in time")
        .expect("the command starts")
}

/// A running process that serves. It is killed when dropped; if the test fails, what
/// it said is shown.
pub(crate) struct Process {
    pub url: String,
    child: Child,
    said: Arc<Mutex<String>>,
    listening: Vec<JoinHandle<()>>,
}

impl Process {
    /// Starts a command and returns once `/ready` below `url` says so.
    pub(crate) async fn start(mut command: Command, url: String) -> Self {
        let mut child = command.spawn().expect("the program starts");
        let said = Arc::default();
        let listening = vec![
            listen(child.stdout.take(), &said),
            listen(child.stderr.take(), &said),
        ];
        let mut process = Self {
            url,
            child,
            said,
            listening,
        };
        let ready = timeout(DEADLINE, process.ready()).await;
        assert!(ready.is_ok(), "the process was not ready in time");
        process
    }

    async fn ready(&mut self) {
        let http = http();
        loop {
            let answer = http.get(format!("{}/ready", self.url)).send().await;
            if answer.is_ok_and(|answer| answer.status().is_success()) {
                return;
            }
            if let Some(status) = self.child.try_wait().expect("a state") {
                panic!("the process ended instead of getting ready: {status}");
            }
            sleep(POLL_INTERVAL).await;
        }
    }

    /// Ends it as a crash would (SIGKILL), and waits until it is gone.
    pub(crate) async fn kill(mut self) {
        self.child.kill().await.expect("the process is killed");
    }

    /// Asks it to stop (SIGTERM).
    pub(crate) fn terminate(&self) {
        let pid = Pid::from_raw(self.id().try_into().expect("a process id"));
        kill(pid, Signal::SIGTERM).expect("the process gets the signal");
    }

    /// Its number at the system.
    pub(crate) fn id(&self) -> u32 {
        self.child.id().expect("a running process")
    }

    /// What it said so far.
    pub(crate) fn said(&self) -> String {
        let said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        said.clone()
    }

    /// Waits for its end, and for the last that it said.
    pub(crate) async fn ended(&mut self) -> ExitStatus {
        let status = timeout(DEADLINE, self.child.wait())
            .await
            .expect("the process ends in time")
            .expect("an exit status");
        for task in self.listening.drain(..) {
            task.await.expect("its output is read");
        }
        status
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
            eprintln!("--- the process at {} said:\n{said}---", self.url);
        }
    }
}

/// Keeps what a process says; a full pipe would stop it.
fn listen(
    pipe: Option<impl AsyncRead + Send + Unpin + 'static>,
    said: &Arc<Mutex<String>>,
) -> JoinHandle<()> {
    let mut lines = BufReader::new(pipe.expect("a pipe")).lines();
    let said = Arc::clone(said);
    tokio::spawn(async move {
        while let Ok(Some(line)) = lines.next_line().await {
            let mut said = said.lock().unwrap_or_else(PoisonError::into_inner);
            said.push_str(&line);
            said.push('\n');
        }
    })
}

/// Waits until the local server at a port answers.
pub(crate) async fn healthy(port: &Port) {
    let url = format!("{}/health", port.url());
    until("the local server answers", async || {
        http().get(&url).send().await.is_ok()
    })
    .await;
}

/// Waits for something that other processes bring about.
pub(crate) async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let poll = async {
        while !holds().await {
            sleep(POLL_INTERVAL).await;
        }
    };
    assert!(
        timeout(DEADLINE, poll).await.is_ok(),
        "{what}: not within {} s",
        DEADLINE.as_secs()
    );
}
