//! Sends progress notifications to a client that asked for them (`progressToken`).
//!
//! Over HTTP the first notification turns the response from one JSON body into a stream of events,
//! and fixes its status. So nothing is sent before Backlog has accepted the request: until then the
//! response may have to be a 401.

use std::time::Duration;

use rmcp::{
    RoleServer,
    model::{ProgressNotificationParam, ProgressToken},
    service::{Peer, RequestContext},
};
use tokio::sync::watch;

/// The minimum time between two notifications.
const PAUSE: Duration = Duration::from_millis(100);

/// Receives the progress of a call; clones report for the same call.
#[derive(Clone, Debug, Default)]
pub(crate) struct ProgressSink(Option<watch::Sender<Step>>);

#[derive(Clone, Copy, Debug, Default)]
struct Step {
    done: u64,
    total: Option<u64>,
}

impl ProgressSink {
    /// Records how much is done, in any unit. The value never decreases.
    pub(crate) fn note(&self, done: u64, total: Option<u64>) {
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

/// Sends the recorded progress, if the client asked for it.
pub(crate) struct ProgressNotifier(
    Option<(Peer<RoleServer>, ProgressToken, watch::Receiver<Step>)>,
);

/// Creates the sink and the notifier of a call.
pub(crate) fn of(context: &RequestContext<RoleServer>) -> (ProgressSink, ProgressNotifier) {
    let Some(token) = context.meta.get_progress_token() else {
        return none();
    };
    let (steps, heard) = watch::channel(Step::default());
    let notifier = ProgressNotifier(Some((context.peer.clone(), token, heard)));
    (ProgressSink(Some(steps)), notifier)
}

/// Creates both for a client that did not ask for progress.
pub(crate) fn none() -> (ProgressSink, ProgressNotifier) {
    (ProgressSink::default(), ProgressNotifier(None))
}

impl ProgressNotifier {
    /// Sends notifications while the work runs.
    pub(crate) async fn during<T>(self, work: impl Future<Output = T>) -> T {
        let Self(Some((peer, token, steps))) = self else {
            return work.await;
        };
        tokio::select! {
            biased;
            done = work => done,
            never = send(&peer, token, steps) => match never {},
        }
    }
}

async fn send(
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
