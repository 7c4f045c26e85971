//! Security events: the kinds of rejected requests, and how much of the client's address an
//! operator chooses to keep. They never name a user.

use std::net::IpAddr;

use ipnet::IpNet;

macro_rules! security_events {
    ($($(#[$doc:meta])* $id:ident = $name:literal;)*) => {
        /// Why a request was rejected, or which attack it revealed. The names are the values of the
        /// metric's label `kind` and of `admin.security_events.kind`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum SecurityEvent {
            $($(#[$doc])* $id,)*
        }

        impl SecurityEvent {
            /// All kinds, in the order of `docs/metrics.md`.
            pub const ALL: &[Self] = &[$(Self::$id),*];

            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$id => $name,)*
                }
            }
        }
    };
}

security_events! {
    /// The request is not HTTP, or its body or parameters cannot be parsed.
    MalformedRequest = "malformed_request";
    /// The request is for a host name that the hub does not serve.
    HostRefused = "host_refused";
    /// There were too many requests.
    RequestLimited = "request_limited";
    /// An access token is unknown, expired or revoked.
    AccessTokenRefused = "access_token_refused";
    /// An authorization code or a refresh token is unknown, expired or revoked.
    GrantRefused = "grant_refused";
    /// An upload link is unknown, expired, used or not valid here.
    UploadLinkRefused = "upload_link_refused";
    /// A client is not registered, or does not authenticate.
    ClientRefused = "client_refused";
    /// The metadata document or the keys of a client could not be fetched.
    ClientUnavailable = "client_unavailable";
    /// The policy of the space does not allow the client.
    ClientNotAllowed = "client_not_allowed";
    /// The space may not be used from the client's network.
    NetworkNotAllowed = "network_not_allowed";
    /// A client has not registered the redirect URI.
    RedirectUriRefused = "redirect_uri_refused";
    /// A registration's metadata is not allowed.
    RegistrationRefused = "registration_refused";
    /// There were too many new registrations from all networks together.
    RegistrationsLimited = "registrations_limited";
    /// A sign-in continued in another browser than the one it started in.
    BrowserMismatch = "browser_mismatch";
    /// The consent form, or one of the connections page, was not sent by its page.
    FormForged = "form_forged";
    /// A sign-in came back from another space than the one it was sent to.
    SpaceMixUp = "space_mix_up";
    /// The user, or Backlog, declined a sign-in.
    SignInDenied = "sign_in_denied";
    /// A sign-in could not be completed.
    SignInFailed = "sign_in_failed";
    /// An assertion of a client or of an identity provider was used again.
    AssertionReplayed = "assertion_replayed";
    /// An authorization code was used again, which revokes its grant.
    CodeReplayed = "code_replayed";
    /// A refresh token was used again after its successor, which revokes its grant.
    RefreshTokenReplayed = "refresh_token_replayed";
}

/// How much of clients' addresses is kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ClientAddresses {
    /// Nothing.
    #[default]
    Off,
    /// The /24 of an IPv4 address, the /48 of an IPv6 address.
    Network,
    Full,
}

impl ClientAddresses {
    /// The network of this address that is kept with a grant, even where events keep addresses.
    pub fn network(self, address: IpAddr) -> Option<IpNet> {
        match self {
            Self::Off => None,
            Self::Network | Self::Full => Self::Network.kept(address),
        }
    }

    /// The part of this address that is kept.
    pub fn kept(self, address: IpAddr) -> Option<IpNet> {
        let address = address.to_canonical();
        let (network, full) = match address {
            IpAddr::V4(_) => (24, 32),
            IpAddr::V6(_) => (48, 128),
        };
        let prefix = match self {
            Self::Off => return None,
            Self::Network => network,
            Self::Full => full,
        };
        IpNet::new(address, prefix).ok().map(|net| net.trunc())
    }
}

/// Security events of one kind within a minute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tally {
    pub event: SecurityEvent,
    /// The clients' network; `None` if it is not kept, or beyond the limit on networks.
    pub network: Option<IpNet>,
    pub occurrences: u32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_kept_as_the_operator_chose() {
        let kept = |choice: ClientAddresses, address: &str| {
            let kept = choice.kept(address.parse().expect("an address"));
            kept.map(|network| network.to_string())
        };
        assert_eq!(kept(ClientAddresses::Off, "203.0.113.7"), None);
        for (address, network, full) in [
            ("203.0.113.7", "203.0.113.0/24", "203.0.113.7/32"),
            ("::ffff:203.0.113.7", "203.0.113.0/24", "203.0.113.7/32"),
            ("2001:db8:1:2::7", "2001:db8:1::/48", "2001:db8:1:2::7/128"),
        ] {
            assert_eq!(
                kept(ClientAddresses::Network, address).as_deref(),
                Some(network)
            );
            assert_eq!(kept(ClientAddresses::Full, address).as_deref(), Some(full));
            let of_grant = |choice: ClientAddresses| {
                let network = choice.network(address.parse().expect("an address"));
                network.map(|network| network.to_string())
            };
            assert_eq!(of_grant(ClientAddresses::Off), None);
            for choice in [ClientAddresses::Network, ClientAddresses::Full] {
                assert_eq!(of_grant(choice).as_deref(), Some(network));
            }
        }
    }

    /// The database accepts only names of this form.
    #[test]
    fn names_are_small_letters_and_each_is_of_one_kind() {
        let mut names: Vec<_> = SecurityEvent::ALL.iter().map(|one| one.as_str()).collect();
        let plain = |name: &&str| name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
        assert!(names.iter().all(|name| plain(name) && name.len() <= 40));
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), SecurityEvent::ALL.len());
    }
}
