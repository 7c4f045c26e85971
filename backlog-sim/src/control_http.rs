//! The controls of `control.rs` over HTTP, under `/_sim/`.

use actix_web::{
    HttpResponse,
    web::{self, Data},
};

use crate::{control::Control, sim::Sim};

pub(crate) fn routes(config: &mut web::ServiceConfig) {
    config.service(web::scope("/_sim").route("/journal", web::get().to(journal)));
}

async fn journal(sim: Data<Sim>) -> HttpResponse {
    HttpResponse::Ok().json(Control::new(sim.into_inner()).journal())
}
