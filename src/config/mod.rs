//! Settings: the one source of every name, default and rule.
//!
//! Names that the upstream server has keep their meaning. A flag overrides its
//! environment variable; an empty variable counts as unset. Each error names the
//! setting and the expected value, and never repeats a secret.

mod args;
mod base_url;
mod clients;
mod descriptions;
mod environment;
mod error;
mod http;
mod lifetimes;
mod local;
mod local_space;
mod observe;
mod operator;
mod organizations;
mod serve;
mod space;
mod storage;
mod tools;
mod values;

pub use args::{ApiKeyArgs, HttpArgs, LifetimeArgs, ServeArgs, SpaceArgs, StdioArgs, ToolArgs};
pub use base_url::BaseUrl;
pub use clients::{ClientArgs, ClientSettings};
pub use descriptions::descriptions;
pub use environment::Environment;
pub use error::ConfigError;
pub use http::HttpTimeouts;
pub use lifetimes::Lifetimes;
pub use local::{LocalAuth, LocalBacklog, LocalSettings, LocalSpaces, Transport, transport};
pub use local_space::LocalSpace;
pub use observe::{ObserveArgs, ObserveSettings, audit_retention};
pub use operator::OperatorArgs;
pub use organizations::OrganizationSettings;
pub use serve::{GrantQuota, REGISTRATIONS_PER_MINUTE, Settings};
pub use space::DefaultSpaceSettings;
pub use storage::{Storage, default_data_dir, encryption_keys};
pub use tools::ToolSettings;
pub use values::{given_path, given_secret, path, switch};
