//! Randomness for codes, tokens and keys.

use rand::distr::{Alphanumeric, SampleString};

/// A secret of `length` letters and digits.
#[expect(
    clippy::disallowed_methods,
    reason = "the one place that asks for randomness"
)]
pub(crate) fn secret(length: usize) -> String {
    Alphanumeric.sample_string(&mut rand::rng(), length)
}
