//! How clients register: the two ways that need no operator, and the networks from which the hub
//! may fetch their documents.

use std::net::IpAddr;

use clap::Args;
use ipnet::{IpNet, Ipv6Net};

use super::{
    error::ConfigError,
    values::{given, listed},
};

/// The valid lengths of NAT64 prefixes (RFC 6052 §2.2).
const NAT64_LENGTHS: [u8; 6] = [32, 40, 48, 56, 64, 96];

/// The settings for clients, unchecked.
#[expect(clippy::doc_markdown, reason = "the comments are the text of --help")]
#[derive(Args, Debug, Default)]
pub struct ClientArgs {
    /// Whether a client may use the URL of its metadata document, which the hub fetches, as its
    /// client_id [default: on]
    #[arg(
        long,
        env = "CLIENT_ID_METADATA_DOCUMENTS",
        value_name = "on|off",
        num_args = 0..=1,
        default_missing_value = "on"
    )]
    pub client_id_metadata_documents: Option<String>,
    /// Whether clients may register themselves at /register [default: on]
    #[arg(
        long,
        env = "DYNAMIC_REGISTRATION",
        value_name = "on|off",
        num_args = 0..=1,
        default_missing_value = "on"
    )]
    pub dynamic_registration: Option<String>,
    /// Networks from which the hub fetches no documents, in addition to those that are not public,
    /// e.g. 198.51.100.0/24
    #[arg(
        long,
        env = "REFUSED_NETWORKS",
        value_delimiter = ',',
        value_name = "NETWORK,…"
    )]
    pub refused_networks: Vec<String>,
    /// NAT64 prefixes of this network, in addition to 64:ff9b::/96, e.g. 2001:db8:64::/96. The hub
    /// checks the IPv4 address within
    #[arg(
        long,
        env = "NAT64_PREFIXES",
        value_delimiter = ',',
        value_name = "PREFIX,…"
    )]
    pub nat64_prefixes: Vec<String>,
}

/// The settings for clients, checked.
#[derive(Clone, Debug)]
pub struct ClientSettings {
    /// Whether the hub fetches metadata documents.
    pub documents: bool,
    /// Whether clients may register themselves.
    pub registration: bool,
    pub refused_networks: Vec<IpNet>,
    pub nat64_prefixes: Vec<Ipv6Net>,
}

impl Default for ClientSettings {
    fn default() -> Self {
        Self {
            documents: true,
            registration: true,
            refused_networks: Vec::new(),
            nat64_prefixes: Vec::new(),
        }
    }
}

impl ClientArgs {
    pub(super) fn resolve(self) -> Result<ClientSettings, ConfigError> {
        let documents = self.client_id_metadata_documents;
        Ok(ClientSettings {
            documents: on_or_off("CLIENT_ID_METADATA_DOCUMENTS", documents)?,
            registration: on_or_off("DYNAMIC_REGISTRATION", self.dynamic_registration)?,
            refused_networks: networks("REFUSED_NETWORKS", self.refused_networks)?,
            nat64_prefixes: nat64_prefixes(self.nat64_prefixes)?,
        })
    }
}

fn on_or_off(name: &'static str, value: Option<String>) -> Result<bool, ConfigError> {
    match given(value).as_deref() {
        None | Some("on" | "true" | "1") => Ok(true),
        Some("off" | "false" | "0") => Ok(false),
        Some(text) => Err(ConfigError::new(
            name,
            format!("is {text:?}; expected on or off"),
        )),
    }
}

/// Parses networks; an address is a network with one member.
pub(super) fn networks(
    name: &'static str,
    networks: Vec<String>,
) -> Result<Vec<IpNet>, ConfigError> {
    let wrong = |text: &str| {
        let problem = format!("lists {text:?}; expected addresses or networks such as 10.0.0.0/8");
        ConfigError::new(name, problem)
    };
    listed(networks)
        .iter()
        .map(|text| {
            let network = text.parse().or_else(|_| text.parse().map(IpAddr::into));
            network.map_err(|_| wrong(text))
        })
        .collect()
}

fn nat64_prefixes(prefixes: Vec<String>) -> Result<Vec<Ipv6Net>, ConfigError> {
    let wrong = |text: &str| {
        let problem = format!(
            "lists {text:?}; expected prefixes such as 2001:db8:64::/96, of 32, 40, 48, 56, 64 or \
             96 bits"
        );
        ConfigError::new("NAT64_PREFIXES", problem)
    };
    listed(prefixes)
        .iter()
        .map(|text| {
            let prefix: Option<Ipv6Net> = text.parse().ok();
            prefix
                .filter(|prefix| NAT64_LENGTHS.contains(&prefix.prefix_len()))
                .ok_or_else(|| wrong(text))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        clients: ClientArgs,
    }

    fn resolved(arguments: &[&str]) -> Result<ClientSettings, String> {
        let line = Line::try_parse_from([&["serve"][..], arguments].concat()).unwrap();
        line.clients.resolve().map_err(|error| error.to_string())
    }

    #[test]
    fn both_ways_are_open_unless_they_are_turned_off() {
        let open = resolved(&[]).unwrap();
        assert!(open.documents && open.registration);
        let closed = resolved(&[
            "--client-id-metadata-documents=off",
            "--dynamic-registration=false",
        ]);
        let closed = closed.unwrap();
        assert!(!closed.documents && !closed.registration);
        let error = resolved(&["--dynamic-registration=never"]).unwrap_err();
        assert!(
            error.starts_with("DYNAMIC_REGISTRATION is \"never\""),
            "{error}"
        );
    }

    #[test]
    fn networks_and_prefixes_are_read_or_named() {
        let settings = resolved(&[
            "--refused-networks=198.51.100.0/24,2a00::1,",
            "--nat64-prefixes=2001:db8:64::/96",
        ]);
        let settings = settings.unwrap();
        assert_eq!(settings.refused_networks.len(), 2);
        assert_eq!(settings.nat64_prefixes.len(), 1);
        for (argument, named) in [
            (
                "--refused-networks=inside",
                "REFUSED_NETWORKS lists \"inside\"",
            ),
            ("--nat64-prefixes=2001:db8::/80", "NAT64_PREFIXES lists"),
            ("--nat64-prefixes=10.0.0.0/8", "NAT64_PREFIXES lists"),
        ] {
            let error = resolved(&[argument]).unwrap_err();
            assert!(error.starts_with(named), "{error}");
        }
    }
}
