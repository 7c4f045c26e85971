//! The places of the matrix that are measured.

use std::time::Duration;

use clap::ValueEnum;

use super::cell::{Cell, Work};
use crate::cases::requests::Version;

/// The connections of a load.
const CONNECTIONS: [usize; 5] = [1, 16, 64, 256, 512];
const USUAL_CONNECTIONS: usize = 64;
/// The milliseconds that Backlog takes for a response, in addition to its own work.
const LATENCIES: [u64; 3] = [0, 100, 1500];

// The values that were chosen for each axis; an empty list chooses none. A comment of the
// documentation would replace the description of the command.
#[derive(Debug, clap::Args)]
pub(super) struct Choice {
    /// Measure only these requests
    #[arg(long, value_enum, value_delimiter = ',')]
    requests: Vec<Work>,
    /// Measure in these protocol versions. Default: every one; 2026-07-28 if another option chooses
    #[arg(long, value_delimiter = ',', value_name = "VERSION")]
    versions: Vec<Version>,
    /// Measure with these numbers of connections. Default: 1, 16, 64, 256 and 512; 64 if another
    /// option chooses
    #[arg(long, value_delimiter = ',', value_name = "COUNT")]
    connections: Vec<usize>,
    /// Measure with these latencies of Backlog in milliseconds. Default: 0, 100 and 1500; 0 if
    /// another option chooses
    #[arg(long, value_delimiter = ',', value_name = "MILLISECONDS")]
    latencies: Vec<u64>,
}

impl Choice {
    pub(super) fn is_everything(&self) -> bool {
        self.requests.is_empty()
            && self.versions.is_empty()
            && self.connections.is_empty()
            && self.latencies.is_empty()
    }

    /// The places: every combination of the chosen values, or the whole matrix.
    pub(super) fn cells(&self) -> Vec<Cell> {
        let all = self.is_everything();
        let requests = either(&self.requests, Work::value_variants());
        let versions = axis(&self.versions, all, &Version::ALL, Version::NEWEST);
        let connections = axis(&self.connections, all, &CONNECTIONS, USUAL_CONNECTIONS);
        let latencies = axis(&self.latencies, all, &LATENCIES, 0);
        let mut cells: Vec<Cell> = Vec::new();
        for work in requests {
            for version in &versions {
                for connections in &connections {
                    for latency in &latencies {
                        let cell = Cell {
                            work,
                            version: *version,
                            connections: *connections,
                            latency: Duration::from_millis(*latency),
                        };
                        if !is_same_as_another(&cell, &cells) && (!all || is_in_matrix(&cell)) {
                            cells.push(cell);
                        }
                    }
                }
            }
        }
        cells
    }
}

fn either<T: Copy>(chosen: &[T], all: &[T]) -> Vec<T> {
    match chosen.is_empty() {
        true => all.to_vec(),
        false => chosen.to_vec(),
    }
}

fn axis<T: Copy>(chosen: &[T], everything: bool, all: &[T], usual: T) -> Vec<T> {
    match everything {
        true => all.to_vec(),
        false => either(chosen, &[usual]),
    }
}

/// Requests without a protocol version are measured once.
fn is_same_as_another(cell: &Cell, others: &[Cell]) -> bool {
    cell.version_name().is_empty()
        && others.iter().any(|other| {
            let version = cell.version;
            *cell == Cell { version, ..*other }
        })
}

/// The matrix has each request in each protocol version, with each number of connections in the two
/// newest versions, and with each latency where requests reach Backlog. All combinations would take
/// a day.
fn is_in_matrix(cell: &Cell) -> bool {
    let is_usual = cell.connections == USUAL_CONNECTIONS;
    let is_new = [Version::HANDSHAKE, Version::NEWEST].contains(&cell.version);
    let has_version = !cell.version_name().is_empty();
    if cell.latency.is_zero() {
        return is_usual || is_new || !has_version;
    }
    let is_newest = cell.version == Version::NEWEST || !has_version;
    match cell.work {
        Work::ToolsList | Work::Refresh => false,
        Work::GetIssue => is_newest,
        _ => is_newest && is_usual,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(connections: Vec<usize>, requests: Vec<Work>) -> Choice {
        Choice {
            requests,
            versions: Vec::new(),
            connections,
            latencies: Vec::new(),
        }
    }

    #[test]
    fn every_value_of_every_axis_is_in_the_matrix() {
        let cells = chosen(Vec::new(), Vec::new()).cells();
        for work in Work::value_variants() {
            let own: Vec<_> = cells.iter().filter(|cell| cell.work == *work).collect();
            let has_version = !own[0].version_name().is_empty();
            for version in Version::ALL {
                let found = own.iter().any(|cell| cell.version == version);
                assert!(found || !has_version, "{work:?} {version:?}");
            }
            for connections in CONNECTIONS {
                assert!(own.iter().any(|cell| cell.connections == connections));
            }
        }
        for latency in LATENCIES {
            let latency = Duration::from_millis(latency);
            assert!(cells.iter().any(|cell| cell.latency == latency));
        }
    }

    #[test]
    fn a_choice_has_the_usual_values_of_the_other_axes() {
        let cells = chosen(vec![1, 512], vec![Work::GetIssue]).cells();
        let latency = Duration::ZERO;
        let expected = [1, 512].map(|connections| Cell {
            work: Work::GetIssue,
            version: Version::NEWEST,
            connections,
            latency,
        });
        assert_eq!(cells, expected);
    }

    #[test]
    fn a_request_without_a_version_is_measured_once() {
        let mut choice = chosen(Vec::new(), vec![Work::Refresh, Work::SignIn]);
        choice.versions = Version::ALL.into();
        assert_eq!(choice.cells().len(), 2);
    }
}
