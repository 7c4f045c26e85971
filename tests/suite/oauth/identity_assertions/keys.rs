//! The keys of a provider: how often they are fetched, and what is used when they cannot be.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use backlog_mcp_hub::{
    domain::{IdentityProvider, IdentityProviderId, Mapping, SpaceId},
    web::oauth::identity_keys::IdentityKeys,
};
use chrono::DateTime;
use foundation::{clock::Clock, random::Random};
use guarded_fetch::{FetchOptions, Fetcher, Requester};
use oauth_values::{Scopes, identity_assertion::IdentityError};
use serde_json::json;

use crate::support::document_host::{Document, DocumentHost};

const PATH: &str = "/jwks";

/// A provider whose documents are texts, and a clock that a test moves.
struct Known {
    host: DocumentHost,
    provider: IdentityProvider,
    keys: IdentityKeys,
    seconds: Arc<AtomicI64>,
}

impl Known {
    async fn start() -> Self {
        let host = DocumentHost::open().await;
        let seconds = Arc::new(AtomicI64::new(1_800_000_000));
        let clock = Clock::from_fn({
            let seconds = Arc::clone(&seconds);
            move || DateTime::from_timestamp(seconds.load(Ordering::Relaxed), 0).expect("a time")
        });
        let fetcher = |allow_private| {
            let options = FetchOptions {
                allow_loopback: true,
                allow_private,
                ..FetchOptions::direct()
            };
            Fetcher::new(options, clock.clone()).expect("a fetcher")
        };
        let keys = IdentityKeys::new(fetcher(false), fetcher(true), clock.clone());
        let random = Random::system();
        let provider = IdentityProvider {
            id: IdentityProviderId::new(&clock, &random),
            space: SpaceId::new(&clock, &random),
            issuer: host.url(""),
            jwks_uri: Some(host.url(PATH)),
            audience: None,
            mapping: Mapping::Mail,
            trust_unverified_mail: false,
            scopes: Scopes::all(),
            allow_private: false,
            updated_at: clock.now(),
        };
        Self {
            host,
            provider,
            keys,
            seconds,
        }
    }

    fn publish(&self, keys: &str) {
        self.host.set(PATH, Document::text(keys));
    }

    fn later(&self, seconds: i64) {
        self.seconds.fetch_add(seconds, Ordering::Relaxed);
    }

    /// Whether an assertion that is signed by this key is accepted; `None` if there are no keys.
    async fn accepts(&self, key: &str) -> Option<bool> {
        let requester = Requester {
            network: None,
            is_known: true,
        };
        let has_it = |jwks: &str| match jwks.contains(key) {
            true => Ok(()),
            false => Err(IdentityError::UnknownKey),
        };
        let checked = self.keys.check(&self.provider, requester, has_it).await;
        Some(checked.ok()?.is_ok())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn new_keys_are_looked_for_but_not_at_every_unknown_signature() {
    let known = Known::start().await;
    known.publish("old");
    assert_eq!(known.accepts("old").await, Some(true));
    known.publish("new");
    for _ in 0..3 {
        assert_eq!(known.accepts("new").await, Some(false));
    }
    assert_eq!(known.host.fetches(PATH), 1);
    known.later(31);
    // Requests at the same time share one fetch, and use what it brought.
    let all = tokio::join!(
        known.accepts("new"),
        known.accepts("new"),
        known.accepts("made up"),
        known.accepts("made up as well"),
    );
    assert_eq!(all, (Some(true), Some(true), Some(false), Some(false)));
    assert_eq!(known.host.fetches(PATH), 2);
    assert_eq!(known.accepts("old").await, Some(false));
    assert_eq!(known.host.fetches(PATH), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_outlive_an_outage_of_their_provider_for_an_hour() {
    let known = Known::start().await;
    known.host.set(PATH, Document::status(500));
    assert_eq!(known.accepts("a").await, None);
    known.publish("a");
    assert_eq!(known.accepts("a").await, Some(true));
    known.host.set(PATH, Document::status(500));
    known.later(31);
    // An attempt that fails counts as one, and takes nothing away.
    for _ in 0..3 {
        assert_eq!(known.accepts("made up").await, Some(false));
        assert_eq!(known.accepts("a").await, Some(true));
    }
    assert_eq!(known.host.fetches(PATH), 3);
    known.later(10 * 60);
    for _ in 0..3 {
        assert_eq!(known.accepts("a").await, Some(true));
    }
    assert_eq!(known.host.fetches(PATH), 4);
    known.later(60 * 60);
    assert_eq!(known.accepts("a").await, None);
    known.publish("b");
    assert_eq!(known.accepts("a").await, Some(false));
    assert_eq!(known.accepts("b").await, Some(true));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_discovery_document_leads_to_no_other_host_of_a_private_network() {
    let mut known = Known::start().await;
    known.publish("a");
    known.provider.jwks_uri = None;
    known.provider.allow_private = true;
    let elsewhere = known.host.url(PATH).replace("127.0.0.1", "localhost");
    for (jwks_uri, expected) in [
        (elsewhere.clone(), None),
        (known.host.url(PATH), Some(true)),
    ] {
        let discovery = json!({ "issuer": known.provider.issuer, "jwks_uri": jwks_uri });
        let document = Document::json(&discovery);
        known
            .host
            .set("/.well-known/openid-configuration", document);
        assert_eq!(known.accepts("a").await, expected, "{jwks_uri}");
    }
    // The operator may name it.
    known.provider.jwks_uri = Some(elsewhere);
    assert_eq!(known.accepts("a").await, Some(true));
}
