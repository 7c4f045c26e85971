//! The issuer of a request: the hub itself, a space by its own host name, or a
//! space by path; the first and the last under each name of the hub. Nothing below a handler
//! knows how it was found.

use std::{borrow::Cow, future::Future, pin::Pin, sync::Arc};

use actix_web::{FromRequest, HttpRequest, dev::Payload, http::header, web};

use super::{
    Hub,
    error::{JsonError, PageError},
    pages::Problem,
};
use crate::domain::{Authority, Space, SpaceId, space};

/// The URL of a space by its host name is always `https`.
const HTTPS: u16 = 443;

/// Who answers: the text that `issuer` and `iss` carry, and the MCP endpoint it guards.
#[derive(Clone, Debug)]
pub struct Issuer {
    /// Without a trailing slash.
    pub url: String,
    pub mcp_url: String,
    /// Is its MCP endpoint the one that the bare host stands for?
    pub owns_host: bool,
    /// The one space it serves; `None` for the hub itself.
    pub space: Option<Arc<Space>>,
}

impl Issuer {
    /// The hub itself, under one of its names.
    fn of_hub(hub: &Hub, name: &Name<'_>) -> Self {
        Self {
            mcp_url: format!("{}{}", name.endpoint, hub.mcp_path),
            url: name.issuer.clone().into_owned(),
            owns_host: true,
            space: None,
        }
    }

    fn of_space_by_path(name: &Name<'_>, space: Arc<Space>) -> Self {
        let path = format!("/spaces/{}", space.slug);
        Self {
            mcp_url: format!("{}{path}/mcp", name.endpoint),
            url: format!("{}{path}", name.issuer),
            owns_host: false,
            space: Some(space),
        }
    }

    /// `None` if the host is not one of the space's. The stored name counts: the
    /// request may have it in another form.
    fn of_space_by_host(host: &Authority, space: Arc<Space>) -> Option<Self> {
        let hostname = space
            .hostnames
            .iter()
            .find(|known| Authority::parse(known).is_some_and(|known| known.is(host, HTTPS)))?;
        let url = format!("https://{hostname}");
        Some(Self {
            mcp_url: format!("{url}/mcp"),
            url,
            owns_host: true,
            space: Some(space),
        })
    }

    pub fn space_id(&self) -> Option<SpaceId> {
        self.space.as_ref().map(|space| space.id)
    }

    /// Is this the endpoint that a token was issued for, under whatever name of the hub?
    pub fn is_resource(&self, hub: &Hub, resource: &str) -> bool {
        hub.is_same_endpoint(resource, &self.mcp_url)
    }

    /// May a grant of this space be used here?
    pub fn serves(&self, space: SpaceId) -> bool {
        self.space.as_ref().is_none_or(|own| own.id == space)
    }

    /// The path of its protected-resource metadata (RFC 9728 §3.1).
    pub fn resource_metadata_url(&self) -> String {
        let origin_end = self.mcp_url.find("://").map_or(0, |at| at + 3);
        let path_start = self.mcp_url[origin_end..]
            .find('/')
            .map_or(self.mcp_url.len(), |at| origin_end + at);
        let (origin, path) = self.mcp_url.split_at(path_start);
        format!("{origin}/.well-known/oauth-protected-resource{path}")
    }

    /// The issuer at a host, or `None` if the slug names no space.
    pub async fn find(
        hub: &Hub,
        host: Option<&Authority>,
        slug: Option<&str>,
    ) -> Result<Option<Self>, sqlx::Error> {
        if let Some(slug) = slug {
            if !space::is_slug(slug) {
                return Ok(None);
            }
            let space = hub.sessions.space_by_slug(&hub.db, slug).await?;
            return Ok(space.map(|space| Self::of_space_by_path(&Name::of(hub, host), space)));
        }
        if let Some(host) = host
            && !hub.answers_to(host)
            && let Some(space) = hub.space_at(host).await?
            && let Some(issuer) = Self::of_space_by_host(host, space)
        {
            return Ok(Some(issuer));
        }
        Ok(Some(Self::of_hub(hub, &Name::of(hub, host))))
    }

    /// The issuer that a path below a well-known document speaks of: `` or the MCP
    /// path for the host's own, `spaces/<slug>` with or without `/mcp` for a space.
    ///
    /// # Errors
    /// The host is one that the hub answers to, but no address for clients: what a document says
    /// of another one would be refused by each of them.
    pub async fn find_by_suffix(
        hub: &Hub,
        host: Option<&Authority>,
        suffix: &str,
    ) -> Result<Option<Self>, JsonError> {
        if let Some(host) = host
            && hub.base_url.is_https()
            && hub.answers_to(host)
            && hub.own_origin(host).is_none()
        {
            return Err(JsonError::Misdirected);
        }
        let suffix = suffix.trim_matches('/');
        if suffix.is_empty() || suffix == hub.mcp_path.trim_matches('/') {
            return Ok(Self::find(hub, host, None).await?);
        }
        let Some(rest) = suffix.strip_prefix("spaces/") else {
            return Ok(None);
        };
        let slug = rest.strip_suffix("/mcp").unwrap_or(rest);
        if slug.contains('/') {
            return Ok(None);
        }
        Ok(Self::find(hub, host, Some(slug)).await?)
    }
}

/// A name of the hub: where its endpoint is, and the issuer that guards it.
struct Name<'a> {
    endpoint: Cow<'a, str>,
    issuer: Cow<'a, str>,
}

impl<'a> Name<'a> {
    /// A host that is no address for clients, a probe's perhaps, gets what is at the base URL.
    fn of(hub: &'a Hub, host: Option<&Authority>) -> Self {
        let base = Cow::from(hub.base_url.as_str());
        let own = host.and_then(|host| hub.own_origin(host));
        let endpoint = own.unwrap_or_else(|| base.clone());
        let issuer = match hub.is_issuer_at(&endpoint) {
            true => endpoint.clone(),
            false => base,
        };
        Self { endpoint, issuer }
    }
}

impl Hub {
    /// Is this host one of the hub's own, rather than a space's?
    pub fn answers_to(&self, host: &Authority) -> bool {
        let default = self.base_url.default_port();
        let parsed = |text: &str| Authority::parse(text);
        parsed(self.base_url.authority()).is_some_and(|own| own.is(host, default))
            || self
                .allowed_hosts
                .iter()
                .filter_map(|allowed| parsed(allowed))
                .any(|allowed| allowed.covers(host, default))
            || (!self.base_url.is_https() && host.is_loopback())
    }

    /// The space that has this host name.
    pub async fn space_at(&self, host: &Authority) -> Result<Option<Arc<Space>>, sqlx::Error> {
        let hostname = host.clone().without_default(HTTPS).to_string();
        self.sessions.space_by_hostname(&self.db, &hostname).await
    }
}

/// Where the client sent a request: the host of an absolute target, which overrules the Host
/// header (RFC 9112 §3.2.2); forwarded headers are not believed.
pub fn host(request: &HttpRequest) -> Option<Authority> {
    match request.uri().authority() {
        Some(authority) => Authority::parse(authority.as_str()),
        None => {
            let host = request.headers().get(header::HOST)?;
            Authority::parse(host.to_str().ok()?)
        }
    }
}

/// The issuer that the path and the host of a request name.
async fn of_request(request: &HttpRequest) -> Result<Option<Issuer>, sqlx::Error> {
    match request.app_data::<web::Data<Hub>>() {
        Some(hub) => {
            let slug = request.match_info().get("space");
            Issuer::find(hub, host(request).as_ref(), slug).await
        }
        None => Ok(None),
    }
}

/// For endpoints that a person sees: what is wrong is a page.
impl FromRequest for Issuer {
    type Error = PageError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, PageError>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            of_request(&request)
                .await
                .map_err(|error| PageError::from_db(&request, &error))?
                .ok_or_else(|| PageError::new(&request, Problem::NotFound))
        })
    }
}

/// For endpoints that only clients call: what is wrong is JSON, because a client takes
/// anything else for a reason to start over.
pub struct ForClient(pub Issuer);

impl FromRequest for ForClient {
    type Error = JsonError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, JsonError>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let issuer = of_request(&request).await?;
            issuer.map(Self).ok_or(JsonError::NoSuchIssuer)
        })
    }
}
