//! What runs beside the requests.

pub mod listener;
