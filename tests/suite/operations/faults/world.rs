//! Replicas of the program behind links to the database and to Backlog.

use std::ops::Deref;

use futures_util::future::join_all;
use sqlx::PgPool;
use tokio::process::Command;

use crate::support::{
    database::TestDatabase,
    link::Link,
    process::{Deployment, Port, Process},
};

/// Replicas, of which the first is where the base URL leads.
pub(super) struct World {
    replicas: Vec<Replica>,
    pub database: Link,
    pub backlog: Link,
    deployment: Deployment,
}

struct Replica {
    /// None while it is down.
    process: Option<Process>,
    /// None: the one of the base URL.
    port: Option<Port>,
    /// Settings of its own.
    settings: Vec<(&'static str, String)>,
}

impl Deref for World {
    type Target = Deployment;

    fn deref(&self) -> &Deployment {
        &self.deployment
    }
}

impl World {
    pub(super) async fn of(replicas: usize) -> Self {
        let deployment = Deployment::new().await;
        let database = Link::to(deployment.database.url()).await;
        Self::start(deployment, database, vec![Vec::new(); replicas]).await
    }

    /// The same, of replicas with settings of their own.
    pub(super) async fn with(settings: Vec<Vec<(&'static str, String)>>) -> Self {
        let deployment = Deployment::new().await;
        let database = Link::to(deployment.database.url()).await;
        Self::start(deployment, database, settings).await
    }

    /// The same, on a database that the test looks after.
    pub(super) async fn on(database_url: &str, replicas: usize) -> Self {
        let deployment = Deployment::on(TestDatabase::empty().await).await;
        let database = Link::to(database_url).await;
        Self::start(deployment, database, vec![Vec::new(); replicas]).await
    }

    async fn start(
        deployment: Deployment,
        database: Link,
        settings: Vec<Vec<(&'static str, String)>>,
    ) -> Self {
        let backlog = Link::to(deployment.sim.url().as_str()).await;
        let replica = |(number, settings)| Replica {
            process: None,
            port: (number > 0).then(Port::reserve),
            settings,
        };
        let mut world = Self {
            replicas: settings.into_iter().enumerate().map(replica).collect(),
            database,
            backlog,
            deployment,
        };
        let starting = (0..world.replicas.len()).map(|number| world.process(number));
        let processes = join_all(starting).await;
        for (replica, process) in world.replicas.iter_mut().zip(processes) {
            replica.process = Some(process);
        }
        world
    }

    /// Where each replica is reached.
    pub(super) fn urls(&self) -> Vec<String> {
        (0..self.replicas.len())
            .map(|number| self.url(number))
            .collect()
    }

    pub(super) fn url(&self, number: usize) -> String {
        match &self.replicas[number].port {
            Some(port) => port.url(),
            None => self.deployment.site.base_url.clone(),
        }
    }

    /// Kills one as a crash would and starts it again.
    pub(super) async fn crash(&mut self, number: usize) {
        self.kill(number).await;
        self.start_again(number).await;
    }

    /// Kills one as a crash would.
    pub(super) async fn kill(&mut self, number: usize) {
        let process = self.replicas[number].process.take().expect("it runs");
        process.kill().await;
    }

    /// Starts one that was killed.
    pub(super) async fn start_again(&mut self, number: usize) {
        self.replicas[number].process = Some(self.process(number).await);
    }

    /// Runs statements at the database, past the link.
    pub(super) async fn sql(&self, statements: &'static str) {
        let done = sqlx::raw_sql(statements).execute(self.deployment.database.pool());
        done.await.expect(statements);
    }

    /// The leases of renewals end, as those of dead processes do in time.
    pub(super) async fn end_leases(&self) {
        self.sql(
            "UPDATE hub.accounts SET renewing_until = clock_timestamp()
             WHERE renewing_until IS NOT NULL;
             UPDATE hub.grants SET renewing_until = clock_timestamp()
             WHERE renewing_until IS NOT NULL",
        )
        .await;
    }

    /// The time until Backlog is asked again about accounts in doubt is over.
    pub(super) async fn end_doubts(&self) {
        self.sql(
            "UPDATE hub.grants SET renewing_until = NULL
             FROM hub.accounts
             WHERE accounts.space_id = grants.space_id
               AND accounts.backlog_user_id = grants.backlog_user_id
               AND accounts.doubt_until = grants.renewing_until;
             UPDATE hub.accounts SET doubt_until = clock_timestamp()
             WHERE doubt_until IS NOT NULL",
        )
        .await;
    }

    /// The database without the link.
    pub(super) fn database_pool(&self) -> PgPool {
        self.deployment.database.pool().clone()
    }

    /// The number of a replica's process at the system.
    pub(super) fn process_id(&self, number: usize) -> u32 {
        let process = self.replicas[number].process.as_ref();
        process.expect("it runs").id()
    }

    async fn process(&self, number: usize) -> Process {
        Process::start(self.command(number), self.url(number)).await
    }

    fn command(&self, number: usize) -> Command {
        let replica = &self.replicas[number];
        let mut command = match &replica.port {
            Some(port) => self.deployment.command_at(port),
            None => self.deployment.command(),
        };
        command.envs([
            ("DATABASE_URL", self.database.url()),
            ("BACKLOG_DOMAIN", self.backlog.url()),
        ]);
        command.envs(replica.settings.iter().map(|(name, value)| (name, value)));
        command
    }
}
