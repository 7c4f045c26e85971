//! `GET /health`: the process is alive. It checks no dependency, so a database outage does not make
//! an orchestrator restart every replica.

use actix_web::HttpResponse;

pub async fn get() -> HttpResponse {
    HttpResponse::Ok().json(serde_json::json!({
        "status": "healthy",
        "version": env!("CARGO_PKG_VERSION"),
    }))
}
