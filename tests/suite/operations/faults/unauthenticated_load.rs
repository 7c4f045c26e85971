//! Unauthenticated load beside users who are signed in: forged tokens, unknown hosts and spaces,
//! unregistered clients, registrations, clients with a document at a host that never responds, and
//! bodies that never end.
//!
//! The short form asserts that each user's call is served, and that the load leaves no row but the
//! registrations of clients. These come from one network, which may make 300 a minute, also all at
//! once; the hub refuses more. For any number of networks, the cleanup limits them
//! (`operations/cleanup.rs`). The long form sends 1,000 requests a second for a minute, and
//! compares the duration of users' calls with their duration before.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use foundation::random::Random;
use futures_util::{StreamExt, stream};
use oauth_values::token::{AccessToken, RefreshToken};
use reqwest::{Client, RequestBuilder, StatusCode};
use tokio::{
    io::AsyncWriteExt,
    net::TcpStream,
    task::JoinSet,
    time::{Instant, MissedTickBehavior, interval, sleep},
};

use super::{
    documents::{HostileHost, Hostility},
    users::{Outcome, User, assert_all_are_signed_in, sign_in},
    world::World,
};
use crate::support::site::{REDIRECT_URI, http};

/// Registrations of one network that are accepted: at once, and then a second.
const REGISTRATIONS: (u64, u64) = (300, 5);
const CLIENTS: &str = "clients";
/// What a stranger could fill.
const TABLES: [&str; 8] = [
    "access_tokens",
    "authorization_codes",
    "authorization_requests",
    "clients",
    "consents",
    "grants",
    "refresh_tokens",
    "spaces",
];
/// What the process may take, whatever strangers do.
const MEMORY_MIB: u64 = 150;
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// Strangers with an address each, which the proxy before the hub names. Those that register
/// clients share one.
#[derive(Clone)]
struct Strangers {
    http: Client,
    url: String,
    /// A document whose host never responds.
    silent: String,
    random: Random,
}

impl Strangers {
    fn request(&self) -> RequestBuilder {
        let [kind, a, b, c] = self.random.bytes();
        let name = u64::from_be_bytes(self.random.bytes());
        let get = |path: String| self.http.get(format!("{}{path}", self.url));
        let post = |path: &str| self.http.post(format!("{}{path}", self.url));
        let forwarded = format!("203.{a}.{b}.{c}");
        let request = match kind % 10 {
            0 => post("/mcp")
                .bearer_auth(AccessToken::generate(&self.random).reveal())
                .header("accept", "application/json, text/event-stream")
                .json(&serde_json::json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" })),
            1 => post("/token").form(&[
                ("grant_type", "refresh_token"),
                ("client_id", &*name.to_string()),
                (
                    "refresh_token",
                    RefreshToken::generate(&self.random).reveal(),
                ),
            ]),
            2 => post("/revoke").form(&[
                ("client_id", &*name.to_string()),
                ("token", RefreshToken::generate(&self.random).reveal()),
            ]),
            3 => get(format!("/authorize?response_type=code&client_id={name}")),
            4 => get(format!(
                "/.well-known/oauth-protected-resource/spaces/s{name}/mcp"
            )),
            5 => get("/health".to_owned()).header("host", format!("h{name}.example")),
            6 => post("/register")
                .header("content-type", "application/json")
                .body("{\"redirect_uris\":"),
            7 => return self.registration(name),
            8 => {
                let document = format!("{}/{name}", self.silent);
                get("/authorize".to_owned())
                    .query(&[("response_type", "code"), ("client_id", document.as_str())])
            }
            _ => get("/ready".to_owned()),
        };
        request.header("x-forwarded-for", forwarded)
    }

    /// One that is right, and that no other has sent.
    fn registration(&self, name: u64) -> RequestBuilder {
        let metadata = serde_json::json!({
            "client_name": format!("Stranger {name}"),
            "redirect_uris": [REDIRECT_URI],
            "token_endpoint_auth_method": "none",
        });
        let post = self.http.post(format!("{}/register", self.url));
        post.json(&metadata)
            .header("x-forwarded-for", "198.51.100.9")
    }

    /// One request; how it was answered, unless the connection was refused.
    async fn come(self) -> Option<StatusCode> {
        let answer = self.request().send().await.ok()?;
        let status = answer.status();
        assert_ne!(status, StatusCode::INTERNAL_SERVER_ERROR);
        Some(status)
    }

    /// Connections whose body never ends, open as long as they are kept.
    async fn unfinished(&self, number: usize) -> Vec<TcpStream> {
        let place = self.url.trim_start_matches("http://");
        let head = format!(
            "POST /token HTTP/1.1\r\nHost: {place}\r\nX-Forwarded-For: 198.51.100.7\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 16000\r\n\r\n{}",
            "a".repeat(15_000)
        );
        let mut open = Vec::new();
        for _ in 0..number {
            let Ok(mut stream) = TcpStream::connect(place).await else {
                break;
            };
            // The hub may have answered already.
            drop(stream.write_all(head.as_bytes()).await);
            open.push(stream);
        }
        open
    }
}

type Rows = BTreeMap<&'static str, i64>;

async fn rows(world: &World) -> Rows {
    let mut rows = BTreeMap::new();
    for table in TABLES {
        rows.insert(table, world.count(table).await);
    }
    rows
}

/// Asserts that strangers who came for so long have left no row but those of the clients that a
/// network may register in that time; how many clients they registered.
fn assert_only_clients_were_added(before: &Rows, after: &Rows, lasted: Duration) -> u64 {
    let mut expected = before.clone();
    expected.insert(CLIENTS, after[CLIENTS]);
    assert_eq!(*after, expected);
    let added = u64::try_from(after[CLIENTS] - before[CLIENTS]).expect("none has gone");
    let (at_once, a_second) = REGISTRATIONS;
    let most = at_once + a_second * (lasted.as_secs() + 1);
    assert!((1..=most).contains(&added), "{added} of at most {most}");
    added
}

/// The hub behind a proxy on this computer.
async fn world() -> World {
    World::with(vec![vec![("TRUSTED_PROXIES", "127.0.0.1".to_owned())]]).await
}

fn strangers(world: &World, silent: &HostileHost) -> Strangers {
    Strangers {
        http: http(),
        url: world.site.base_url.clone(),
        silent: silent.url.clone(),
        random: Random::system(),
    }
}

/// Users who call again and again until the test ends it; how long each call took.
struct Working {
    stop: Arc<AtomicBool>,
    users: JoinSet<Vec<Duration>>,
}

impl Working {
    fn start(world: &World, users: &[User], pause: Duration) -> Self {
        let stop = Arc::<AtomicBool>::default();
        let mut working = JoinSet::new();
        for user in users {
            let (user, url, stop) = (user.clone(), world.url(0), Arc::clone(&stop));
            working.spawn(async move {
                let mut times = Vec::new();
                while !stop.load(Ordering::Relaxed) {
                    let began = Instant::now();
                    assert_eq!(user.call(&url).await, Outcome::Served);
                    times.push(began.elapsed());
                    sleep(pause).await;
                }
                times
            });
        }
        Self {
            stop,
            users: working,
        }
    }

    async fn stop(mut self) -> Vec<Duration> {
        self.stop.store(true, Ordering::Relaxed);
        let mut all = Vec::new();
        while let Some(times) = self.users.join_next().await {
            all.extend(times.expect("every call is served"));
        }
        all.sort();
        all
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_keep_no_user_from_being_served_and_leave_no_row() {
    let world = world().await;
    let mut users = sign_in(&world).await;
    let silent = HostileHost::open(Hostility::Silent).await;
    let strangers = strangers(&world, &silent);
    let before = rows(&world).await;
    let began = Instant::now();
    let open = strangers.unfinished(100).await;
    let working = Working::start(&world, &users, Duration::from_millis(20));
    let answers: Vec<_> = stream::iter(0..1_000)
        .map(|_| strangers.clone().come())
        .buffer_unordered(50)
        .collect()
        .await;
    assert!(!working.stop().await.is_empty());
    let answered = answers.iter().flatten().count();
    assert_eq!(answered, answers.len(), "each stranger is answered");
    assert_only_clients_were_added(&before, &rows(&world).await, began.elapsed());
    drop(open);
    assert_all_are_signed_in(&world, &mut users).await;
}

/// The memory of a process that is in use, in MiB.
fn memory_of(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).expect("a process");
    let resident = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))
        .and_then(|line| line.split_whitespace().next());
    let kib: u64 = resident.expect("VmRSS").parse().expect("a number");
    kib / 1024
}

/// How long calls took.
struct Times {
    p50: Duration,
    p99: Duration,
    calls: usize,
}

impl Times {
    fn of(sorted: &[Duration]) -> Self {
        let calls = sorted.len();
        Self {
            p50: sorted[calls / 2],
            p99: sorted[calls * 99 / 100],
            calls,
        }
    }
}

impl fmt::Display for Times {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { p50, p99, calls } = self;
        write!(f, "p50 {p50:.1?}, p99 {p99:.1?} of {calls} calls")
    }
}

/// The most memory that a process uses while something goes on.
async fn peak_memory<T>(process: u32, meanwhile: impl Future<Output = T>) -> (T, u64) {
    let mut peak = memory_of(process);
    let mut look = interval(LOOK_EVERY);
    let mut meanwhile = std::pin::pin!(meanwhile);
    loop {
        tokio::select! {
            done = &mut meanwhile => return (done, peak.max(memory_of(process))),
            _ = look.tick() => peak = peak.max(memory_of(process)),
        }
    }
}

/// Sends so many requests a second, whether those before have been answered or not.
async fn arrive(strangers: &Strangers, per_second: u32, lasting: Duration) -> usize {
    const TICK: Duration = Duration::from_millis(10);
    let mut tick = interval(TICK);
    tick.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let (over, mut came) = (Instant::now() + lasting, JoinSet::new());
    while Instant::now() < over {
        tick.tick().await;
        for _ in 0..per_second / 100 {
            came.spawn(strangers.clone().come());
        }
        while came.try_join_next().is_some() {}
    }
    let left = came.len();
    came.join_all().await;
    left
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "measures for minutes: scripts/soak"]
async fn a_thousand_strangers_a_second_cost_users_little() {
    const LASTING: Duration = Duration::from_mins(1);
    let world = world().await;
    let mut users = sign_in(&world).await;
    let silent = HostileHost::open(Hostility::Silent).await;
    let strangers = strangers(&world, &silent);
    let rows_before = rows(&world).await;
    let pause = Duration::from_millis(50);

    let working = Working::start(&world, &users, pause);
    sleep(LASTING / 2).await;
    let without = Times::of(&working.stop().await);
    let memory_before = memory_of(world.process_id(0));

    let began = Instant::now();
    let open = strangers.unfinished(1_000).await;
    let working = Working::start(&world, &users, pause);
    let arriving = arrive(&strangers, 1_000, LASTING);
    let (left, memory) = peak_memory(world.process_id(0), arriving).await;
    let with = Times::of(&working.stop().await);
    let rows_after = rows(&world).await;
    drop(open);
    let registered = assert_only_clients_were_added(&rows_before, &rows_after, began.elapsed());
    eprintln!("users without strangers: {without}");
    eprintln!("users with 1,000 strangers a second: {with}");
    eprintln!(
        "memory before: {memory_before} MiB, at most: {memory} MiB; {registered} clients were \
         registered; {left} strangers waited at the end"
    );
    assert!(memory < MEMORY_MIB, "{memory} MiB");
    assert!(with.p99 <= without.p99.mul_f64(1.5));
    assert_all_are_signed_in(&world, &mut users).await;
}
