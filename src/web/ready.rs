//! `GET /ready`: the database answers, takes changes, and its schema is current, so requests may
//! come.

use actix_web::{HttpResponse, web};
use sqlx::PgPool;

use super::Hub;
use crate::db;

pub async fn get(hub: web::Data<Hub>) -> HttpResponse {
    let reason = match obstacle(&hub.db).await {
        Ok(None) => return HttpResponse::Ok().json(serde_json::json!({ "status": "ready" })),
        Ok(Some(reason)) => {
            tracing::warn!("not ready: {reason}");
            reason
        }
        Err(error) => {
            tracing::warn!(%error, "not ready: the database does not answer");
            "the database does not answer"
        }
    };
    HttpResponse::ServiceUnavailable().json(serde_json::json!({
        "status": "not ready",
        "reason": reason,
    }))
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
