//! The disk under the database is full: what is stored can be read, and nothing can be stored.
//!
//! The short form has PostgreSQL refuse what it would refuse then, with the same error; it needs no
//! rights. The long form fills a real file system of some megabytes, which only root may mount.

use std::{
    fs::{self, File},
    io::Write,
    path::PathBuf,
    process::Command,
};

use backlog_sim::{Control, seed};
use reqwest::StatusCode;
use serde_json::json;
use sqlx::{AssertSqlSafe, PgPool};
use tempfile::TempDir;

use super::{
    users::{Outcome, all_are_served, assert_all_are_signed_in, hold_renewals, renewals, sign_in},
    world::World,
};
use crate::support::{
    cluster::{Cluster, account},
    person::Person,
    reply::Reply,
    site::{REDIRECT_URI, http},
};

const FILL: &str = r#"
    CREATE SCHEMA disk;
    CREATE FUNCTION disk.refuse() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION USING ERRCODE = 'disk_full',
            MESSAGE = 'could not extend file "base/5/16384": No space left on device';
    END $$;
    DO $$
    DECLARE stored regclass;
    BEGIN
        FOR stored IN
            SELECT oid FROM pg_class
            WHERE relnamespace = 'hub'::regnamespace AND relkind IN ('r', 'p')
              AND NOT relispartition
        LOOP
            EXECUTE format(
                'CREATE TRIGGER disk BEFORE INSERT OR UPDATE ON %s
                 FOR EACH STATEMENT EXECUTE FUNCTION disk.refuse()', stored);
        END LOOP;
    END $$"#;

const FREE: &str = "DROP SCHEMA disk CASCADE";

async fn run(pool: &PgPool, statements: &'static str) {
    sqlx::raw_sql(statements)
        .execute(pool)
        .await
        .expect(statements);
}

/// What everybody meets while the disk is full, with tokens that are good and with some that have
/// been renewed just when it became full; and after.
async fn meet_a_full_disk(world: &World, fill: impl AsyncFnOnce(), free: impl AsyncFnOnce()) {
    let backlog: &Control = world.sim.control();
    let mut users = sign_in(world).await;
    all_are_served(world, &users).await;
    backlog.clear_journal();
    backlog.expire_access_tokens();
    let held = hold_renewals(world, &users).await;
    fill().await;
    backlog.release();
    // The tokens that came cannot be stored; whoever has them in memory serves with them.
    let served = held.await.expect("the calls");
    let served = served.iter().filter(|it| **it == Outcome::Served).count();
    assert!(served >= users.len(), "{served} calls served");

    // What finds room in a page that is there is stored; sooner or later nothing does, and that is
    // a passing failure.
    let metadata = json!({ "redirect_uris": [REDIRECT_URI] });
    let register = || http().post(world.site.url("/register")).json(&metadata);
    let mut registered = Reply::to(register()).await;
    for _ in 0..100 {
        if registered.status != StatusCode::CREATED {
            break;
        }
        registered = Reply::to(register()).await;
    }
    registered.oauth_error(503, "temporarily_unavailable");
    for user in &mut users {
        user.refresh(&world.url(0)).await;
    }

    free().await;
    assert_all_are_signed_in(world, &mut users).await;
    assert_eq!(renewals(backlog), users.len(), "one for each expiry");
    Person::default().sign_in(&world.site, seed::DANIEL).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_ends_no_grant() {
    let world = World::of(2).await;
    let pool = world.database_pool();
    meet_a_full_disk(
        &world,
        async || run(&pool, FILL).await,
        async || {
            run(&pool, FREE).await;
        },
    )
    .await;
}

/// A file system of its own in memory, unmounted when dropped.
struct SmallDisk {
    directory: TempDir,
}

impl SmallDisk {
    fn mount(megabytes: u32) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let (uid, gid) = account();
        let options = format!("size={megabytes}m,mode=0700,uid={uid},gid={gid}");
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &options, "tmpfs"])
            .arg(directory.path())
            .status();
        assert!(mounted.expect("mount").success(), "only root may mount");
        Self { directory }
    }

    fn filler(&self) -> PathBuf {
        self.directory.path().join("filler")
    }

    fn fill(&self) {
        let mut filler = File::create(self.filler()).expect("a file");
        while filler.write_all(&[0; 4096]).is_ok() {}
    }

    fn free(&self) {
        fs::remove_file(self.filler()).expect("the file");
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let unmount = Command::new("umount")
            .arg("--lazy")
            .arg(self.directory.path())
            .status();
        drop(unmount);
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "mounts a file system, which only root may: scripts/soak"]
async fn a_file_system_without_space_ends_no_grant() {
    let disk = SmallDisk::mount(64);
    let cluster = Cluster::start().await;
    let maintenance = cluster.pool("postgres");
    let path = disk.directory.path().display();
    for statement in [
        format!("CREATE TABLESPACE small LOCATION '{path}'"),
        "ALTER DATABASE hub SET TABLESPACE small".to_owned(),
    ] {
        sqlx::raw_sql(AssertSqlSafe(statement))
            .execute(&maintenance)
            .await
            .expect("a database on the small disk");
    }
    let world = World::on(&cluster.url("hub"), 2).await;
    let pool = cluster.pool("hub");
    // Tables without a free page: each row that is written needs a new one.
    meet_a_full_disk(
        &world,
        async || {
            run(&pool, "VACUUM FULL").await;
            disk.fill();
        },
        async || disk.free(),
    )
    .await;
}
