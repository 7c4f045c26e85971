//! Security events: counted at once, and tallied for the audit trail.
//!
//! 1. A rejected request is counted in the metrics, and in a tally of its kind and network.
//! 2. `jobs::journal` takes the tallies once a minute and writes a row for each.
//! 3. The tallies of a minute are bounded: further networks are counted by kind only, so that
//!    attackers can fill neither memory nor the audit trail.

use std::{
    collections::HashMap,
    fmt,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use ipnet::IpNet;

use crate::domain::security::{ClientAddresses, SecurityEvent, Tally};
use crate::metrics::Metrics;

/// An extension of a response with an explanation of the refusal, which may be a security event.
#[derive(Clone, Copy, Debug)]
pub struct Refusal(pub Option<SecurityEvent>);

/// The maximum number of tallies with a network per minute.
const MOST_NETWORKS: usize = 64;

/// Where security events are recorded. Cheap to clone; clones share the tallies. The default one
/// keeps no addresses and counts in no metrics.
#[derive(Clone, Default)]
pub struct SecurityEvents(Arc<Inner>);

#[derive(Default)]
struct Inner {
    addresses: ClientAddresses,
    metrics: Metrics,
    tallies: Mutex<HashMap<(SecurityEvent, Option<IpNet>), u32>>,
}

impl SecurityEvents {
    pub fn new(addresses: ClientAddresses, metrics: Metrics) -> Self {
        Self(Arc::new(Inner {
            addresses,
            metrics,
            tallies: Mutex::default(),
        }))
    }

    /// How much of clients' addresses is kept.
    pub fn addresses(&self) -> ClientAddresses {
        self.0.addresses
    }

    /// Counts a rejected request from this address.
    pub fn note(&self, event: SecurityEvent, address: Option<IpAddr>) {
        self.note_several(event, address, 1);
    }

    /// Counts several rejected requests from this address.
    pub fn note_several(&self, event: SecurityEvent, address: Option<IpAddr>, occurrences: u32) {
        if occurrences == 0 {
            return;
        }
        self.0.metrics.security_event(event, occurrences);
        let network = address.and_then(|address| self.0.addresses.kept(address));
        add(
            &mut self.tallies(),
            Tally {
                event,
                network,
                occurrences,
            },
        );
    }

    /// Takes the tallies since the previous call.
    pub fn take(&self) -> Vec<Tally> {
        let tallies = std::mem::take(&mut *self.tallies());
        let tally = |((event, network), occurrences)| Tally {
            event,
            network,
            occurrences,
        };
        tallies.into_iter().map(tally).collect()
    }

    /// Returns tallies that could not be written.
    pub fn put_back(&self, tallies: Vec<Tally>) {
        let mut kept = self.tallies();
        for tally in tallies {
            add(&mut kept, tally);
        }
    }

    fn tallies(&self) -> MutexGuard<'_, HashMap<(SecurityEvent, Option<IpNet>), u32>> {
        self.0
            .tallies
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

fn add(tallies: &mut HashMap<(SecurityEvent, Option<IpNet>), u32>, tally: Tally) {
    let most = MOST_NETWORKS + SecurityEvent::ALL.len();
    let mut key = (tally.event, tally.network);
    if tallies.len() >= MOST_NETWORKS && !tallies.contains_key(&key) {
        key.1 = None;
    }
    debug_assert!(tallies.len() <= most, "{} tallies", tallies.len());
    let count = tallies.entry(key).or_default();
    // The database column is an integer of 32 bits.
    *count = count.saturating_add(tally.occurrences).min(i32::MAX as u32);
}

impl fmt::Debug for SecurityEvents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecurityEvents")
            .field("addresses", &self.0.addresses)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn total(tallies: &[Tally]) -> u32 {
        tallies.iter().map(|tally| tally.occurrences).sum()
    }

    #[test]
    fn strangers_of_any_number_of_networks_make_a_bounded_number_of_tallies() {
        let events = SecurityEvents::new(ClientAddresses::Full, Metrics::new());
        for number in 0..5_000_u32 {
            let address = Some(IpAddr::from(number.to_be_bytes()));
            for event in SecurityEvent::ALL {
                events.note(*event, address);
            }
        }
        let tallies = events.take();
        assert!(tallies.len() <= MOST_NETWORKS + SecurityEvent::ALL.len());
        assert_eq!(total(&tallies) as usize, 5_000 * SecurityEvent::ALL.len());
        assert!(events.take().is_empty());
        let metrics = events.0.metrics.render().expect("numbers");
        assert!(metrics.contains(r#"bmh_security_events_total{kind="code_replayed"} 5000"#));
    }

    #[test]
    fn without_addresses_there_is_a_tally_for_each_kind() {
        let events = SecurityEvents::default();
        for last in 0..200 {
            events.note(SecurityEvent::GrantRefused, Some([192, 0, 2, last].into()));
        }
        let tallies = events.take();
        assert_eq!(
            tallies,
            [Tally {
                event: SecurityEvent::GrantRefused,
                network: None,
                occurrences: 200
            }]
        );
        events.note(SecurityEvent::GrantRefused, None);
        events.put_back(tallies);
        assert_eq!(total(&events.take()), 201, "what was put back is added");
    }
}
