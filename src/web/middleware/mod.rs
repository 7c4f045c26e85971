//! The steps that every request passes before its handler.

pub mod body_timeout;
pub mod content_coding;
pub mod cors;
pub mod head_method;
pub mod host_guard;
pub mod request_limit;
pub mod request_metrics;
