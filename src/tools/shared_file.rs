//! The shared files of a project.

use backlog_client::Operation;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::toolkit::{
    file::{Format, MaxBytes, TextLength, TextOffset, View},
    inputs::{Integer, Offset, Order, ProjectId, ProjectKey, SharedDirectory, SharedFileId},
    project_binding::ProjectBinding,
    rest::Rest,
    tool::ApiTool,
};

/// The fields of a shared file.
pub(super) const SHARED_FILE_FIELDS: &[&str] = &[
    "id",
    "projectId",
    "type",
    "dir",
    "name",
    "size",
    "createdUser",
    "created",
    "updatedUser",
    "updated",
];

/// Lists the files and directories in a directory of the project's shared files.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct GetSharedFiles {
    project_id: Option<ProjectId>,
    project_key: Option<ProjectKey>,
    /// Such as designs/2026; default: the root
    path: Option<SharedDirectory>,
    order: Option<Order>,
    offset: Option<Offset>,
    /// How many to return
    #[schemars(extend("minimum" = 1, "maximum" = 1000, "default" = 1000))]
    count: Option<Integer>,
}

impl ApiTool for GetSharedFiles {
    const NAME: &'static str = "get_shared_files";
    const TITLE: &'static str = "List shared files";
    const CALL: Operation =
        Operation::get("projects/{projectId|projectKey}/files/metadata/{*path}");
    const PROJECTS: ProjectBinding = ProjectBinding::Inputs;
    const REST: Rest = Rest::SHORT;
    const FIELDS: &'static [&'static str] = SHARED_FILE_FIELDS;
    const USUAL_COUNT: u64 = 1000;
}

/// Returns the content of a project's shared file.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct GetSharedFile {
    project_id: Option<ProjectId>,
    project_key: Option<ProjectKey>,
    /// Shared file id (get_shared_files)
    shared_file_id: SharedFileId,
    #[serde(skip_serializing)]
    format: Option<Format>,
    #[serde(skip_serializing)]
    max_bytes: Option<MaxBytes>,
    #[serde(skip_serializing)]
    text_offset: Option<TextOffset>,
    #[serde(skip_serializing)]
    text_length: Option<TextLength>,
}

impl ApiTool for GetSharedFile {
    const NAME: &'static str = "get_shared_file";
    const TITLE: &'static str = "Get shared file";
    const CALL: Operation = Operation::get("projects/{projectId|projectKey}/files/{sharedFileId}");
    const PROJECTS: ProjectBinding = ProjectBinding::Inputs;
    const REST: Rest = Rest::FILE;

    fn view(&self) -> Option<View> {
        Some(View::new(
            self.format,
            self.max_bytes,
            self.text_offset,
            self.text_length,
        ))
    }
}
