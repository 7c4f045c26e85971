//! Serves the metrics on a separate listener, which is not for the internet.

use std::{
    io,
    net::{SocketAddr, TcpListener},
    time::Duration,
};

use actix_web::{App, HttpResponse, HttpServer, dev::Server, web};
use tokio::{sync::Mutex, time::Instant};

use super::error::StartError;
use crate::{audit::Recorder, db, web::AppState};

/// Counting the live grants reads an index, so not every scrape counts them.
const COUNT_EVERY: Duration = Duration::from_mins(1);
/// Shorter than the default scrape timeout of Prometheus.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(3);
const SUM_UP_EVERY: Duration = Duration::from_secs(1);

struct Scrape {
    hub: web::Data<AppState>,
    counted: Mutex<Option<Instant>>,
}

/// Serves `GET /metrics` at the address of the settings, if there is one; returns the server and the
/// address that was bound.
pub(super) fn listen(
    address: Option<SocketAddr>,
    hub: &web::Data<AppState>,
) -> Result<Option<(Server, SocketAddr)>, StartError> {
    let Some(address) = address else {
        return Ok(None);
    };
    let failed = |error| StartError::Metrics { address, error };
    let socket = TcpListener::bind(address).map_err(failed)?;
    let bound = socket.local_addr().map_err(failed)?;
    let server = serve(socket, hub.clone()).map_err(failed)?;
    Ok(Some((server, bound)))
}

fn serve(socket: TcpListener, hub: web::Data<AppState>) -> io::Result<Server> {
    let scrape = web::Data::new(Scrape {
        hub,
        counted: Mutex::default(),
    });
    let server = HttpServer::new(move || {
        App::new()
            .app_data(scrape.clone())
            .service(web::resource("/metrics").route(web::get().to(get)))
    })
    .workers(1)
    .disable_signals()
    .shutdown_timeout(1)
    .listen(socket)?
    .run();
    Ok(server)
}

/// Aggregates recorded values, so that they do not accumulate between scrapes; runs until the task
/// is aborted.
pub(super) async fn sum_up(recorder: Recorder) {
    loop {
        tokio::time::sleep(SUM_UP_EVERY).await;
        recorder.metrics.sum_up();
    }
}

async fn get(scrape: web::Data<Scrape>) -> HttpResponse {
    let AppState { recorder, db, .. } = &**scrape.hub;
    let metrics = &recorder.metrics;
    if let Some(journal) = &recorder.journal {
        let load = journal.load();
        metrics.journal(load.waiting, load.dropped);
    }
    metrics.calls_in_progress(scrape.hub.under_way.calls());
    let (size, idle) = (db.size(), u32::try_from(db.num_idle()).unwrap_or(u32::MAX));
    let max = db.options().get_max_connections();
    metrics.database_pool(size.saturating_sub(idle), idle, max);
    if let Err(error) = scrape.count_grants().await {
        tracing::warn!(%error, "could not count live grants for metrics");
    }
    match metrics.render() {
        Some(text) => HttpResponse::Ok()
            .content_type("text/plain; version=0.0.4; charset=utf-8")
            .body(text),
        None => HttpResponse::NotFound().finish(),
    }
}

impl Scrape {
    async fn count_grants(&self) -> Result<(), sqlx::Error> {
        let AppState { recorder, db, .. } = &**self.hub;
        let metrics = &recorder.metrics;
        let started = Instant::now();
        let Ok(connection) = tokio::time::timeout(ACQUIRE_TIMEOUT, db.acquire()).await else {
            metrics.database_wait(None);
            return Ok(());
        };
        metrics.database_wait(connection.is_ok().then(|| started.elapsed()));
        let mut connection = connection?;
        let mut counted = self.counted.lock().await;
        if counted.is_some_and(|at| at.elapsed() < COUNT_EVERY) {
            return Ok(());
        }
        *counted = Some(Instant::now());
        let live = db::grants::live_by_space(&mut *connection).await?;
        let personal = db::personal_tokens::live_by_space(&mut *connection).await?;
        metrics.sessions(live, personal);
        for count in db::accounts::count_by_space(&mut *connection).await? {
            let space = &count.space;
            metrics.accounts(space, "live", count.live.unsigned_abs());
            metrics.accounts(space, "in_doubt", count.in_doubt.unsigned_abs());
            metrics.accounts(space, "ended", count.ended.unsigned_abs());
            metrics.endings_paused(space, count.endings_are_paused);
        }
        Ok(())
    }
}
