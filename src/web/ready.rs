//! `GET /ready`: the database answers, takes changes, and its schema is current, so requests may
//! come.
//!
//! Anybody may ask, so the database is asked once a second at most, however many ask here.

use std::time::Duration;

use actix_web::{HttpResponse, web};
use moka::future::Cache;
use sqlx::PgPool;

use super::Hub;
use crate::db;

const SERVES_FOR: Duration = Duration::from_secs(1);

/// The last answer: what stands against readiness, if anything does.
#[derive(Clone, Debug)]
pub struct Readiness(Cache<(), Option<&'static str>>);

impl Default for Readiness {
    fn default() -> Self {
        Self(
            Cache::builder()
                .max_capacity(1)
                .time_to_live(SERVES_FOR)
                .build(),
        )
    }
}

impl Readiness {
    /// Those who ask at the same time wait for one answer.
    async fn obstacle(&self, db: &PgPool) -> Option<&'static str> {
        self.0.get_with((), examine(db)).await
    }
}

pub async fn get(hub: web::Data<Hub>) -> HttpResponse {
    match hub.readiness.obstacle(&hub.db).await {
        None => HttpResponse::Ok().json(serde_json::json!({ "status": "ready" })),
        Some(reason) => HttpResponse::ServiceUnavailable().json(serde_json::json!({
            "status": "not ready",
            "reason": reason,
        })),
    }
}

async fn examine(db: &PgPool) -> Option<&'static str> {
    match obstacle(db).await {
        Ok(reason) => {
            if let Some(reason) = reason {
                tracing::warn!("not ready: {reason}");
            }
            reason
        }
        Err(error) => {
            tracing::warn!(%error, "not ready: the database does not answer");
            Some("the database does not answer")
        }
    }
}

async fn obstacle(db: &PgPool) -> Result<Option<&'static str>, sqlx::Error> {
    if db::pool::is_standby(db).await? {
        return Ok(Some("the database is a standby: it is not promoted yet"));
    }
    if !db::migrate::is_current(db).await? {
        return Ok(Some("the schema is older than this version"));
    }
    Ok(None)
}
