//! `/stars`, `/users/{userId}/stars`

use actix_web::web::{self, Data, Path};
use serde_json::json;

use super::{
    responses::{no_content, ok},
    users::user_id,
};
use crate::{
    auth::Call,
    error::{ApiError, ApiResult},
    model::{Id, Star, Starred},
    params::Params,
    sim::Sim,
    view::star,
};

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/stars", web::post().to(add))
        .route("/stars/{id}", web::delete().to(remove))
        .route("/users/{user_id}/stars", web::get().to(received))
        .route("/users/{user_id}/stars/count", web::get().to(count));
}

async fn add(sim: Data<Sim>, call: Call) -> ApiResult {
    let about = about(&call.params)?;
    let mut state = sim.write();
    let star = Star {
        receiver: state.author(call.user, about)?,
        id: state.next_id(),
        about,
        presenter: call.user,
        created: sim.clock.now(),
    };
    state.stars.insert(star.id, star);
    no_content()
}

/// A parameter, and the kind of item that its id identifies.
type Kind = (&'static str, fn(Id) -> Starred);

const KINDS: [Kind; 5] = [
    ("issueId", Starred::Issue),
    ("commentId", Starred::Comment),
    ("wikiId", Starred::Wiki),
    ("pullRequestId", Starred::PullRequest),
    ("pullRequestCommentId", Starred::PullRequestComment),
];

/// The one item that the form names.
fn about(params: &Params) -> Result<Starred, ApiError> {
    let mut named = Vec::new();
    for (name, kind) in KINDS {
        named.extend(params.parsed(name)?.map(kind));
    }
    match named.as_slice() {
        [about] => Ok(*about),
        _ => Err(ApiError::invalid("One thing to star is required.")),
    }
}

/// Only the giver of a star can remove it.
async fn remove(sim: Data<Sim>, call: Call, id: Path<String>) -> ApiResult {
    let mut state = sim.write();
    let id = id
        .parse()
        .ok()
        .filter(|id: &Id| {
            let star = state.stars.get(id);
            star.is_some_and(|star| star.presenter == call.user)
        })
        .ok_or_else(|| ApiError::no_resource(format!("No star. (id:{id})")))?;
    state.stars.remove(&id);
    no_content()
}

async fn received(sim: Data<Sim>, call: Call, user: Path<String>) -> ApiResult {
    let state = sim.read();
    let user = user_id(&state, &user)?;
    let stars = state.stars.values().filter(|star| star.receiver == user);
    let page = call.params.page_by_id(stars, |star| star.id)?;
    let views = page.into_iter().map(|star| star::star(&state, star));
    ok(&views.collect::<Vec<_>>())
}

/// `since` and `until` are days in UTC, both inclusive.
async fn count(sim: Data<Sim>, call: Call, user: Path<String>) -> ApiResult {
    let state = sim.read();
    let user = user_id(&state, &user)?;
    let (since, until) = (call.params.date("since")?, call.params.date("until")?);
    let stars = state.stars.values().filter(|star| star.receiver == user);
    let count = stars
        .map(|star| star.created.date_naive())
        .filter(|day| since.is_none_or(|since| *day >= since))
        .filter(|day| until.is_none_or(|until| *day <= until))
        .count();
    ok(&json!({ "count": count }))
}
