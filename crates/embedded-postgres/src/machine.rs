//! The machine that PostgreSQL is downloaded for: its system, processor and C library.
//!
//! The C library is that of the machine, not of this program: a program that is statically linked
//! with musl also runs where the system has glibc, and PostgreSQL then has to match the system.

use std::{ffi::OsStr, path::Path};

/// The loaders of glibc, below `/`.
const GNU_LOADERS: [&str; 2] = ["lib64/ld-linux-x86-64.so.2", "lib/ld-linux-aarch64.so.1"];
/// The loaders of musl.
const MUSL_LOADERS: [&str; 2] = ["lib/ld-musl-x86_64.so.1", "lib/ld-musl-aarch64.so.1"];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Libc {
    Gnu,
    Musl,
    Unknown,
}

/// The platform of this machine, in the naming of the archives; or why there is no archive for it.
pub(super) fn target() -> Result<&'static str, String> {
    let libc = libc_below(Path::new("/"));
    target_of(std::env::consts::OS, std::env::consts::ARCH, libc)
}

fn target_of(system: &str, processor: &str, libc: Libc) -> Result<&'static str, String> {
    match (system, processor, libc) {
        ("linux", "x86_64", Libc::Gnu) => Ok("x86_64-unknown-linux-gnu"),
        ("linux", "aarch64", Libc::Gnu) => Ok("aarch64-unknown-linux-gnu"),
        ("macos", "x86_64", _) => Ok("x86_64-apple-darwin"),
        ("macos", "aarch64", _) => Ok("aarch64-apple-darwin"),
        ("linux", "x86_64" | "aarch64", Libc::Musl) => {
            Err("the archives require glibc, and the C library of this machine is musl".to_owned())
        }
        ("linux", "x86_64" | "aarch64", Libc::Unknown) => {
            Err("the archives require glibc, which was not found on this machine".to_owned())
        }
        _ => Err(format!("there is no archive for {system} on {processor}")),
    }
}

/// The C library of the system whose files are below `root`. A loader of glibc may be a link to
/// something else: on a system with musl, gcompat puts its own library there.
fn libc_below(root: &Path) -> Libc {
    let is_gnu = |loader: &str| {
        let file = root.join(loader).canonicalize().ok();
        let name = file.as_deref().and_then(Path::file_name);
        name.and_then(OsStr::to_str)
            .is_some_and(|name| name.starts_with("ld-") && !name.starts_with("ld-musl-"))
    };
    if GNU_LOADERS.into_iter().any(is_gnu) {
        return Libc::Gnu;
    }
    match MUSL_LOADERS.iter().any(|it| root.join(it).exists()) {
        true => Libc::Musl,
        false => Libc::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::symlink};

    use super::*;

    /// A system with these files; each is empty, or a link to another one of them.
    fn system(files: &[(&str, Option<&str>)]) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for (file, link) in files {
            let path = root.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            match link {
                Some(target) => symlink(root.path().join(target), path).unwrap(),
                None => fs::write(path, "").unwrap(),
            }
        }
        root
    }

    #[test]
    fn the_c_library_is_that_of_the_system() {
        const GNU: &str = "lib64/ld-linux-x86-64.so.2";
        const MUSL: &str = "lib/ld-musl-x86_64.so.1";
        for (what, files, expected) in [
            ("nothing", &[] as &[_], Libc::Unknown),
            ("Alpine Linux", &[(MUSL, None)], Libc::Musl),
            (
                "Alpine Linux on arm64",
                &[("lib/ld-musl-aarch64.so.1", None)],
                Libc::Musl,
            ),
            (
                "Alpine Linux with gcompat",
                &[
                    (MUSL, None),
                    ("lib/libgcompat.so.0", None),
                    (GNU, Some("lib/libgcompat.so.0")),
                ],
                Libc::Musl,
            ),
            ("Fedora", &[(GNU, None)], Libc::Gnu),
            (
                "Debian 11",
                &[
                    ("lib/x86_64-linux-gnu/ld-2.31.so", None),
                    (GNU, Some("lib/x86_64-linux-gnu/ld-2.31.so")),
                ],
                Libc::Gnu,
            ),
            ("Debian with musl", &[(GNU, None), (MUSL, None)], Libc::Gnu),
            (
                "Debian on arm64",
                &[("lib/ld-linux-aarch64.so.1", None)],
                Libc::Gnu,
            ),
        ] {
            let root = system(files);
            assert_eq!(libc_below(root.path()), expected, "{what}");
        }
    }

    #[test]
    fn a_machine_without_an_archive_gets_the_reason() {
        for (system, processor, libc, reason) in [
            ("linux", "x86_64", Libc::Musl, "is musl"),
            ("linux", "aarch64", Libc::Musl, "is musl"),
            ("linux", "x86_64", Libc::Unknown, "was not found"),
            ("linux", "riscv64", Libc::Gnu, "linux on riscv64"),
            ("freebsd", "x86_64", Libc::Unknown, "freebsd on x86_64"),
        ] {
            let refused = target_of(system, processor, libc).unwrap_err();
            assert!(refused.contains(reason), "{refused}");
        }
        for processor in ["x86_64", "aarch64"] {
            let linux = target_of("linux", processor, Libc::Gnu).unwrap();
            assert_eq!(linux, format!("{processor}-unknown-linux-gnu"));
            let macos = target_of("macos", processor, Libc::Unknown).unwrap();
            assert_eq!(macos, format!("{processor}-apple-darwin"));
        }
    }
}
