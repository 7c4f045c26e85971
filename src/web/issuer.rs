//! The issuer of a request: the hub itself, a space by its own host name, or a space by path. The
//! first and the last exist under each host name of the hub. Only the extractors know which one it
//! is.

use std::{borrow::Cow, future::Future, pin::Pin, sync::Arc};

use actix_web::{FromRequest, HttpRequest, dev::Payload, http::header, web};

use super::{
    AppState,
    error::{JsonError, PageError},
    pages::Problem,
};
use crate::domain::{Authority, Space, SpaceId, space};

/// A space's own host name is always served over `https`.
const HTTPS: u16 = 443;

/// The authorization server of a request: its identifier (`issuer`, `iss`) and the MCP endpoint
/// that it protects.
#[derive(Clone, Debug)]
pub struct Issuer {
    /// Without a trailing slash.
    pub url: String,
    pub mcp_url: String,
    /// Below it are the MCP endpoints of projects. Without a trailing slash.
    pub endpoints: String,
    /// Whether the bare host also identifies its MCP endpoint.
    pub owns_host: bool,
    /// The one space it serves; `None` for the hub itself.
    pub space: Option<Arc<Space>>,
}

impl Issuer {
    /// The hub itself, under one of its names.
    fn of_hub(hub: &AppState, name: &Name<'_>) -> Self {
        Self {
            mcp_url: format!("{}{}", name.endpoint, hub.mcp_path),
            endpoints: name.endpoint.clone().into_owned(),
            url: name.issuer.clone().into_owned(),
            owns_host: true,
            space: None,
        }
    }

    fn of_space_by_path(name: &Name<'_>, space: Arc<Space>) -> Self {
        let path = format!("/spaces/{}", space.slug);
        Self {
            mcp_url: format!("{}{path}/mcp", name.endpoint),
            endpoints: format!("{}{path}", name.endpoint),
            url: format!("{}{path}", name.issuer),
            owns_host: false,
            space: Some(space),
        }
    }

    /// `None` if the host is not one of the space's. The stored form of the name is used: the
    /// request may spell it differently.
    fn of_space_by_host(host: &Authority, space: Arc<Space>) -> Option<Self> {
        let hostname = space
            .hostnames
            .iter()
            .find(|known| Authority::parse(known).is_some_and(|known| known.is(host, HTTPS)))?;
        let url = format!("https://{hostname}");
        Some(Self {
            mcp_url: format!("{url}/mcp"),
            endpoints: url.clone(),
            url,
            owns_host: true,
            space: Some(space),
        })
    }

    pub fn space_id(&self) -> Option<SpaceId> {
        self.space.as_ref().map(|space| space.id)
    }

    /// Whether a grant of this space is valid here.
    pub fn serves(&self, space: SpaceId) -> bool {
        self.space.as_ref().is_none_or(|own| own.id == space)
    }

    /// The issuer at a host, or `None` if the slug names no space.
    pub async fn find(
        hub: &AppState,
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
            && !hub.is_own_host(host)
            && let Some(space) = hub.space_at(host).await?
            && let Some(issuer) = Self::of_space_by_host(host, space)
        {
            return Ok(Some(issuer));
        }
        Ok(Some(Self::of_hub(hub, &Name::of(hub, host))))
    }

    /// The issuer that a path below a well-known document names: nothing or the MCP path for the
    /// host's own, `spaces/<slug>` with or without `/mcp` for a space.
    ///
    /// # Errors
    /// The host is the hub's but clients cannot use it: they would reject a document that names
    /// another host.
    pub async fn find_by_suffix(
        hub: &AppState,
        host: Option<&Authority>,
        suffix: &str,
    ) -> Result<Option<Self>, JsonError> {
        if let Some(host) = host
            && hub.base_url.is_https()
            && hub.is_own_host(host)
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

/// A host name of the hub: the origin of its endpoint, and the issuer that protects it.
struct Name<'a> {
    endpoint: Cow<'a, str>,
    issuer: Cow<'a, str>,
}

impl<'a> Name<'a> {
    /// A host that clients cannot use, such as a probe's, gets the names of the base URL.
    fn of(hub: &'a AppState, host: Option<&Authority>) -> Self {
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

impl AppState {
    /// Whether the host is one of the hub's own and not a space's.
    pub fn is_own_host(&self, host: &Authority) -> bool {
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

    /// The space with this host name.
    pub async fn space_at(&self, host: &Authority) -> Result<Option<Arc<Space>>, sqlx::Error> {
        let hostname = host.clone().without_default(HTTPS).to_string();
        self.sessions.space_by_hostname(&self.db, &hostname).await
    }
}

/// The host that the client sent the request to: that of an absolute target, which overrides the
/// Host header (RFC 9112 §3.2.2). Forwarded headers are ignored.
pub fn host(request: &HttpRequest) -> Option<Authority> {
    match request.uri().authority() {
        Some(authority) => Authority::parse(authority.as_str()),
        None => {
            let host = request.headers().get(header::HOST)?;
            Authority::parse(host.to_str().ok()?)
        }
    }
}

/// The path of an issuer: empty, or `/spaces/<slug>`.
pub fn path_of(issuer_url: &str) -> &str {
    let after_scheme = issuer_url.find("://").map_or(0, |at| at + 3);
    issuer_url[after_scheme..]
        .find('/')
        .map_or("", |at| &issuer_url[after_scheme + at..])
}

/// The issuer of the request's path and host.
async fn of_request(request: &HttpRequest) -> Result<Option<Issuer>, sqlx::Error> {
    match request.app_data::<web::Data<AppState>>() {
        Some(hub) => {
            let slug = request.match_info().get("space");
            Issuer::find(hub, host(request).as_ref(), slug).await
        }
        None => Ok(None),
    }
}

/// For endpoints that a user visits: an error is a page.
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

/// For endpoints that only clients call: an error is JSON, because a client that gets anything else
/// starts over.
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
