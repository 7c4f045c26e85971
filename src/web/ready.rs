//! `GET /ready`: the database responds, is writable, and its schema is current, so the replica can
//! take requests.
//!
//! The endpoint is unauthenticated, so it queries the database at most once a second.

use actix_web::{HttpResponse, web};

use super::AppState;

pub async fn get(hub: web::Data<AppState>) -> HttpResponse {
    match hub.readiness.obstacle(&hub.db).await {
        None => HttpResponse::Ok().json(serde_json::json!({ "status": "ready" })),
        Some(reason) => HttpResponse::ServiceUnavailable().json(serde_json::json!({
            "status": "not ready",
            "reason": reason,
        })),
    }
}
