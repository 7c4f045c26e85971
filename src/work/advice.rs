//! How an error or a note names a tool that is not listed with the work tools.

use serde_json::Value;

/// Names the call of `run_tool` that runs a classic tool.
pub(super) fn run_tool(name: &str, arguments: &Value) -> String {
    format!("run_tool with name {name} and arguments {arguments}")
}
