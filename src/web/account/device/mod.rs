//! `GET` and `POST /device`: the user enters the code that a device shows, and decides what the device
//! may do (RFC 8628 §3.3).
//!
//! 1. The page needs the session of the connections page. Without one it offers to sign in, which keeps
//!    Backlog's tokens: a device is useless without them. The hub's own page leads to the space.
//! 2. `look` finds the code, as users type it. Each one counts for the user before it is looked up, and
//!    a wrong one for the address as well. A code is found at the space that it is for only.
//! 3. The consent page names what the client claims to be, where and when it asked, and the user whose
//!    name it would act in. Nothing is preselected.
//! 4. `approve`: one transaction decides the code, which only one form can, and makes the grant
//!    ([`approval`]). `deny` decides it without one. The device hears of it when it asks again.

mod approval;

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, web};
use oauth_values::{Params, UserCode};

use super::{
    Place, connections,
    form::{self, Purpose},
    path_at,
    session::{self, SignedIn},
    signed_out, space_form,
};
use crate::db::{self, device_codes::Waiting};
use crate::domain::{Client, Space, grant::TO_A_DEVICE, security::SecurityEvent};
use crate::metrics::SignInOutcome;
use crate::web::{
    AppState, Issuer,
    error::{self, JsonError, PageError},
    issuer::path_of,
    limits::{Attempt, Endpoint},
    not_allowed,
    oauth::{
        consent, consent_page, consent_projects, device_authorization,
        page_attempt::counting_failures,
    },
    pages::{
        AskedFrom, CodeProblem, DeviceConsentPage, DeviceOutcome, DevicePage, Problem,
        ProjectsProblem, SignedOut,
        response::{frame, html},
    },
    request_body::OAuthBody,
};
use approval::Approval;

pub async fn get(
    hub: web::Data<AppState>,
    issuer: Issuer,
    request: HttpRequest,
) -> Result<HttpResponse, PageError> {
    let response = show(&hub, &issuer, &request);
    counting_failures(&hub.limits, Endpoint::Account, &request, response).await
}

pub async fn post(
    hub: web::Data<AppState>,
    issuer: Issuer,
    request: HttpRequest,
    body: Result<OAuthBody, JsonError>,
) -> Result<HttpResponse, PageError> {
    let response = change(&hub, &issuer, &request, body);
    counting_failures(&hub.limits, Endpoint::Account, &request, response).await
}

async fn show(
    hub: &AppState,
    issuer: &Issuer,
    request: &HttpRequest,
) -> Result<HttpResponse, PageError> {
    let Some(space) = connections::space_of(issuer, request)? else {
        return space_form::show(hub, request, Place::Device).await;
    };
    match session::find(hub, request, space).await? {
        Some(signed_in) => {
            let at = At::new(hub, request, (space, issuer), &signed_in);
            Ok(at.entry("", None, None))
        }
        None => signed_out::page(hub, request, (space, &issuer.url), Place::Device, None),
    }
}

async fn change(
    hub: &AppState,
    issuer: &Issuer,
    request: &HttpRequest,
    body: Result<OAuthBody, JsonError>,
) -> Result<HttpResponse, PageError> {
    let params = form::read(hub, request, body)?;
    let space = connections::space_of(issuer, request)?;
    let space = space.ok_or_else(|| PageError::new(request, Problem::NotFound))?;
    let Some(signed_in) = session::find(hub, request, space).await? else {
        let (at, because) = ((space, issuer.url.as_str()), Some(SignedOut::Expired));
        return signed_out::page(hub, request, at, Place::Device, because);
    };
    if !form::is_own(hub, &params, (Purpose::Device, signed_in.hash, space.id)) {
        return Err(form::forged(request));
    }
    let at = At::new(hub, request, (space, issuer), &signed_in);
    let action = params.get("action").unwrap_or_default();
    if !["look", "approve", "deny"].contains(&action) {
        return Err(form::invalid(request, "The form is incomplete."));
    }
    let typed = params.get("user_code").unwrap_or_default();
    let (code, waiting, client) = match at.find(typed).await? {
        Ok(found) => found,
        Err(problem) => return Ok(at.entry(typed, Some(problem), None)),
    };
    match action {
        "approve" => at.approve(&params, &code, waiting, client).await,
        "deny" => at.deny(&waiting).await,
        _ => Ok(at.ask(&code, &waiting, client, Again::default())),
    }
}

/// What the previous form had, if it cannot be approved.
#[derive(Default)]
struct Again<'a> {
    access_missing: bool,
    projects: Option<(&'a consent_projects::Given, Option<ProjectsProblem>)>,
}

/// The page of a user who is signed in.
struct At<'a> {
    hub: &'a AppState,
    request: &'a HttpRequest,
    space: &'a Space,
    issuer: &'a Issuer,
    signed_in: &'a SignedIn,
}

impl<'a> At<'a> {
    fn new(
        hub: &'a AppState,
        request: &'a HttpRequest,
        (space, issuer): (&'a Space, &'a Issuer),
        signed_in: &'a SignedIn,
    ) -> Self {
        Self {
            hub,
            request,
            space,
            issuer,
            signed_in,
        }
    }

    /// Finds the code that the user typed, and its client. It may be a guess, so it counts before
    /// anything is looked up.
    async fn find(
        &self,
        typed: &str,
    ) -> Result<Result<(UserCode, Waiting, Client), CodeProblem>, PageError> {
        let from_db = |error| PageError::from_db(self.request, &error);
        let limited = |limited| PageError::limited(self.request, limited);
        let Some(code) = UserCode::parse(typed) else {
            return Ok(Err(CodeProblem::Malformed));
        };
        let limits = &self.hub.limits;
        let attempt = Attempt {
            endpoint: Endpoint::UserCode,
            sender: limits.sender(self.request),
            client_id: None,
        };
        limits.check_address(attempt).map_err(limited)?;
        let user = (self.space.id, self.signed_in.user.id);
        let counted = limits.check_user_code(user, attempt.sender);
        counted.map_err(limited)?;
        let hash = code.hash(&self.hub.check_key);
        let found = db::device_codes::find_waiting(&self.hub.db, hash, self.space.id).await;
        let Some(waiting) = found.map_err(from_db)? else {
            limits.count_failure(attempt).map_err(limited)?;
            return Ok(Err(CodeProblem::Unknown));
        };
        let client = db::clients::find(&self.hub.db, waiting.client).await;
        let Some(client) = client.map_err(from_db)? else {
            return Ok(Err(CodeProblem::Unknown));
        };
        let allowed = &self.space.clients;
        if not_allowed::check_client(allowed, &client, Some(TO_A_DEVICE)).is_err() {
            return Ok(Err(CodeProblem::ClientNotAllowed));
        }
        let of_project = consent_projects::not_allowed(self.hub, self.space, &waiting.resource);
        let levels = consent_page::levels_of(self.hub, self.space, waiting.scopes);
        if of_project.is_some() || levels.offered.is_empty() {
            return Ok(Err(CodeProblem::NothingLeft));
        }
        Ok(Ok((code, waiting, client)))
    }

    /// The page with the field for a code.
    fn entry(
        &self,
        typed: &str,
        problem: Option<CodeProblem>,
        outcome: Option<DeviceOutcome>,
    ) -> HttpResponse {
        let path = self.path();
        let page = DevicePage {
            frame: frame(self.request).at(path.clone()),
            user: self.signed_in.user.name.clone(),
            space: consent_page::line(self.space, None),
            typed: typed.to_owned(),
            problem,
            outcome,
            page: self.seal(),
            form_action: path,
            account: path_at(&self.issuer.url),
        };
        let status = problem.and_then(|problem| StatusCode::from_u16(problem.status()).ok());
        let event = match problem {
            Some(CodeProblem::Unknown) => Some(SecurityEvent::GrantRefused),
            Some(CodeProblem::ClientNotAllowed) => Some(SecurityEvent::ClientNotAllowed),
            _ => None,
        };
        let response = html(status.unwrap_or(StatusCode::OK), page.html());
        error::counted(response, event)
    }

    /// The page that asks what the device may do.
    fn ask(
        &self,
        code: &UserCode,
        waiting: &Waiting,
        client: Client,
        again: Again<'_>,
    ) -> HttpResponse {
        let path = self.path();
        let problem = again.access_missing || again.projects.is_some();
        let page = DeviceConsentPage {
            frame: frame(self.request).at(path.clone()),
            user: self.signed_in.user.name.clone(),
            space: consent_page::line(self.space, None),
            client: consent_page::asking_for_device(client),
            place: self.asked_from(code, waiting),
            code: code.shown(),
            levels: consent_page::levels_of(self.hub, self.space, waiting.scopes),
            projects: consent_projects::shown(
                self.hub,
                Some(self.space),
                &waiting.resource,
                again.projects,
            ),
            access_missing: again.access_missing,
            page: self.seal(),
            form_action: path,
        };
        let status = match problem {
            true => StatusCode::BAD_REQUEST,
            false => StatusCode::OK,
        };
        error::counted(html(status, page.html()), None)
    }

    fn asked_from(&self, code: &UserCode, waiting: &Waiting) -> AskedFrom {
        let own = device_authorization::network_check(self.hub, self.request, code);
        let theirs = waiting.network_check.as_deref();
        let asked = self.hub.clock.now() - waiting.asked_at;
        AskedFrom {
            is_own_network: own
                .zip(theirs)
                .map(|(own, theirs)| own.as_slice() == theirs),
            network: waiting.network.clone(),
            minutes: asked.num_minutes().max(0),
        }
    }

    /// Decides the code without a grant.
    async fn deny(&self, waiting: &Waiting) -> Result<HttpResponse, PageError> {
        let session = self.signed_in.hash;
        let denied = db::device_codes::deny(&self.hub.db, waiting.id, session).await;
        match denied.map_err(|error| PageError::from_db(self.request, &error))? {
            Some(true) => {
                let metrics = &self.hub.recorder.metrics;
                metrics.sign_in(SignInOutcome::AccessDenied);
                Ok(self.entry("", None, Some(DeviceOutcome::Denied)))
            }
            Some(false) => Ok(self.entry("", Some(CodeProblem::Unknown), None)),
            None => self.signed_out(),
        }
    }

    /// Makes the grant, or shows what is missing.
    async fn approve(
        &self,
        params: &Params,
        code: &UserCode,
        waiting: Waiting,
        client: Client,
    ) -> Result<HttpResponse, PageError> {
        let given = consent_projects::Given::read(params);
        let resource = &waiting.resource;
        let projects = consent_projects::chosen(self.hub, self.space, resource, &given);
        let offered = consent_page::levels_of(self.hub, self.space, waiting.scopes).offered;
        let scopes = consent::chosen_scopes(offered, params);
        let (scopes, projects) = match (scopes, projects) {
            (Some(scopes), Ok(projects)) => (scopes, projects),
            (scopes, projects) => {
                let again = Again {
                    access_missing: scopes.is_none(),
                    projects: Some((&given, projects.err())),
                };
                return Ok(self.ask(code, &waiting, client, again));
            }
        };
        let approval = Approval {
            space: self.space,
            signed_in: self.signed_in,
            waiting: &waiting,
            scopes,
            projects,
        };
        let approved = approval.store(self.hub).await.map_err(|error| {
            tracing::error!(%error, "could not store the approval of a device");
            PageError::new(self.request, Problem::Unavailable)
        })?;
        match approved {
            approval::Stored::Approved => {
                let metrics = &self.hub.recorder.metrics;
                metrics.sign_in(SignInOutcome::Finished);
                Ok(self.entry("", None, Some(DeviceOutcome::Approved)))
            }
            approval::Stored::Not(problem) => Ok(self.entry("", Some(problem), None)),
            approval::Stored::SignedOut => self.signed_out(),
        }
    }

    /// The session has ended since the request began.
    fn signed_out(&self) -> Result<HttpResponse, PageError> {
        let at = (self.space, self.issuer.url.as_str());
        let because = Some(SignedOut::Expired);
        signed_out::page(self.hub, self.request, at, Place::Device, because)
    }

    fn path(&self) -> String {
        let path = device_authorization::VERIFICATION_PATH;
        format!("{}{path}", path_of(&self.issuer.url))
    }

    fn seal(&self) -> String {
        let session = self.signed_in.hash;
        form::seal(self.hub, Purpose::Device, session, self.space.id)
    }
}
