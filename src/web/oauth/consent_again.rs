//! The consent page again, if its form cannot be granted: with the reason, and with what the user said
//! about projects, so that no restriction is lost.

use actix_web::HttpRequest;
use oauth_values::{Params, token::BrowserId};

use super::{
    consent_page::{self, Shown},
    consent_projects::{self, Given},
    space_selection::Offer,
};
use crate::{
    db::authorization_requests::Posted,
    domain::Client,
    web::{
        AppState, Issuer,
        pages::{ConsentPage, NamingProblem, ProjectsProblem},
    },
};

/// The problem of a choice.
pub(super) enum Wrong {
    Space(NamingProblem),
    Projects(ProjectsProblem),
}

/// The form of a consent page.
pub(super) struct Form<'a> {
    pub issuer: &'a Issuer,
    pub posted: &'a Posted,
    pub params: &'a Params,
    pub client: Client,
    pub browser: Option<BrowserId>,
    pub given: Given,
}

impl Form<'_> {
    pub(super) async fn again(
        self,
        hub: &AppState,
        request: &HttpRequest,
        offer: &Offer,
        wrong: Wrong,
    ) -> Result<Box<ConsentPage>, sqlx::Error> {
        let (problem, of_projects) = match wrong {
            Wrong::Space(problem) => (Some(problem), None),
            Wrong::Projects(problem) => (None, Some(problem)),
        };
        let asked = &self.posted.request;
        let given = Some((&self.given, of_projects));
        let shown = Shown {
            issuer: self.issuer,
            client: self.client,
            redirect_uri: &asked.redirect_uri,
            scopes: asked.scopes,
            id: asked.id,
            // It was already compared with the stored hash.
            csrf: self.params.get("csrf").unwrap_or_default(),
            offer,
            problem,
            projects: consent_projects::shown(hub, offer.known(), &asked.resource, given),
            browser: self.browser.as_ref(),
        };
        consent_page::of(hub, request, shown).await.map(Box::new)
    }
}
