//! The data directory: its lock, the password, and files that only their owner can read.

use std::fs::{DirBuilder, File, OpenOptions, Permissions, TryLockError};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use foundation::random::Random;
use secrecy::SecretString;

use super::account::Account;
use super::error::EmbeddedError;

/// Creates the data directory if it is missing; returns its absolute path.
pub(super) fn create_data_dir(data_dir: &Path) -> Result<PathBuf, EmbeddedError> {
    let root = nix::unistd::geteuid().is_root();
    // The server's account passes through root's directory to its cluster; each file in the
    // directory has its own protection.
    let mode = if root { 0o711 } else { 0o700 };
    DirBuilder::new()
        .recursive(true)
        .mode(mode)
        .create(data_dir)
        .map_err(EmbeddedError::io(data_dir))?;
    let data_dir = data_dir
        .canonicalize()
        .map_err(EmbeddedError::io(data_dir))?;
    let metadata = data_dir.metadata().map_err(EmbeddedError::io(&data_dir))?;
    if root && metadata.uid() == 0 {
        let permissions = Permissions::from_mode(metadata.mode() | 0o111);
        std::fs::set_permissions(&data_dir, permissions).map_err(EmbeddedError::io(&data_dir))?;
    }
    Ok(data_dir)
}

/// Locks the directory until the returned file is closed: when it is dropped, or by the operating
/// system when the process dies.
pub(super) fn lock(data_dir: &Path) -> Result<File, EmbeddedError> {
    let path = data_dir.join("lock");
    let failed = || EmbeddedError::io(path.clone());
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(&path)
        .map_err(failed())?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut pid = String::new();
            file.read_to_string(&mut pid).map_err(failed())?;
            return Err(EmbeddedError::InUse {
                directory: data_dir.to_owned(),
                pid: pid.trim().to_owned(),
            });
        }
        Err(TryLockError::Error(error)) => return Err(failed()(error)),
    }
    file.set_len(0).map_err(failed())?;
    writeln!(file, "{}", std::process::id()).map_err(failed())?;
    Ok(file)
}

pub(super) fn password_file(data_dir: &Path) -> PathBuf {
    data_dir.join("postgres.password")
}

/// The superuser's password: the stored one, or for a new cluster one that is generated and stored.
pub(super) fn password(
    data_dir: &Path,
    new_cluster: bool,
    account: &Account,
    random: &Random,
) -> Result<SecretString, EmbeddedError> {
    use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};

    let path = password_file(data_dir);
    match std::fs::read_to_string(&path) {
        Ok(stored) if !stored.is_empty() => return Ok(stored.into()),
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            return Err(EmbeddedError::io(path)(error));
        }
        _ if !new_cluster => return Err(EmbeddedError::PasswordMissing { path }),
        _ => {}
    }
    let password = BASE64_URL_SAFE_NO_PAD.encode(random.bytes::<24>());
    write_private(&path, &password)?;
    // initdb runs as that account, and reads the file.
    account.own(&path)?;
    Ok(password.into())
}

/// Replaces a file with one that only its owner can read.
pub(super) fn write_private(path: &Path, content: &str) -> Result<(), EmbeddedError> {
    let unfinished = path.with_added_extension("new");
    let write = || {
        match std::fs::remove_file(&unfinished) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        // An existing file would keep its mode.
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&unfinished)?;
        file.write_all(content.as_bytes())?;
        file.sync_all()?;
        std::fs::rename(&unfinished, path)
    };
    write().map_err(EmbeddedError::io(path))
}
