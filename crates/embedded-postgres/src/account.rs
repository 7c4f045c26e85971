//! The account that runs the PostgreSQL programs: our own, or an unprivileged one if we are root.

use std::ffi::OsStr;
use std::io;
use std::os::unix::fs::{MetadataExt, chown, lchown};
use std::path::Path;
use std::process::Stdio;

use nix::unistd::{Uid, User, getegid, geteuid};
use tokio::process::Command;

use super::error::EmbeddedError;

/// The account for a new cluster if we are root.
const UNPRIVILEGED: &str = "postgres";
/// Other services run as this account as well, so a compromised one could read the database.
const SHARED: &str = "nobody";

#[derive(Debug)]
pub(super) struct Account {
    name: String,
    uid: u32,
    gid: u32,
    /// Whether we are root and run the programs as this account.
    assumed: bool,
}

impl Account {
    /// The account for the cluster in `directory`, which need not exist yet: our own, or for root
    /// the one that owns the cluster.
    pub(super) fn for_cluster(directory: &Path) -> Result<Self, EmbeddedError> {
        let owner = match directory.metadata() {
            Ok(metadata) => Some((metadata.uid(), metadata.gid())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(EmbeddedError::io(directory)(error)),
        };
        let me = geteuid();
        match owner {
            Some((uid, gid)) if me.is_root() && uid != 0 => Self::of_owner(directory, uid, gid),
            _ if me.is_root() => Self::unprivileged(),
            Some((uid, _)) if uid != me.as_raw() => Err(EmbeddedError::NotOwner {
                directory: directory.to_owned(),
                owner: user_name(uid),
            }),
            _ => Ok(Self {
                name: user_name(me.as_raw()),
                uid: me.as_raw(),
                gid: getegid().as_raw(),
                assumed: false,
            }),
        }
    }

    fn unprivileged() -> Result<Self, EmbeddedError> {
        User::from_name(UNPRIVILEGED)
            .ok()
            .flatten()
            .map(|user| Self {
                name: user.name,
                uid: user.uid.as_raw(),
                gid: user.gid.as_raw(),
                assumed: true,
            })
            .ok_or(EmbeddedError::NoAccount)
    }

    /// The account that owns a cluster, if we are root.
    fn of_owner(directory: &Path, uid: u32, gid: u32) -> Result<Self, EmbeddedError> {
        let name = user_name(uid);
        if name == SHARED {
            return Err(EmbeddedError::SharedAccount {
                directory: directory.to_owned(),
            });
        }
        Ok(Self {
            name,
            uid,
            gid,
            assumed: true,
        })
    }

    /// A command that runs as this account, without the terminal's signals and without our
    /// environment, which contains secrets and variables that affect PostgreSQL.
    pub(super) fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command
            .env_clear()
            .env("LC_ALL", "C")
            .stdin(Stdio::null())
            // PostgreSQL requires a working directory that it can read.
            .current_dir("/")
            .process_group(0);
        for name in ["PATH", "LD_LIBRARY_PATH"] {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        if self.assumed {
            command.uid(self.uid).gid(self.gid);
        }
        command
    }

    /// Runs a command to its end; returns its output.
    pub(super) async fn run<A: AsRef<OsStr>>(
        &self,
        program: &Path,
        arguments: impl IntoIterator<Item = A>,
    ) -> Result<String, EmbeddedError> {
        let output = self
            .command(program)
            .args(arguments)
            .output()
            .await
            .map_err(EmbeddedError::io(program))?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        Err(EmbeddedError::CommandFailed {
            program: program.display().to_string(),
            output: format!(
                "{} ({})",
                String::from_utf8_lossy(&output.stderr).trim(),
                output.status
            ),
        })
    }

    /// Makes this account the owner of a file or an empty directory of ours.
    pub(super) fn own(&self, path: &Path) -> Result<(), EmbeddedError> {
        if self.assumed {
            chown(path, Some(self.uid), Some(self.gid)).map_err(EmbeddedError::io(path))?;
        }
        Ok(())
    }

    /// Makes this account the owner of a directory of root, and of its contents.
    pub(super) fn own_tree(&self, directory: &Path) -> Result<(), EmbeddedError> {
        let metadata = directory.metadata().map_err(EmbeddedError::io(directory))?;
        if self.assumed && metadata.uid() == 0 {
            self.own_each(directory)
                .map_err(EmbeddedError::io(directory))?;
        }
        Ok(())
    }

    fn own_each(&self, path: &Path) -> io::Result<()> {
        if path.symlink_metadata()?.is_dir() {
            for entry in path.read_dir()? {
                self.own_each(&entry?.path())?;
            }
        }
        // The directory comes last, so an interrupted run starts over.
        lchown(path, Some(self.uid), Some(self.gid))
    }

    /// Checks that the account can enter `directory`; the error names the first directory on the
    /// path that it cannot enter.
    pub(super) async fn check_reach(&self, directory: &Path) -> Result<(), EmbeddedError> {
        if !self.assumed || self.can_enter(directory).await? {
            return Ok(());
        }
        let mut blocked = directory;
        for ancestor in directory.ancestors() {
            if self.can_enter(ancestor).await? {
                break;
            }
            blocked = ancestor;
        }
        Err(EmbeddedError::Unreachable {
            account: self.name.clone(),
            blocked: blocked.to_owned(),
        })
    }

    async fn can_enter(&self, directory: &Path) -> Result<bool, EmbeddedError> {
        let shell = Path::new("/bin/sh");
        let status = self
            .command(shell)
            .args(["-c", r#"cd -- "$1""#, "sh"])
            .arg(directory)
            .stderr(Stdio::null())
            .status()
            .await
            .map_err(EmbeddedError::io(shell))?;
        Ok(status.success())
    }
}

fn user_name(uid: u32) -> String {
    User::from_uid(Uid::from_raw(uid))
        .ok()
        .flatten()
        .map_or_else(|| format!("user {uid}"), |user| user.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cluster_of_the_account_nobody_is_rejected() {
        let directory = Path::new("/var/lib/backlog-mcp-hub/postgres");
        let nobody = User::from_name(SHARED).expect("the accounts");
        let nobody = nobody.expect("every system has it");
        let refused = Account::of_owner(directory, nobody.uid.as_raw(), nobody.gid.as_raw());
        let refused = refused.expect_err("refused").to_string();
        assert!(refused.contains("chown -R postgres:"), "{refused}");
        let other = Account::of_owner(directory, 12_345, 12_345).expect("an account");
        assert_eq!((other.uid, other.assumed), (12_345, true));
    }
}
