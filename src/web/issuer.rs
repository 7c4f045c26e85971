//! The issuer of a request: the hub itself, a space by its own host name, or a
//! space by path. Nothing below a handler knows how it was found.

use std::{future::Future, pin::Pin, sync::Arc};

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
    /// The hub itself.
    pub fn hub(hub: &Hub) -> Self {
        let url = hub.base_url.as_str().to_owned();
        Self {
            mcp_url: format!("{url}{}", hub.mcp_path),
            url,
            owns_host: true,
            space: None,
        }
    }

    fn of_space_by_path(hub: &Hub, space: Arc<Space>) -> Self {
        let url = format!("{}/spaces/{}", hub.base_url.as_str(), space.slug);
        Self {
            mcp_url: format!("{url}/mcp"),
            url,
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
            return Ok(space.map(|space| Self::of_space_by_path(hub, space)));
        }
        if let Some(host) = host
            && !hub.answers_to(host)
            && let Some(space) = hub.space_at(host).await?
            && let Some(issuer) = Self::of_space_by_host(host, space)
        {
            return Ok(Some(issuer));
        }
        Ok(Some(Self::hub(hub)))
    }

    /// The issuer that a path below a well-known document speaks of: `` or the MCP
    /// path for the host's own, `spaces/<slug>` with or without `/mcp` for a space.
    pub async fn find_by_suffix(
        hub: &Hub,
        host: Option<&Authority>,
        suffix: &str,
    ) -> Result<Option<Self>, sqlx::Error> {
        let suffix = suffix.trim_matches('/');
        if suffix.is_empty() || suffix == hub.mcp_path.trim_matches('/') {
            return Self::find(hub, host, None).await;
        }
        let Some(rest) = suffix.strip_prefix("spaces/") else {
            return Ok(None);
        };
        let slug = rest.strip_suffix("/mcp").unwrap_or(rest);
        if slug.contains('/') {
            return Ok(None);
        }
        Self::find(hub, host, Some(slug)).await
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
