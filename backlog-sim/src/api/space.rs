//! `/space`, `/space/notification`, `/space/licence`, `/rateLimit`

use actix_web::web::{self, Data};
use serde_json::json;

use super::responses::ok;
use crate::{auth::Call, error::ApiResult, model::SpaceNotice, sim::Sim, wire::stamp};

/// The largest file that can be attached: 50 MiB.
const LARGEST_FILE: u64 = 50 << 20;

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .route("/space", web::get().to(show))
        .route("/space/notification", web::get().to(notice))
        .route("/space/notification", web::put().to(set_notice))
        .route("/space/licence", web::get().to(licence))
        .route("/rateLimit", web::get().to(rate_limit));
}

async fn show(sim: Data<Sim>, _call: Call) -> ApiResult {
    ok(&sim.read().space)
}

async fn notice(sim: Data<Sim>, _call: Call) -> ApiResult {
    notice_view(&sim.read().notice)
}

/// An empty text removes the notice.
async fn set_notice(sim: Data<Sim>, call: Call) -> ApiResult {
    let mut state = sim.write();
    state.must_administrate(call.user)?;
    let content = call.params.get("content").unwrap_or_default().to_owned();
    let updated = sim.clock.now();
    state.notice = SpaceNotice { content, updated };
    notice_view(&state.notice)
}

fn notice_view(notice: &SpaceNotice) -> ApiResult {
    ok(&json!({ "content": notice.content, "updated": stamp(notice.updated) }))
}

/// A plan without limits except for files; 0 means unlimited.
async fn licence(sim: Data<Sim>, call: Call) -> ApiResult {
    sim.read().must_administrate(call.user)?;
    ok(&json!({
        "active": true,
        "licenceTypeId": 11,
        "limitDate": null,
        "startedOn": "2021-04-12T00:00:00Z",
        "storageLimit": 100_u64 << 30,
        "userLimit": 0,
        "projectLimit": 0,
        "issueLimit": 0,
        "attachmentLimit": 0,
        "attachmentLimitPerFile": LARGEST_FILE,
        "attachmentNumLimit": 50,
        "attribute": true,
        "attributeLimit": 0,
        "burndown": true,
        "commentLimit": 0,
        "componentLimit": 0,
        "fileSharing": true,
        "gantt": true,
        "git": true,
        "grandchildIssueEnabled": true,
        "nulabAccount": true,
        "parentChildIssue": true,
        "postIssueByMail": true,
        "pullRequestAttachmentLimitPerFile": LARGEST_FILE,
        "pullRequestAttachmentNumLimit": 50,
        "remoteAddress": false,
        "subversion": true,
        "subversionExternal": false,
        "versionLimit": 0,
        "wikiAttachment": true,
        "wikiAttachmentLimitPerFile": LARGEST_FILE,
        "wikiAttachmentNumLimit": 50,
    }))
}

async fn rate_limit(sim: Data<Sim>, call: Call) -> ApiResult {
    ok(&sim.rate_limiter.report(call.user, sim.clock.now()))
}
