//! `GET /health`: the process is alive. Asks nobody, so a database that is down
//! does not make an orchestrator restart every replica.

use actix_web::HttpResponse;

pub async fn get() -> HttpResponse {
    HttpResponse::Ok().json(serde_json::json!({
        "status": "healthy",
        "version": env!("CARGO_PKG_VERSION"),
    }))
}
