//! Tells a client that asked for it (`progressToken`) how far a call has come.
//!
//! Over HTTP the first word of it turns the answer from one JSON body into a stream of events,
//! and the status is decided with it. So nothing is told before Backlog has accepted the
//! request: until then the answer may have to be a 401.

use std::time::Duration;

use rmcp::{
    RoleServer,
    model::{ProgressNotificationParam, ProgressToken},
    service::{Peer, RequestContext},
};
use tokio::sync::watch;

/// Not more often than this.
const PAUSE: Duration = Duration::from_millis(100);

/// How far something is; clones report for the same call.
#[derive(Clone, Debug, Default)]
pub(super) struct Progress(Option<watch::Sender<Step>>);

#[derive(Clone, Copy, Debug, Default)]
struct Step {
    done: u64,
    total: Option<u64>,
}

impl Progress {
    /// Notes how much is done, in any unit; it never goes back.
    pub fn note(&self, done: u64, total: Option<u64>) {
        let Some(steps) = &self.0 else { return };
        steps.send_if_modified(|step| {
            let further = done > step.done;
            if further {
                *step = Step { done, total };
            }
            further
        });
    }
}

/// Sends what is noted, if the client asked for it.
pub(super) struct Telling(Option<(Peer<RoleServer>, ProgressToken, watch::Receiver<Step>)>);

/// The two ends of the progress of a call.
pub(super) fn of(context: &RequestContext<RoleServer>) -> (Progress, Telling) {
    let Some(token) = context.meta.get_progress_token() else {
        return none();
    };
    let (steps, heard) = watch::channel(Step::default());
    let telling = Telling(Some((context.peer.clone(), token, heard)));
    (Progress(Some(steps)), telling)
}

/// The same for a call whose client did not ask.
pub(super) fn none() -> (Progress, Telling) {
    (Progress::default(), Telling(None))
}

impl Telling {
    /// Sends, as long as the work runs.
    pub async fn during<T>(self, work: impl Future<Output = T>) -> T {
        let Self(Some((peer, token, steps))) = self else {
            return work.await;
        };
        tokio::select! {
            biased;
            done = work => done,
            never = tell(&peer, token, steps) => match never {},
        }
    }
}

async fn tell(
    peer: &Peer<RoleServer>,
    token: ProgressToken,
    mut steps: watch::Receiver<Step>,
) -> std::convert::Infallible {
    while steps.changed().await.is_ok() {
        let step = *steps.borrow_and_update();
        #[expect(
            clippy::cast_precision_loss,
            reason = "a float is what the protocol has"
        )]
        let (done, total) = (step.done as f64, step.total.map(|total| total as f64));
        let mut progress = ProgressNotificationParam::new(token.clone(), done);
        progress.total = total;
        if peer.notify_progress(progress).await.is_err() {
            break;
        }
        tokio::time::sleep(PAUSE).await;
    }
    std::future::pending().await
}
