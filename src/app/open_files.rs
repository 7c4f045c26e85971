//! Raises the limit on open files of this process.
//!
//! A call under way has two connections, from its client and to Backlog. Shells and some container
//! runtimes allow 1,024 open files and leave the rest to the process, up to a second, hard limit.

use nix::sys::resource::{Resource, getrlimit, setrlimit};

/// Raises the limit to the hard limit. If that fails, the process continues with what it has.
pub(super) fn raise_limit() {
    let file = Resource::RLIMIT_NOFILE;
    let raised = getrlimit(file).and_then(|(soft, hard)| match soft < hard {
        true => setrlimit(file, hard, hard),
        false => Ok(()),
    });
    if let Err(error) = raised {
        tracing::warn!(%error, "could not raise the limit on open files; check `ulimit -n`");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_is_the_hard_limit() {
        raise_limit();
        let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE).unwrap();
        assert_eq!(soft, hard);
    }
}
