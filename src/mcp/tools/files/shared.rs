//! The files that a project shares.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    backlog::Operation,
    mcp::{
        file::{Format, MaxBytes, TextLength, TextOffset, View},
        inputs::{Integer, Offset, Order, ProjectId, ProjectKey},
        tool::Endpoint,
        tools::fields,
    },
};

/// Lists the files and directories in a directory of the project's shared files.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct GetSharedFiles {
    project_id: Option<ProjectId>,
    project_key: Option<ProjectKey>,
    /// Such as designs/2026; the topmost one unless given
    path: Option<String>,
    order: Option<Order>,
    offset: Option<Offset>,
    /// How many to return
    #[schemars(extend("minimum" = 1, "maximum" = 1000, "default" = 1000))]
    count: Option<Integer>,
}

impl Endpoint for GetSharedFiles {
    const NAME: &'static str = "get_shared_files";
    const TITLE: &'static str = "List shared files";
    const CALL: Operation =
        Operation::get("projects/{projectId|projectKey}/files/metadata/{*path}");
    const FIELDS: &'static [&'static str] = fields::SHARED_FILE;
    const USUAL_COUNT: u64 = 1000;
}

/// Returns the content of a project's shared file.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct GetSharedFile {
    project_id: Option<ProjectId>,
    project_key: Option<ProjectKey>,
    /// Shared file id (get_shared_files)
    shared_file_id: Integer,
    #[serde(skip_serializing)]
    format: Option<Format>,
    #[serde(skip_serializing)]
    max_bytes: Option<MaxBytes>,
    #[serde(skip_serializing)]
    text_offset: Option<TextOffset>,
    #[serde(skip_serializing)]
    text_length: Option<TextLength>,
}

impl Endpoint for GetSharedFile {
    const NAME: &'static str = "get_shared_file";
    const TITLE: &'static str = "Get shared file";
    const CALL: Operation = Operation::get("projects/{projectId|projectKey}/files/{sharedFileId}");

    fn view(&self) -> Option<View> {
        Some(View::new(
            self.format,
            self.max_bytes,
            self.text_offset,
            self.text_length,
        ))
    }
}
