//! The cluster's directory: creates it, and stops the server that a killed hub may have left
//! running.

use std::fs::{DirBuilder, File};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use super::account::Account;
use super::binaries::Installation;
use super::error::EmbeddedError;
use super::pinned::OLDEST_MAJOR;

/// The superuser of the cluster.
pub(super) const SUPERUSER: &str = "postgres";

#[derive(Debug)]
pub(super) struct Cluster {
    pub(super) directory: PathBuf,
    pub(super) account: Account,
    pub(super) installation: Installation,
    pub(super) log: PathBuf,
}

/// The major version of the cluster in a directory; `None` if there is no cluster.
pub(super) fn version(directory: &Path) -> Result<Option<u32>, EmbeddedError> {
    let path = directory.join("PG_VERSION");
    let version = match std::fs::read_to_string(&path) {
        Ok(version) => version,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(EmbeddedError::io(path)(error)),
    };
    match version.trim().parse() {
        Ok(major) if major >= OLDEST_MAJOR => Ok(Some(major)),
        _ => Err(EmbeddedError::UnsupportedCluster {
            directory: directory.to_owned(),
            version: version.trim().to_owned(),
        }),
    }
}

impl Cluster {
    /// Creates the cluster in `unfinished`, and moves it to its directory when it is complete, so
    /// an interrupted creation leaves nothing that looks like a cluster.
    pub(super) async fn create(
        &self,
        unfinished: &Path,
        password_file: &Path,
    ) -> Result<(), EmbeddedError> {
        match std::fs::remove_dir_all(unfinished) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(EmbeddedError::io(unfinished)(error));
            }
            _ => {}
        }
        DirBuilder::new()
            .mode(0o700)
            .create(unfinished)
            .map_err(EmbeddedError::io(unfinished))?;
        self.account.own(unfinished)?;
        let mut initdb = vec!["--pgdata".into(), unfinished.as_os_str().to_owned()];
        initdb.extend(["--pwfile".into(), password_file.as_os_str().to_owned()]);
        initdb.extend(["--username", SUPERUSER].map(Into::into));
        initdb.extend(["--auth=scram-sha-256", "--encoding=UTF8", "--locale=C"].map(Into::into));
        initdb.extend(["--data-checksums", "--no-instructions"].map(Into::into));
        let program = self.installation.program("initdb");
        self.account.run(&program, initdb).await?;

        let parent = self.directory.parent().unwrap_or(Path::new("/"));
        std::fs::rename(unfinished, &self.directory)
            .and_then(|()| File::open(parent)?.sync_all())
            .map_err(EmbeddedError::io(&self.directory))
    }

    /// Makes the server's account the owner of a cluster that root owns, for example after it was
    /// restored from a backup.
    pub(super) fn take_ownership(&self) -> Result<(), EmbeddedError> {
        self.account.own_tree(&self.directory)
    }

    /// Stops the server of an earlier hub, and corrects the pid file of a dead one if PostgreSQL
    /// would misread it. We hold the directory's lock, so neither belongs to a running hub.
    pub(super) async fn stop_leftover_server(&self) -> Result<(), EmbeddedError> {
        let pid_file = self.directory.join("postmaster.pid");
        let Ok(content) = std::fs::read_to_string(&pid_file) else {
            return Ok(());
        };
        let pid = content.lines().next().unwrap_or_default().trim();
        let Some(command_line) = self.command_line(pid).await? else {
            return Ok(()); // It is dead, which PostgreSQL detects by itself.
        };
        let program = command_line.split(['\0', ' ']).next().unwrap_or_default();
        let directory = self.directory.to_string_lossy();
        if !program.ends_with("postgres") || !command_line.contains(directory.as_ref()) {
            // The id now belongs to another process, as after a container's restart, or to a dead
            // process that was not waited for. PostgreSQL refuses to start because of that id, but
            // not because of its parent's id. The rest of the file must stay, because it lets
            // PostgreSQL detect children of the dead server that have not ended yet.
            let disowned = content.replacen(pid, &std::process::id().to_string(), 1);
            return std::fs::write(&pid_file, disowned).map_err(EmbeddedError::io(&pid_file));
        }
        let mut stop = vec!["stop".into(), "--pgdata".into()];
        stop.push(self.directory.as_os_str().to_owned());
        stop.extend(["--mode=fast", "--wait", "--timeout=60"].map(Into::into));
        let program = self.installation.program("pg_ctl");
        match self.account.run(&program, stop).await {
            // It was already stopping, and has ended in the meantime.
            Err(_) if !pid_file.exists() => Ok(()),
            result => result.map(drop),
        }
    }

    /// The command line of a process, with words separated by NUL or space. It is empty for a
    /// process that ended and was not waited for, and `None` if there is no such process.
    async fn command_line(&self, pid: &str) -> Result<Option<String>, EmbeddedError> {
        if !Path::new("/proc/self/cmdline").exists() {
            let ps = ["-ww", "-o", "args=", "-p", pid];
            return Ok(self.account.run(Path::new("/bin/ps"), ps).await.ok());
        }
        let path = Path::new("/proc").join(pid).join("cmdline");
        match std::fs::read(&path) {
            Ok(content) => Ok(Some(String::from_utf8_lossy(&content).into_owned())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(EmbeddedError::io(path)(error)),
        }
    }
}
