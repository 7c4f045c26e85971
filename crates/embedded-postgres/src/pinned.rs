//! The PostgreSQL archives that may be downloaded: one release of each major version, with the
//! SHA-256 of each platform's archive. A checksum from the source of the archive would prove
//! nothing.
//!
//! To move to a newer release, take the checksums of `<archive>.sha256` at
//! <https://github.com/theseus-rs/postgresql-binaries/releases>, and compare them with an
//! independent source.

use sha2::{Digest, Sha256};

use super::machine;

/// The oldest PostgreSQL that supports the hub's SQL (`NULLS NOT DISTINCT`) and our options.
pub(super) const OLDEST_MAJOR: u32 = 15;

/// An archive of a release for a platform.
#[derive(Debug)]
pub(super) struct Pinned {
    pub version: &'static str,
    target: &'static str,
    sha256: &'static str,
}

const PINNED: [Pinned; 12] = [
    pinned(
        "16.15.0",
        "x86_64-unknown-linux-gnu",
        "77dd669eda3985ea8be26256f6af28d3c8414152ada713797555bb7423b4486a",
    ),
    pinned(
        "16.15.0",
        "aarch64-unknown-linux-gnu",
        "f6d49ffbaea28cf8732785b18afb75bded905667d4ec8e2308a13a30fe0a24d1",
    ),
    pinned(
        "16.15.0",
        "x86_64-apple-darwin",
        "dfae21b2b931f1d8d1103afb6e8e108fdd94c6f407ce24d35b6cd0ad34f286d1",
    ),
    pinned(
        "16.15.0",
        "aarch64-apple-darwin",
        "46f6382024d9b633d1f4b4903ffef8c2404e00ae83098d628c00591048cb0512",
    ),
    pinned(
        "17.11.0",
        "x86_64-unknown-linux-gnu",
        "b7a1ba6bae6499d8296e3e81b0171eecfd1766ca9aaa0057e41ad3e844e5e2e0",
    ),
    pinned(
        "17.11.0",
        "aarch64-unknown-linux-gnu",
        "abffda09209280ec1502b73720dc4d254fb7fff9a072e324926c600a5b16c221",
    ),
    pinned(
        "17.11.0",
        "x86_64-apple-darwin",
        "e43a81b15e1cfe7f9d8fd79c6d4d0366e9001a5f690e322224dca704656602f7",
    ),
    pinned(
        "17.11.0",
        "aarch64-apple-darwin",
        "fd4b62794b160e26973a768a1eef3248aef9d2ff23ebd6d884a4299485e28e57",
    ),
    pinned(
        "18.6.0",
        "x86_64-unknown-linux-gnu",
        "bb3d09f876b2383e25a8c9ce09e32d185a03656a23d074f5195542b1b1b3ca61",
    ),
    pinned(
        "18.6.0",
        "aarch64-unknown-linux-gnu",
        "5d2b5e8be9e96bfc3d7f22090057a836ec36d5d092542d8d3b93cc145cf4ee13",
    ),
    pinned(
        "18.6.0",
        "x86_64-apple-darwin",
        "f8918fbe747e0d79bda58ad8f8afcf23ac384b847ff3af18856f0825ba54b031",
    ),
    pinned(
        "18.6.0",
        "aarch64-apple-darwin",
        "a257bcdb8aa3301a13d6a5bcec48f8c9517045b7cbae71e50788b2615539e95b",
    ),
];

const fn pinned(version: &'static str, target: &'static str, sha256: &'static str) -> Pinned {
    Pinned {
        version,
        target,
        sha256,
    }
}

impl Pinned {
    /// The archive of a major version for this machine.
    pub(crate) fn find(major: u32) -> Result<&'static Self, String> {
        let target = machine::target()?;
        let prefix = format!("{major}.");
        PINNED
            .iter()
            .find(|one| one.target == target && one.version.starts_with(&prefix))
            .ok_or_else(|| format!("there is no archive of PostgreSQL {major} for {target}"))
    }

    /// Checks that the archive is the pinned one.
    pub(crate) fn check(&self, archive: &[u8]) -> Result<(), String> {
        let digest = Sha256::digest(archive);
        let found: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        if found == self.sha256 {
            return Ok(());
        }
        Err(format!(
            "the downloaded archive of PostgreSQL {} has the SHA-256 {found}; expected {}",
            self.version, self.sha256
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_major_version_has_an_archive_for_each_platform() {
        for one in &PINNED {
            assert_eq!(one.sha256.len(), 64, "{one:?}");
            assert!(one.sha256.bytes().all(|b| b.is_ascii_hexdigit()), "{one:?}");
            let of_target = PINNED.iter().filter(|other| other.target == one.target);
            assert_eq!(of_target.count(), 3, "{one:?}");
            let same = PINNED.iter().filter(|other| other.sha256 == one.sha256);
            assert_eq!(same.count(), 1, "{one:?}");
        }
    }

    #[test]
    fn another_archive_is_refused_and_so_is_another_version() {
        let one = &PINNED[0];
        let problem = one.check(b"something else").expect_err("refused");
        assert!(problem.contains(one.sha256), "{problem}");
        let known = Pinned {
            sha256: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            ..pinned("17.0.0", "another", "")
        };
        assert_eq!(known.check(b""), Ok(()));
        assert!(Pinned::find(14).is_err());
    }
}
