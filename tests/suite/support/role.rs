//! A login role of the cluster, gone with its value.

use foundation::random::Random;
use sqlx::{AssertSqlSafe, Connection, PgConnection, PgPool, postgres::PgPoolOptions};
use url::Url;

use super::database::TestDatabase;

/// A member of one of the roles that the migrations make.
pub(crate) struct TestRole {
    pub name: String,
    url: Url,
    maintenance: Url,
}

impl TestRole {
    /// A role that may log in to `database` and is otherwise what `group` is.
    pub(crate) async fn member_of(group: &str, database: &TestDatabase) -> Self {
        let random = u64::from_be_bytes(Random::system().bytes());
        let name = format!("hub_test_{random:016x}");
        let mut maintenance = Url::parse(database.url()).expect("a URL");
        maintenance.set_path("postgres");
        let mut url = Url::parse(database.url()).expect("a URL");
        url.set_username(&name).expect("a name");
        url.set_password(Some("test")).expect("a password");
        execute(
            &maintenance,
            format!("CREATE ROLE {name} LOGIN PASSWORD 'test' IN ROLE {group}"),
        )
        .await;
        Self {
            name,
            url,
            maintenance,
        }
    }

    /// The URL of the database, for this role.
    pub(crate) fn url(&self) -> &str {
        self.url.as_str()
    }

    pub(crate) fn pool(&self) -> PgPool {
        PgPoolOptions::new()
            .max_connections(2)
            .connect_lazy(self.url())
            .expect("a pool")
    }
}

impl Drop for TestRole {
    /// From a thread, because a test's runtime cannot wait here.
    fn drop(&mut self) {
        let url = self.maintenance.clone();
        let drop = format!("DROP ROLE {}", self.name);
        let dropped = std::thread::spawn(move || {
            tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .expect("a runtime")
                .block_on(execute(&url, drop));
        });
        assert!(
            dropped.join().is_ok() || std::thread::panicking(),
            "the role {} was not dropped",
            self.name
        );
    }
}

/// Runs a statement in which every name is ours.
async fn execute(url: &Url, sql: String) {
    let mut connection = PgConnection::connect(url.as_str())
        .await
        .expect("a connection");
    sqlx::raw_sql(AssertSqlSafe(sql))
        .execute(&mut connection)
        .await
        .expect("done");
}
