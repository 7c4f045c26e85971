//! `/space/image`, `/projects/{projectIdOrKey}/image`, `/users/{userId}/icon`

use actix_web::web::{self, Bytes, Data, Path};

use super::{attachments, users::user_id};
use crate::{auth::Call, error::ApiResult, sim::Sim};

/// The default picture, which all items have.
const IMAGE: &[u8] = include_bytes!("../../seed-files/calendar.png");

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/space/image", web::get().to(of_space))
        .route("/projects/{project}/image", web::get().to(of_project))
        .route("/users/{user_id}/icon", web::get().to(of_user));
}

async fn of_space(_call: Call) -> ApiResult {
    Ok(attachments::file("logo.png", &Bytes::from_static(IMAGE)))
}

async fn of_project(sim: Data<Sim>, call: Call, project: Path<String>) -> ApiResult {
    let state = sim.read();
    let key = &state.project(call.user, &project)?.project.project_key;
    let name = format!("{key}.png");
    Ok(attachments::file(&name, &Bytes::from_static(IMAGE)))
}

async fn of_user(sim: Data<Sim>, _call: Call, user: Path<String>) -> ApiResult {
    let state = sim.read();
    let user = user_id(&state, &user)?;
    let name = format!("{}.png", state.users[&user].user_id);
    Ok(attachments::file(&name, &Bytes::from_static(IMAGE)))
}
