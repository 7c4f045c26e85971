//! Attachments and shared files.

use std::collections::BTreeSet;

use actix_web::web::Bytes;
use serde_json::{Value, json};

use crate::{
    model::{Attachment, Id, SharedFile},
    state::State,
    wire::stamp,
};

pub(crate) fn attachments(state: &State, attachments: &[Attachment]) -> Vec<Value> {
    attachments
        .iter()
        .map(|file| attachment(state, file))
        .collect()
}

/// Linked files, by their ids.
pub(crate) fn shared_files(state: &State, ids: &BTreeSet<Id>) -> Vec<Value> {
    ids.iter()
        .filter_map(|id| state.shared_files.get(id))
        .map(|file| shared_file(state, file))
        .collect()
}

pub(crate) fn shared_file(state: &State, file: &SharedFile) -> Value {
    json!({
        "id": file.id,
        "projectId": file.project_id,
        "type": if file.bytes.is_some() { "file" } else { "directory" },
        "dir": file.dir,
        "name": file.name,
        "size": file.bytes.as_ref().map(Bytes::len),
        "createdUser": state.users.get(&file.created_user),
        "created": stamp(file.created),
        "updatedUser": null,
        "updated": stamp(file.created),
    })
}

pub(crate) fn attachment(state: &State, attachment: &Attachment) -> Value {
    json!({
        "id": attachment.id,
        "name": attachment.name,
        "size": attachment.bytes.len(),
        "createdUser": state.users.get(&attachment.created_user),
        "created": stamp(attachment.created),
    })
}
