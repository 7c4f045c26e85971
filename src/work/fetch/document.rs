//! Reads documents with the comments on them.

use backlog_rendering::{Notation, document};
use futures_util::future;
use serde_json::{Value, json};

use super::{fetched::Fetched, item::title, reading::Reading};
use crate::{
    toolkit::work::WorkError,
    work::{
        project_settings::Project,
        reference::{Item, Options},
    },
};

impl Reading<'_> {
    pub(super) async fn document(&self, id: &str) -> Result<Fetched, WorkError> {
        let arguments = json!({"documentId": id});
        let (found, comments) = future::join(
            self.operations.run("get_document", arguments.clone()),
            self.document_comments(&arguments),
        )
        .await;
        let found = found?;
        let mut found_document = found.value;
        let project = Project::of_id(self.operations, &found_document["projectId"]);
        let project = project.await.ok();
        let mut text = document::text(&found_document).unwrap_or_default().into();
        let lead = self.narrow(&mut text, Notation::Markdown)?;
        if lead.is_some() {
            found_document["plain"] = text;
            found_document["json"] = Value::Null;
        }
        let key = project.as_ref().map(|project| &*project.key);
        let page = self.renderer.document(&found_document, key, &comments);
        let url = key.map(|key| self.renderer.document_url(id, key));
        let item = Item::Document(id.to_owned());
        let mut fetched = self.fetched(item, url, page, &found_document);
        fetched.title = title(
            &[found_document["title"].as_str().unwrap_or("Document")],
            "",
        );
        fetched.lead = lead;
        fetched.fact("kind", "document");
        fetched.options.comments = self.reference.options.comments;
        fetched.notes.extend(found.notes);
        Ok(fetched)
    }

    /// The newest comments on a document: all unless the call names a number, and none for a section.
    /// Backlog may not have them.
    async fn document_comments(&self, document: &Value) -> Vec<Value> {
        let Options {
            comments: comments_asked,
            section,
            ..
        } = &self.reference.options;
        let is_asked = *comments_asked != Some(0) && section.is_none();
        if !is_asked || !self.operations.allows("get_document_comments") {
            return Vec::new();
        }
        let comments = self
            .operations
            .run("get_document_comments", document.clone());
        let comments = comments.await.map(|comments| comments.value);
        let mut comments = comments
            .ok()
            .and_then(|it| it.as_array().cloned())
            .unwrap_or_default();
        // Backlog returns all of them.
        comments.sort_by_cached_key(|it| it["created"].as_str().map(str::to_owned));
        let asked = comments_asked.and_then(|number| usize::try_from(number).ok());
        let left_out = comments.len().saturating_sub(asked.unwrap_or(usize::MAX));
        comments.split_off(left_out)
    }
}
