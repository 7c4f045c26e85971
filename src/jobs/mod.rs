//! What runs beside the requests.

pub mod cleanup;
pub mod listener;
pub mod secrets;
