//! The MCP endpoint, and the limits of its responses.

pub mod endpoint;
mod fast_path;
mod lost_response;
pub mod response_budget;

#[cfg(test)]
mod tests;
