//! Serves several spaces from one server, in the modes without a sign-in.
//!
//! 1. Every tool gets the input `organization`, and `list_organizations` is added.
//! 2. A call is sent to the space that it names, or to the default one.
//! 3. `list_organizations` runs here ([`list`]).

use std::sync::Arc;

use rmcp::model::{self, JsonObject};
use serde_json::{Value, json};

use super::{call_outcome::CallOutcome, list_organizations::NAME, prefix::ToolPrefix};
use crate::{accounts::access::BacklogAccess, toolkit::quoted::quoted};

/// The input that chooses a space.
const ORGANIZATION: &str = "organization";

/// A space with the name that the operator gave it.
#[derive(Clone)]
pub struct Organization {
    pub name: String,
    /// The space as the operator wrote it, such as `acme.backlog.com`.
    pub domain: String,
    pub access: Arc<dyn BacklogAccess>,
}

/// The spaces of a server, at least one. It is cheap to clone.
#[derive(Clone)]
pub struct Organizations {
    all: Arc<[Organization]>,
    default: usize,
}

impl Organizations {
    /// # Panics
    /// If `default` is not the index of one of them.
    pub fn new(all: Vec<Organization>, default: usize) -> Self {
        assert!(
            default < all.len(),
            "the default must be one of the organizations"
        );
        let all = all.into();
        Self { all, default }
    }

    /// Returns the access for calls that name no organization.
    pub fn default_access(&self) -> Arc<dyn BacklogAccess> {
        Arc::clone(&self.all[self.default].access)
    }

    /// Returns the access of every space, the default one first.
    pub(crate) fn accesses(&self) -> impl Iterator<Item = Arc<dyn BacklogAccess>> {
        let (before, from) = self.all.split_at(self.default);
        let (default, after) = from.split_at(1);
        let all = default.iter().chain(before).chain(after);
        all.map(|one| Arc::clone(&one.access))
    }

    /// Removes the choice from the arguments, and returns its access.
    ///
    /// # Errors
    /// The choice is not an organization; the text is for the model.
    pub(crate) fn chosen(
        &self,
        arguments: &mut JsonObject,
        prefix: &ToolPrefix,
    ) -> Result<Arc<dyn BacklogAccess>, String> {
        let name = match arguments.shift_remove(ORGANIZATION) {
            None | Some(Value::Null) => return Ok(self.default_access()),
            Some(Value::String(name)) => name,
            Some(other) => {
                return Err(format!(
                    "{ORGANIZATION}: expected a string, received {other}"
                ));
            }
        };
        match self.all.iter().find(|one| one.name == name) {
            Some(one) => Ok(Arc::clone(&one.access)),
            None => Err(format!(
                "Unknown organization `{name}`. Available: {}. Call {prefix}{} for details.",
                self.names(),
                NAME,
            )),
        }
    }

    /// `A (default), B`
    fn names(&self) -> String {
        let names = self.all.iter().enumerate().map(|(index, one)| {
            let mark = if index == self.default {
                " (default)"
            } else {
                ""
            };
            format!("{}{mark}", one.name)
        });
        names.collect::<Vec<_>>().join(", ")
    }

    fn listed(&self) -> Value {
        let listed = self.all.iter().enumerate().map(|(index, one)| {
            json!({"name": one.name, "domain": one.domain, "isDefault": index == self.default})
        });
        Value::Array(listed.collect())
    }
}

impl std::fmt::Debug for Organizations {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Organizations").field(&self.names()).finish()
    }
}

/// Adds the input to a tool. It has no description, to keep the list of tools short: the
/// instructions and `list_organizations` describe it.
pub(crate) fn offer_choice(tool: &mut model::Tool) {
    let schema = Arc::make_mut(&mut tool.input_schema);
    if let Some(Value::Object(inputs)) = schema.get_mut("properties") {
        inputs.insert(ORGANIZATION.to_owned(), json!({"type": "string"}));
    }
}

/// Runs `list_organizations`. It makes no request to Backlog.
pub(crate) fn list(all: Option<&Organizations>, arguments: &JsonObject) -> CallOutcome {
    if let Some(name) = arguments.keys().next() {
        return CallOutcome::Failed(format!(
            "Invalid arguments for tool {NAME}: {}: unknown input; this tool has none",
            quoted(name)
        ));
    }
    let listed = all.map(Organizations::listed);
    let listed = listed.unwrap_or_else(|| json!([]));
    CallOutcome::json(listed.to_string(), Vec::new())
}
