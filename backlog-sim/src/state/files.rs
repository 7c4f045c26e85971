//! Uploads and the projects' shared files.

use super::State;
use crate::{
    error::ApiError,
    model::{Attachment, Id, SharedFile},
    params::{Params, malformed},
};

impl State {
    /// The caller's own uploads that `attachmentId[]` names.
    pub(crate) fn uploads(&self, user: Id, params: &Params) -> Result<Vec<Attachment>, ApiError> {
        let ids = params.ids("attachmentId")?.unwrap_or_default();
        ids.iter()
            .map(|id| {
                self.uploads
                    .get(id)
                    .filter(|upload| upload.created_user == user)
                    .cloned()
                    .ok_or_else(|| ApiError::invalid(format!("No such attachment. (id:{id})")))
            })
            .collect()
    }

    /// Removes uploads that are attached now.
    pub(crate) fn use_up(&mut self, attached: &[Attachment]) {
        for file in attached {
            self.uploads.remove(&file.id);
        }
    }

    /// The project's files that `fileId[]` names; the parameter is required.
    pub(crate) fn files_to_link(&self, project: Id, params: &Params) -> Result<Vec<Id>, ApiError> {
        let ids = params.ids("fileId")?.unwrap_or_default();
        if ids.is_empty() {
            return Err(ApiError::invalid("fileId[] is required."));
        }
        let known = |id: &Id| {
            let file = self.shared_files.get(id);
            file.is_some_and(|file| file.project_id == project && file.bytes.is_some())
        };
        match ids.iter().find(|id| !known(id)) {
            Some(id) => Err(malformed("fileId[]", &id.to_string())),
            None => Ok(ids),
        }
    }

    /// A shared file of a project, not a directory.
    pub(crate) fn shared_file(&self, project: Id, id: &str) -> Result<&SharedFile, ApiError> {
        id.parse()
            .ok()
            .and_then(|id: Id| self.shared_files.get(&id))
            .filter(|file| file.project_id == project)
            .ok_or_else(|| ApiError::no_resource(format!("No shared file. (id:{id})")))
    }
}
