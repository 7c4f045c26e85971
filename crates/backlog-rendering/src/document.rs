//! A document. Its text is that of the editor's JSON, in Markdown; where that cannot be read, the
//! plain text.

use serde_json::{Value, json};

use crate::{Renderer, comment::Comments, json, markdown::Markdown, number::grouped, rich_text};

impl Renderer {
    /// Writes a document with comments on it, which have their replies; `project_key` is that of
    /// its project, if it is known.
    pub fn document(
        &self,
        document: &Value,
        project_key: Option<&str>,
        comments: &[Value],
    ) -> Markdown {
        let title = json::text(&document["title"]).unwrap_or_else(|| "Document".to_owned());
        let mut page = Markdown::titled(&title);
        match (json::id(&document["id"]), project_key) {
            (Some(id), Some(key)) => page.line(&self.document_url(&id, key)),
            (Some(id), None) => page.line(&format!("Document {id}")),
            _ => {}
        }
        page.blank();
        self.page_fields(&mut page, document, project_key);
        let children = json::items(&document["childDocumentIds"]).len();
        page.field(
            "Documents below it",
            (children > 0).then(|| grouped(children)),
        );
        self.files(&mut page, document);
        if let Some(text) = text(document) {
            let heading = format!("Text, {}", self.credit(document));
            page.heading(2, &heading);
            page.quote(&heading, &text);
        }
        let mut flat = Vec::new();
        for comment in comments {
            flat.push(flattened(comment, None));
            let id = json::id(&comment["id"]);
            let replies = json::items(&comment["replies"]).iter();
            flat.extend(replies.map(|reply| flattened(reply, id.as_deref())));
        }
        self.comments(&mut page, &Comments::all(&flat));
        page
    }

    /// The URL of a document, by its id and the key of its project.
    pub fn document_url(&self, id: &str, project_key: &str) -> String {
        self.url(&["document", project_key, id])
    }
}

/// A comment on a document, or a reply, in the form of one on an issue.
fn flattened(comment: &Value, reply_to: Option<&str>) -> Value {
    // `content` is the JSON of the editor.
    let text = json::long_text(&comment["plain"]).or_else(|| json::long_text(&comment["content"]));
    json!({
        "id": comment["id"],
        "content": text,
        "created": comment["created"],
        "createdUser": comment["createdUser"],
        "replyTo": reply_to,
    })
}

/// The text of a document, from its JSON if that has all of it.
pub fn text(document: &Value) -> Option<String> {
    let plain = json::long_text(&document["plain"]);
    let rich = rich_text::markdown(&document["json"]);
    rich.or_else(|| plain.map(str::to_owned))
}
