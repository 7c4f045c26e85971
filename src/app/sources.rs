//! The sources of time and randomness.

use foundation::{clock::Clock, random::Random};

#[derive(Clone)]
pub(super) struct Sources {
    pub clock: Clock,
    pub random: Random,
}

impl Sources {
    pub(super) fn system() -> Self {
        Self {
            clock: Clock::system(),
            random: Random::system(),
        }
    }
}
