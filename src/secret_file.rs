//! A secret that a process generates once and keeps in a file that only its user can read.
//!
//! The secret is written to a temporary file and linked to its path, so a crash leaves a complete
//! secret or none, and two processes that start together get the same one.

use std::{
    fs::{DirBuilder, OpenOptions},
    io::{self, ErrorKind, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::Path,
};

use secrecy::{ExposeSecret, SecretString};

/// Reads the secret at `path`, or generates and keeps it there. A missing directory is created.
///
/// # Errors
/// If the file cannot be read or written, or is empty.
pub fn read_or_generate(
    path: &Path,
    generate: impl FnOnce() -> SecretString,
) -> io::Result<SecretString> {
    match read(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        known => return known,
    }
    if let Some(directory) = path.parent() {
        let mut builder = DirBuilder::new();
        builder.recursive(true).mode(0o700).create(directory)?;
    }
    let secret = generate();
    let draft = path.with_extension(format!("{}.new", std::process::id()));
    let kept = write(&draft, &secret).and_then(|()| std::fs::hard_link(&draft, path));
    let removed = std::fs::remove_file(&draft);
    match kept {
        Ok(()) => removed.map(|()| secret),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => read(path),
        Err(error) => Err(error),
    }
}

fn read(path: &Path) -> io::Result<SecretString> {
    let text = std::fs::read_to_string(path)?;
    match text.trim() {
        "" => Err(io::Error::new(ErrorKind::InvalidData, "the file is empty")),
        text => Ok(text.into()),
    }
}

fn write(draft: &Path, secret: &SecretString) -> io::Result<()> {
    // An existing file would keep its mode.
    match std::fs::remove_file(draft) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut options = OpenOptions::new();
    let mut file = options
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(draft)?;
    file.write_all(secret.expose_secret().as_bytes())?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_secret_is_generated_once_and_readable_by_its_user_only() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a/b/the.token");
        let secret = read_or_generate(&path, || "first".into()).unwrap();
        assert_eq!(secret.expose_secret(), "first");
        let again = read_or_generate(&path, || panic!("there is one")).unwrap();
        assert_eq!(again.expose_secret(), "first");
        let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&path), 0o600);
        assert_eq!(mode(path.parent().unwrap()), 0o700);
        let files = std::fs::read_dir(path.parent().unwrap()).unwrap();
        assert_eq!(files.count(), 1, "no draft is left");
    }

    #[test]
    fn the_secret_of_a_faster_process_is_used() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("the.token");
        let secret = read_or_generate(&path, || {
            std::fs::write(&path, "theirs\n").unwrap();
            "ours".into()
        });
        assert_eq!(secret.unwrap().expose_secret(), "theirs");
    }

    #[test]
    fn an_empty_file_is_an_error_and_no_secret() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("the.token");
        std::fs::write(&path, "\n").unwrap();
        let error = read_or_generate(&path, || "x".into()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidData);
    }
}
