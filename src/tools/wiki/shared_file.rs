//! The shared files that a wiki page links to.

use backlog_client::Operation;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    toolkit::{
        inputs::{SharedFileId, WikiId, WikiSharedFileId},
        project_binding::ProjectBinding,
        rest::Rest,
        tool::{ApiTool, Effect},
    },
    tools::shared_file::SHARED_FILE_FIELDS,
};

/// Lists the shared files that a wiki page links to.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::tools) struct GetWikiSharedFiles {
    /// Page id (get_wiki_pages)
    wiki_id: WikiId,
}

impl ApiTool for GetWikiSharedFiles {
    const NAME: &'static str = "get_wiki_shared_files";
    const TITLE: &'static str = "List a wiki page's shared files";
    const CALL: Operation = Operation::get("wikis/{wikiId}/sharedFiles");
    const PROJECTS: ProjectBinding = ProjectBinding::Inputs;
    const REST: Rest = Rest::SHORT.paged();
    const FIELDS: &'static [&'static str] = SHARED_FILE_FIELDS;
}

/// Links shared files of the project to a wiki page.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::tools) struct AddWikiSharedFiles {
    /// Page id (get_wiki_pages)
    wiki_id: WikiId,
    /// Shared file ids (get_shared_files)
    file_id: Vec<SharedFileId>,
}

impl ApiTool for AddWikiSharedFiles {
    const NAME: &'static str = "add_wiki_shared_files";
    const TITLE: &'static str = "Link shared files to wiki page";
    const CALL: Operation = Operation::post("wikis/{wikiId}/sharedFiles");
    const PROJECTS: ProjectBinding = ProjectBinding::Inputs;
    const REST: Rest = Rest::SHORT;
    const EFFECT: Effect = Effect::of(Self::CALL.method()).idempotent();
}

/// Removes the link of a wiki page to a shared file; the file remains.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::tools) struct RemoveWikiSharedFile {
    /// Page id (get_wiki_pages)
    wiki_id: WikiId,
    /// Id (get_wiki_shared_files)
    shared_file_id: WikiSharedFileId,
}

impl ApiTool for RemoveWikiSharedFile {
    const NAME: &'static str = "remove_wiki_shared_file";
    const TITLE: &'static str = "Unlink shared file from wiki page";
    const CALL: Operation = Operation::delete("wikis/{wikiId}/sharedFiles/{sharedFileId}");
    const PROJECTS: ProjectBinding = ProjectBinding::Inputs;
    const REST: Rest = Rest::SHORT;
}
