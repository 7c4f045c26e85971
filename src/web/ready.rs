//! `GET /ready`: the database answers and its schema is current, so requests may come.

use actix_web::{HttpResponse, web};

use super::Hub;
use crate::db;

pub async fn get(hub: web::Data<Hub>) -> HttpResponse {
    match db::migrate::is_current(&hub.db).await {
        Ok(true) => HttpResponse::Ok().json(serde_json::json!({ "status": "ready" })),
        Ok(false) => not_ready("the schema is older than this version"),
        Err(error) => {
            tracing::warn!(%error, "not ready: the database does not answer");
            not_ready("the database does not answer")
        }
    }
}

fn not_ready(reason: &str) -> HttpResponse {
    HttpResponse::ServiceUnavailable().json(serde_json::json!({
        "status": "not ready",
        "reason": reason,
    }))
}
