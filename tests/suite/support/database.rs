//! A database of its own for each test, in milliseconds.
//!
//! 1. Once per process, a server: `TEST_DATABASE_URL` (of a role that may
//!    create databases), or a private one in a temporary directory. The private
//!    one needs no care at the end: its watchdog stops it when this process is
//!    gone, however it went, and a later run removes the directory.
//! 2. Once per server and set of migrations, a template: a database with these
//!    migrations applied. Processes that want it at once take turns by a lock.
//! 3. For each test, a copy of the template, dropped with the [`TestDatabase`].

use std::fs::{File, Permissions};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use backlog_mcp_hub::db::migrate::{migrate, migrations};
use embedded_postgres::EmbeddedPostgres;
use foundation::clock::Clock;
use foundation::random::Random;
use secrecy::ExposeSecret;
use sqlx::postgres::PgPoolOptions;
use sqlx::{AssertSqlSafe, Connection, PgConnection, PgPool};
use tokio::sync::OnceCell;
use url::Url;

const TEMPLATE_LOCK: i64 = i64::from_be_bytes(*b"bmh-test");
const DIRECTORY_PREFIX: &str = "backlog-mcp-hub-test-";
const HOUR: i64 = 3600;

/// The tests of a process share one server; there is nobody else to own it.
static SERVER: OnceCell<Server> = OnceCell::const_new();

struct Server {
    /// Of the maintenance database `postgres`.
    url: Url,
    template: String,
    _private: Option<EmbeddedPostgres>,
}

/// A database that no other test sees.
pub(crate) struct TestDatabase {
    url: Url,
    maintenance: Url,
    name: String,
    pool: PgPool,
}

impl TestDatabase {
    /// A database with every migration applied.
    pub(crate) async fn create() -> Self {
        let template = &server().await.template;
        Self::copy_of(template).await
    }

    /// A database with nothing in it.
    pub(crate) async fn empty() -> Self {
        Self::copy_of("template0").await
    }

    async fn copy_of(template: &str) -> Self {
        let server = server().await;
        let random = u64::from_be_bytes(Random::system().bytes());
        let name = format!("hub_test_{}_{random:016x}", now());
        let mut connection = connect(&server.url).await;
        execute(
            &mut connection,
            format!("CREATE DATABASE {name} TEMPLATE {template}"),
        )
        .await;
        let url = with_database(&server.url, &name);
        let pool = PgPoolOptions::new()
            .max_connections(5)
            .connect_lazy(url.as_str())
            .unwrap();
        Self {
            url,
            maintenance: server.url.clone(),
            name,
            pool,
        }
    }

    pub(crate) fn url(&self) -> &str {
        self.url.as_str()
    }

    /// A pool of a few connections, the same at each call.
    pub(crate) fn pool(&self) -> &PgPool {
        &self.pool
    }
}

impl Drop for TestDatabase {
    /// Drops the database, from a thread because a test's runtime cannot wait
    /// here. What a killed process leaves is removed by [`remove_old`].
    fn drop(&mut self) {
        let url = self.maintenance.clone();
        let name = self.name.clone();
        let dropped = std::thread::spawn(move || {
            tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap()
                .block_on(async {
                    let mut connection = connect(&url).await;
                    let drop = format!("DROP DATABASE {name} WITH (FORCE)");
                    execute(&mut connection, drop).await;
                });
        });
        assert!(
            dropped.join().is_ok() || std::thread::panicking(),
            "the test database {} was not dropped",
            self.name
        );
    }
}

async fn server() -> &'static Server {
    SERVER
        .get_or_init(|| async {
            let (url, private) = match std::env::var("TEST_DATABASE_URL") {
                Ok(url) => (Url::parse(&url).unwrap(), None),
                Err(_) => {
                    let postgres = start_private().await;
                    let url = Url::parse(postgres.url().expose_secret()).unwrap();
                    (url, Some(postgres))
                }
            };
            let url = with_database(&url, "postgres");
            let template = template(&url).await;
            Server {
                url,
                template,
                _private: private,
            }
        })
        .await
}

/// Finds or makes the template; returns its name.
async fn template(url: &Url) -> String {
    let mut connection = connect(url).await;
    sqlx::query("SELECT pg_advisory_lock($1)")
        .bind(TEMPLATE_LOCK)
        .execute(&mut connection)
        .await
        .unwrap();
    remove_old(&mut connection).await;

    let mut hasher = DefaultHasher::new();
    for migration in migrations() {
        migration.checksum().hash(&mut hasher);
    }
    let fingerprint = format!("{:016x}", hasher.finish());
    // Marked as a template only when complete.
    let found: Option<String> = sqlx::query_scalar(
        r"SELECT datname::text FROM pg_database
          WHERE datistemplate AND datname LIKE 'hub\_template\_%\_' || $1",
    )
    .bind(&fingerprint)
    .fetch_optional(&mut connection)
    .await
    .unwrap();
    if let Some(found) = found {
        return found;
    }
    let name = format!("hub_template_{}_{fingerprint}", now());
    execute(
        &mut connection,
        format!("CREATE DATABASE {name} TEMPLATE template0"),
    )
    .await;
    let mut fresh = connect(&with_database(url, &name)).await;
    migrate(&mut fresh).await.unwrap();
    fresh.close().await.unwrap();
    // Without connections to it, nothing keeps anyone from copying it.
    execute(
        &mut connection,
        format!("ALTER DATABASE {name} IS_TEMPLATE true ALLOW_CONNECTIONS false"),
    )
    .await;
    name
}

/// Drops the databases of tests older than an hour, and templates older than a
/// day, as their names tell.
async fn remove_old(connection: &mut PgConnection) {
    let old: Vec<String> = sqlx::query_scalar(
        r"SELECT datname::text FROM pg_database
          WHERE datname ~ '^hub_(test|template)_[0-9]+_[0-9a-f]{16}$'
            AND split_part(datname, '_', 3)::bigint
                < CASE split_part(datname, '_', 2) WHEN 'test' THEN $1 ELSE $2 END",
    )
    .bind(now() - HOUR)
    .bind(now() - 24 * HOUR)
    .fetch_all(&mut *connection)
    .await
    .unwrap();
    for name in old {
        execute(
            connection,
            format!("ALTER DATABASE {name} IS_TEMPLATE false"),
        )
        .await;
        execute(connection, format!("DROP DATABASE {name} WITH (FORCE)")).await;
    }
}

async fn start_private() -> EmbeddedPostgres {
    let parent = std::env::temp_dir();
    remove_abandoned(&parent);
    let directory = tempfile::Builder::new()
        .prefix(DIRECTORY_PREFIX)
        .permissions(Permissions::from_mode(0o711))
        .tempdir_in(&parent)
        .unwrap()
        .keep();
    let postgres = EmbeddedPostgres::start(&directory, &Random::system(), |_| {})
        .await
        .unwrap_or_else(|error| panic!("{error}\n(for the tests, set TEST_DATABASE_URL)"));
    // Nothing here has to survive a power failure.
    let mut connection = connect(&Url::parse(postgres.url().expose_secret()).unwrap()).await;
    for setting in ["fsync", "synchronous_commit", "full_page_writes"] {
        execute(&mut connection, format!("ALTER SYSTEM SET {setting} = off")).await;
    }
    execute(&mut connection, "SELECT pg_reload_conf()".to_owned()).await;
    postgres
}

/// Removes the directories of processes that are gone: their lock is free, and
/// their server has ended.
fn remove_abandoned(parent: &Path) {
    for entry in parent.read_dir().unwrap().flatten() {
        let directory = entry.path();
        let ours = entry
            .file_name()
            .to_string_lossy()
            .starts_with(DIRECTORY_PREFIX);
        if ours
            && directory.join("postgres/PG_VERSION").exists()
            && !directory.join("postgres/postmaster.pid").exists()
            && File::open(directory.join("lock")).is_ok_and(|lock| lock.try_lock().is_ok())
        {
            // Another process may be at it as well.
            drop(std::fs::remove_dir_all(&directory));
        }
    }
}

fn with_database(url: &Url, name: &str) -> Url {
    let mut url = url.clone();
    url.set_path(name);
    url
}

async fn connect(url: &Url) -> PgConnection {
    PgConnection::connect(url.as_str()).await.unwrap()
}

/// Runs a statement that takes no parameters; every name in it is ours.
async fn execute(connection: &mut PgConnection, sql: String) {
    sqlx::raw_sql(AssertSqlSafe(sql))
        .execute(connection)
        .await
        .unwrap();
}

/// Seconds since 1970.
fn now() -> i64 {
    Clock::system().now().timestamp()
}
