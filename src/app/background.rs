//! Starts the background jobs.
//!
//! 1. The listener passes changes to the sessions, and wakes the job that seals secrets.
//! 2. The secrets that operators set are sealed.
//! 3. Expired rows and old audit events are deleted.
//! 4. The samples of the metrics are aggregated.
//! 5. Audit events and last uses are written to the database.

use std::sync::Arc;

use actix_web::web;
use tokio::{sync::Notify, task::JoinHandle};

use super::{scrape, services::Services, storage::OpenStorage};
use crate::{
    audit::{
        self, Journal,
        writer::{FlushIntervals, Writer},
    },
    config::{ObserveSettings, Settings},
    domain::Change,
    jobs::{
        self, BackgroundJobs,
        cleanup::{Cleanup, Rounds},
    },
    web::AppState,
};

/// Starts the jobs that are aborted on shutdown.
pub(super) fn spawn(
    settings: &Settings,
    storage: &OpenStorage,
    services: &Services,
    hub: &web::Data<AppState>,
) -> BackgroundJobs {
    let secret_given = Arc::new(Notify::new());
    let random = services.sources.random.clone();
    let retention = audit::retention::run(
        storage.db.clone(),
        settings.observe.retention_every,
        random,
        settings.observe.audit_retention,
    );
    let secrets = jobs::secrets::run(
        storage.db.clone(),
        Arc::clone(&storage.keys),
        Arc::clone(&secret_given),
    );
    BackgroundJobs {
        listener: listen(storage, services, secret_given),
        secrets: tokio::spawn(secrets),
        cleanup: clean_up(settings, storage, services, hub),
        retention: tokio::spawn(retention),
        histogram_upkeep: tokio::spawn(scrape::sum_up(services.recorder.clone())),
    }
}

/// Passes changes to the sessions; `secret_given` is notified of new secrets.
fn listen(storage: &OpenStorage, services: &Services, secret_given: Arc<Notify>) -> JoinHandle<()> {
    let random = services.sources.random.clone();
    let (sessions, metrics) = (services.sessions.clone(), services.recorder.metrics.clone());
    tokio::spawn(jobs::listener::run(
        storage.db.clone(),
        random,
        move |change| {
            match change {
                Change::ListeningBegan => metrics.listening(true),
                Change::ListeningEnded => metrics.listening(false),
                Change::Secret
                | Change::Space
                | Change::Grant(_)
                | Change::Account(_)
                | Change::Token(_) => {}
            }
            if matches!(change, Change::Secret | Change::ListeningBegan) {
                secret_given.notify_one();
            }
            let sessions = sessions.clone();
            async move { sessions.apply(&change).await }
        },
    ))
}

/// Deletes expired rows; before each round, the quiet senders are forgotten.
fn clean_up(
    settings: &Settings,
    storage: &OpenStorage,
    services: &Services,
    hub: &web::Data<AppState>,
) -> JoinHandle<()> {
    let cleanup = Cleanup {
        pool: storage.db.clone(),
        rounds: Rounds {
            every: settings.observe.cleanup_every,
            grant_max_age: settings.lifetimes.grant,
            early: hub.newcomers.many(),
        },
        random: services.sources.random.clone(),
        clock: services.sources.clock.clone(),
        metrics: services.recorder.metrics.clone(),
    };
    let hub = hub.clone();
    tokio::spawn(cleanup.run(move || hub.limits.forget_quiet()))
}

/// Starts to write audit events and last uses; the shutdown waits for the last ones.
pub(super) fn write(
    settings: &ObserveSettings,
    storage: &OpenStorage,
    services: &Services,
    journal: Journal,
) -> Writer {
    let intervals = FlushIntervals {
        events: settings.events_every,
        uses: settings.uses_every,
    };
    let security = services.recorder.security.clone();
    Writer::start(storage.db.clone(), journal, security, intervals)
}
