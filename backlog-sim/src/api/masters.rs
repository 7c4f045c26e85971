//! `/priorities`, `/resolutions`

use actix_web::web;

use super::responses::ok;
use crate::{
    auth::Call,
    error::ApiResult,
    model::{PRIORITIES, RESOLUTIONS},
};

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/priorities", web::get().to(priorities))
        .route("/resolutions", web::get().to(resolutions));
}

async fn priorities(_call: Call) -> ApiResult {
    ok(&PRIORITIES)
}

async fn resolutions(_call: Call) -> ApiResult {
    ok(&RESOLUTIONS)
}
