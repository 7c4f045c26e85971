//! Configures the fetcher of the documents and keys that clients publish.

use foundation::clock::Clock;
use guarded_fetch::{FetchError, FetchOptions, Fetcher};

use crate::config::ClientSettings;

/// `allow_loopback`: the hub is on loopback, and may fetch from other servers there.
pub fn open(
    settings: &ClientSettings,
    allow_loopback: bool,
    clock: &Clock,
) -> Result<Fetcher, FetchError> {
    let options = FetchOptions {
        allow_loopback,
        refused: settings.refused_networks.clone(),
        translators: settings.nat64_prefixes.clone(),
        ..FetchOptions::of_environment()
    };
    Fetcher::new(options, clock.clone())
}

/// As [`open`], for the keys of identity providers whose row allows a private network.
pub fn open_private(
    settings: &ClientSettings,
    allow_loopback: bool,
    clock: &Clock,
) -> Result<Fetcher, FetchError> {
    let options = FetchOptions {
        allow_loopback,
        allow_private: true,
        refused: settings.refused_networks.clone(),
        translators: settings.nat64_prefixes.clone(),
        ..FetchOptions::of_environment()
    };
    Fetcher::new(options, clock.clone())
}
