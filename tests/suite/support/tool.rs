//! Programs that the tests start and that this repository does not build.

use std::path::{Path, PathBuf};

/// The program that an environment variable of `scripts/test` names.
///
/// # Panics
/// The variable is not set: a test that needs the program must not pass without it.
pub(crate) fn program(variable: &str) -> PathBuf {
    let path = std::env::var_os(variable).filter(|path| !path.is_empty());
    let Some(path) = path else {
        panic!("{variable} is not set: run ./scripts/test, which installs what the tests need");
    };
    PathBuf::from(path)
}

/// A file below `tests/` that an installation put there.
///
/// # Panics
/// It is not there.
pub(crate) fn installed(path: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests")
        .join(path);
    assert!(
        path.exists(),
        "{} is missing: run ./scripts/test, which installs what the tests need",
        path.display()
    );
    path
}

/// The Node.js that was installed with the conformance suite, which needs a newer one
/// than the rest; elsewhere than on Linux, the machine's.
pub(crate) fn conformance_node() -> PathBuf {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance/node_modules/.bin/node");
    if path.exists() { path } else { program("NODE") }
}
