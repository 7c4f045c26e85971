//! What runs beside the requests.

pub mod cleanup;
pub mod journal;
pub mod listener;
pub mod retention;
pub mod secrets;

use std::time::Duration;

use crate::random::Random;

/// The time to a job's next round: replicas that started together do not come together.
fn about(every: Duration, random: &Random) -> Duration {
    let [jitter] = random.bytes::<1>();
    every + every / 6 * u32::from(jitter) / u32::from(u8::MAX)
}
