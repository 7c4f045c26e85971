//! Searches wiki pages and documents: Backlog finds the words in names and texts.

use futures_util::{StreamExt, future, stream};
use serde_json::json;

use super::{
    AT_ONCE, Found, Searching,
    hit::{Fit, Hit},
    listed,
};
use crate::{
    toolkit::work::{Operated, OperationError},
    work::project_settings::Project,
};

/// The number of documents to rank.
const RANKED: usize = 50;
/// The maximum number of wiki pages that are read for the words around the hit.
const MAX_PAGES_READ: usize = 5;
/// The start of the id of a wiki page.
const WIKI: &str = "wiki:";

impl Searching<'_> {
    /// Searches the wikis, project by project, because Backlog has no other search for them.
    pub(super) async fn wiki_pages(&self) -> Result<Found, OperationError> {
        let projects: Vec<_> = self.projects.iter().filter(|it| it.has_wiki).collect();
        let most = (self.requests / self.forms.len()).max(1);
        let (searched, others) = projects.split_at(projects.len().min(most));
        let reads: Vec<_> = searched.iter().map(|it| self.wiki_of(it)).collect();
        let read: Vec<_> = stream::iter(reads).buffered(AT_ONCE).collect().await;
        let mut found = Found::default();
        let mut left_out: Vec<Project> = others.iter().copied().cloned().collect();
        let mut error = None;
        for (project, read) in searched.iter().zip(read) {
            match read {
                Ok(read) => {
                    for wikis in &read {
                        self.add_wikis(&mut found, wikis, &project.key);
                    }
                }
                Err(failed) => {
                    error = Some(failed);
                    left_out.push((*project).clone());
                }
            }
        }
        match error {
            Some(error) if left_out.len() == projects.len() => return Err(error),
            _ => {}
        }
        if !left_out.is_empty() {
            let projects = listed(&left_out);
            let note = format!("Wiki pages were not searched in {projects}: name the project.");
            found.notes.push(note);
        }
        Ok(found)
    }

    async fn wiki_of(&self, project: &Project) -> Result<Vec<Operated>, OperationError> {
        let reads = self.forms.iter().map(|form| {
            let arguments = json!({"projectKey": project.key, "keyword": form});
            self.operations.run("get_wiki_pages", arguments)
        });
        future::try_join_all(reads).await
    }

    fn add_wikis(&self, found: &mut Found, wikis: &Operated, project: &str) {
        let wikis = wikis.value.as_array().into_iter().flatten();
        found.hits.extend(wikis.filter_map(|wiki| {
            let id = wiki["id"].as_i64()?;
            let name = wiki["name"].as_str()?;
            Some(Hit {
                fit: Hit::fit(&self.words, name),
                id: format!("{WIKI}{id}"),
                title: name.to_owned(),
                url: self.renderer.wiki_url(&id.to_string()),
                kind: "wiki page",
                project: project.to_owned(),
                updated: wiki["updated"].clone(),
                users: Hit::users(wiki),
                text: None,
            })
        }));
    }

    /// Reads the texts of the first wiki pages among the hits.
    pub(super) async fn read_pages(&self, hits: &mut [Hit]) {
        if !self.operations.allows("get_wiki") {
            return;
        }
        // A page with all words in its name may have none in its text.
        let pages = hits.iter_mut().filter(|hit| hit.id.starts_with(WIKI));
        let pages = pages.filter(|hit| hit.fit == Fit::Text);
        let pages: Vec<_> = pages.take(MAX_PAGES_READ).collect();
        let reads: Vec<_> = pages.iter().map(|hit| self.page_text(&hit.id)).collect();
        let texts = future::join_all(reads).await;
        for (hit, text) in pages.into_iter().zip(texts) {
            hit.text = text;
        }
    }

    async fn page_text(&self, id: &str) -> Option<String> {
        let id: i64 = id.strip_prefix(WIKI)?.parse().ok()?;
        let wiki = self.operations.run("get_wiki", json!({"wikiId": id}));
        let wiki = wiki.await.ok()?.value;
        wiki["content"].as_str().map(str::to_owned)
    }

    pub(super) async fn documents(&self) -> Result<Found, OperationError> {
        if self.projects.is_empty() {
            return Ok(Found::default());
        }
        let ids: Vec<_> = self.projects.iter().map(|project| project.id).collect();
        let reads = self.forms.iter().map(|form| {
            let arguments = json!({
                "projectIds": ids,
                "keyword": form,
                "sort": "updated",
                "order": "desc",
                "count": RANKED,
            });
            self.operations.run("get_documents", arguments)
        });
        let listed = future::try_join_all(reads).await?;
        let documents = listed.iter().filter_map(|listed| listed.value.as_array());
        let hits = documents.flatten().filter_map(|document| {
            let id = document["id"].as_str()?;
            let title = document["title"].as_str().unwrap_or_default();
            let project = self.key_of(&document["projectId"])?;
            Some(Hit {
                fit: Hit::fit(&self.words, title),
                id: format!("document:{id}"),
                title: title.to_owned(),
                url: self.renderer.document_url(id, project),
                kind: "document",
                project: project.to_owned(),
                updated: document["updated"].clone(),
                users: Hit::users(document),
                text: document["plain"].as_str().map(str::to_owned),
            })
        });
        Ok(Found {
            hits: hits.collect(),
            notes: listed.iter().flat_map(|it| it.notes.clone()).collect(),
        })
    }
}
