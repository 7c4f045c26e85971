//! The controls of `control.rs` over HTTP, under `/_sim/`, for programs that are not in Rust and
//! for use with curl. Bodies are JSON.

use std::time::Duration;

use actix_web::{
    HttpResponse,
    web::{self, Data, Json, Path, Query},
};
use serde::Deserialize;
use serde_json::json;

use crate::{
    control::Control, faults::Matcher, model::Id, rate_limit::RateLimits, sim::Sim,
    tokens::RefreshRotation,
};

pub(crate) fn routes(config: &mut web::ServiceConfig) {
    config.service(
        web::scope("/_sim")
            .route("/users", web::get().to(users))
            .route("/users/{user}/api-key", web::post().to(issue_api_key))
            .route("/users/{user}/tokens", web::post().to(tokens_for))
            .route("/journal", web::get().to(journal))
            .route("/journal", web::delete().to(clear_journal))
            .route("/journal/count", web::get().to(count))
            .route("/faults", web::post().to(add_fault))
            .route("/faults", web::delete().to(clear_faults))
            .route("/held", web::get().to(held))
            .route("/release", web::post().to(release))
            .route("/tokens/expire", web::post().to(expire_access_tokens))
            .route("/tokens/revoke", web::post().to(revoke))
            .route("/settings", web::patch().to(set))
            .route("/clock/advance", web::post().to(advance_clock)),
    );
}

fn control(sim: Data<Sim>) -> Control {
    Control::new(sim.into_inner())
}

fn done() -> HttpResponse {
    HttpResponse::NoContent().finish()
}

async fn users(sim: Data<Sim>) -> HttpResponse {
    HttpResponse::Ok().json(control(sim).users())
}

async fn issue_api_key(sim: Data<Sim>, user: Path<Id>) -> HttpResponse {
    let control = control(sim);
    if !control.has_user(*user) {
        return HttpResponse::NotFound().finish();
    }
    HttpResponse::Ok().json(json!({ "apiKey": control.issue_api_key(*user) }))
}

async fn tokens_for(sim: Data<Sim>, user: Path<Id>) -> HttpResponse {
    let control = control(sim);
    if !control.has_user(*user) {
        return HttpResponse::NotFound().finish();
    }
    HttpResponse::Ok().json(control.tokens_for(*user))
}

async fn journal(sim: Data<Sim>) -> HttpResponse {
    HttpResponse::Ok().json(control(sim).journal())
}

async fn clear_journal(sim: Data<Sim>) -> HttpResponse {
    control(sim).clear_journal();
    done()
}

async fn count(sim: Data<Sim>, matcher: Query<Matcher>) -> HttpResponse {
    HttpResponse::Ok().json(json!({ "count": control(sim).count(&matcher) }))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Fault {
    #[serde(flatten)]
    effect: Effect,
    method: Option<String>,
    path_prefix: Option<String>,
    #[serde(default = "once")]
    times: usize,
}

#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "camelCase")]
enum Effect {
    Fail {
        status: u16,
        #[serde(default)]
        body: String,
    },
    Delay {
        milliseconds: u64,
    },
    DropConnection,
    #[serde(alias = "dropAnswer")]
    DropResponse,
    Hold,
}

fn once() -> usize {
    1
}

async fn add_fault(sim: Data<Sim>, fault: Json<Fault>) -> HttpResponse {
    let control = control(sim);
    let Fault {
        effect,
        method,
        path_prefix,
        times,
    } = fault.into_inner();
    let matcher = Matcher {
        method,
        path_prefix,
    };
    match effect {
        Effect::Fail { status, .. } if !(200..=599).contains(&status) => {
            return HttpResponse::BadRequest().body("status must be from 200 to 599");
        }
        Effect::Fail { status, body } => control.fail_next(matcher, status, body, times),
        Effect::Delay { milliseconds } => {
            control.delay(matcher, Duration::from_millis(milliseconds), times);
        }
        Effect::DropConnection => control.drop_connection(matcher, times),
        Effect::DropResponse => control.drop_response(matcher, times),
        Effect::Hold => control.hold(matcher),
    }
    done()
}

async fn clear_faults(sim: Data<Sim>) -> HttpResponse {
    control(sim).clear_faults();
    done()
}

async fn held(sim: Data<Sim>) -> HttpResponse {
    HttpResponse::Ok().json(json!({ "held": control(sim).held() }))
}

async fn release(sim: Data<Sim>) -> HttpResponse {
    control(sim).release();
    done()
}

async fn expire_access_tokens(sim: Data<Sim>) -> HttpResponse {
    control(sim).expire_access_tokens();
    done()
}

#[derive(Deserialize)]
struct Whose {
    user: Option<Id>,
}

async fn revoke(sim: Data<Sim>, whose: Query<Whose>) -> HttpResponse {
    match whose.user {
        Some(user) => control(sim).revoke_user(user),
        None => control(sim).revoke_all(),
    }
    done()
}

/// Fields that are left out stay unchanged.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Settings {
    access_token_lifetime_seconds: Option<u64>,
    refresh_rotation: Option<RefreshRotation>,
    rate_limits: Option<RateLimits>,
}

async fn set(sim: Data<Sim>, settings: Json<Settings>) -> HttpResponse {
    let control = control(sim);
    if let Some(seconds) = settings.access_token_lifetime_seconds {
        control.set_access_token_lifetime(Duration::from_secs(seconds));
    }
    if let Some(rotation) = settings.refresh_rotation {
        control.set_refresh_rotation(rotation);
    }
    if let Some(limits) = settings.rate_limits {
        control.set_rate_limits(limits);
    }
    done()
}

#[derive(Deserialize)]
struct Advance {
    seconds: u32,
}

async fn advance_clock(sim: Data<Sim>, by: Json<Advance>) -> HttpResponse {
    control(sim).advance_clock(Duration::from_secs(by.seconds.into()));
    done()
}
