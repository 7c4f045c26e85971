//! A page of a wiki.

use serde_json::Value;

use crate::{Renderer, inline, json, markdown::Markdown};

impl Renderer {
    /// Writes a wiki page; `project_key` is that of its project, if it is known.
    pub fn page(&self, wiki: &Value, project_key: Option<&str>) -> Markdown {
        let name = json::text(&wiki["name"]).unwrap_or_else(|| "Wiki page".to_owned());
        let mut page = Markdown::titled(&name);
        if let Some(id) = json::id(&wiki["id"]) {
            page.line(&self.wiki_url(&id));
        }
        page.blank();
        self.page_fields(&mut page, wiki, project_key);
        self.files(&mut page, wiki);
        if let Some(content) = json::long_text(&wiki["content"]) {
            self.user_text(&mut page, ("Text", &self.credit(wiki)), content);
        }
        page
    }

    /// The URL of a page, by its id.
    pub fn wiki_url(&self, id: &str) -> String {
        self.url(&["alias", "wiki", id])
    }

    /// The fields that wiki pages and documents share.
    pub(crate) fn page_fields(
        &self,
        page: &mut Markdown,
        thing: &Value,
        project_key: Option<&str>,
    ) {
        page.field("Project", project_key.map(inline::line));
        page.field("Tags", json::text(&thing["tags"]));
        page.field(
            "Created",
            self.event(&thing["created"], &thing["createdUser"]),
        );
        page.field(
            "Updated",
            self.event(&thing["updated"], &thing["updatedUser"]),
        );
    }
}
