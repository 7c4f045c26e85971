//! Parses long JSON on blocking threads, a few at a time, because it would delay everything else
//! on the same thread.

use std::{num::NonZeroUsize, sync::Arc, time::Duration};

use tokio::sync::Semaphore;

use super::BacklogError;

/// In bytes: longer JSON is parsed on a blocking thread, and its memory is held until the call
/// ends.
pub const LARGE: usize = 256 * 1024;
/// At most this many texts are parsed at a time, regardless of the number of processors.
const AT_A_TIME: usize = 4;

#[derive(Debug)]
pub(super) struct Parsing {
    turns: Arc<Semaphore>,
    queue_timeout: Duration,
}

impl Parsing {
    pub(crate) fn new(queue_timeout: Duration) -> Self {
        let processors = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        Self {
            turns: Arc::new(Semaphore::new(processors.min(AT_A_TIME))),
            queue_timeout,
        }
    }

    /// Runs the work, on the caller's thread if there is little of it.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        bytes: usize,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, BacklogError> {
        if bytes <= LARGE {
            return Ok(work());
        }
        let turn = Arc::clone(&self.turns).acquire_owned();
        let turn = tokio::time::timeout(self.queue_timeout, turn).await;
        let turn = turn.ok().and_then(Result::ok);
        let turn = turn.ok_or(BacklogError::NoMemory)?;
        let done = tokio::task::spawn_blocking(move || {
            let done = work();
            drop(turn);
            done
        });
        done.await.map_err(|error| {
            tracing::error!(%error, "parsing a response of Backlog failed");
            BacklogError::NoMemory
        })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[tokio::test(flavor = "current_thread")]
    async fn the_worker_continues_while_long_json_is_parsed() {
        let parsing = Parsing::new(Duration::from_mins(1));
        let (go, wait) = mpsc::channel();
        let work = parsing.run(LARGE + 1, move || wait.recv());
        // Both run on the only thread of this runtime, where blocking work would never end.
        let (done, ()) = tokio::join!(work, async move { go.send("done").unwrap() });
        assert_eq!(done, Ok(Ok("done")));
    }

    #[tokio::test]
    async fn only_so_much_is_read_at_a_time() {
        let parsing = Parsing {
            turns: Arc::new(Semaphore::new(1)),
            queue_timeout: Duration::ZERO,
        };
        let (go, wait) = mpsc::channel::<()>();
        let first = parsing.run(LARGE + 1, move || wait.recv());
        let second = async {
            tokio::task::yield_now().await;
            let refused = parsing.run(LARGE + 1, || ()).await;
            // Short JSON does not wait.
            let short = parsing.run(LARGE, || "short").await;
            go.send(()).unwrap();
            (refused, short)
        };
        let (first, (refused, short)) = tokio::join!(first, second);
        assert_eq!(first, Ok(Ok(())));
        assert_eq!((refused, short), (Err(BacklogError::NoMemory), Ok("short")));
    }
}
