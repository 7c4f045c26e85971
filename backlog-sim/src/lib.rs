#![doc = include_str!("../README.md")]

mod api;
mod auth;
mod clock;
mod control;
mod control_http;
mod error;
mod faults;
mod home;
mod journal;
mod locked;
mod model;
mod multipart;
mod oauth;
mod options;
mod page;
mod params;
mod pipeline;
mod random;
mod rate_limit;
pub mod seed;
mod server;
mod sim;
mod state;
mod tokens;
mod view;
mod wire;

pub use control::Control;
pub use faults::{Matcher, ServedFile};
pub use journal::{Credential, Entry, fingerprint};
pub use model::{Id, User};
pub use options::SimOptions;
pub use rate_limit::{Class, RateLimits};
pub use server::BacklogSim;
pub use tokens::{RefreshRotation, TokenPair};
