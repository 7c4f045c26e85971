//! What runs beside the requests.

pub mod cleanup;
pub mod journal;
pub mod listener;
pub mod retention;
pub mod secrets;
