//! The life of a tool call: authorize, resolve names, run, filter, fit into the limit.

pub(crate) mod call_outcome;
pub mod caller;
pub(crate) mod description_keys;
pub mod descriptions;
pub(crate) mod execution;
pub(crate) mod failure;
pub(crate) mod limit;
pub(crate) mod list_organizations;
pub mod name_lookup;
pub(crate) mod notes;
pub mod options;
pub mod organizations;
pub(crate) mod origin;
pub(crate) mod output;
pub(crate) mod page;
pub mod policy;
pub(crate) mod prefix;
pub mod project_guard;
pub(crate) mod registry;
pub(crate) mod selection;
pub(crate) mod services;
pub(crate) mod structured;
pub(crate) mod subscriber;
pub(crate) mod window;
