//! The results of a case.

use crate::report::{Figure, Plot};

/// The connections of every load.
pub(super) const CONNECTIONS: usize = 64;

/// The results of a case.
#[derive(Default)]
pub(super) struct Findings {
    pub figures: Vec<Figure>,
    pub plots: Vec<Plot>,
}
