//! A project: all names that tools take, on one page.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::{Notation, Renderer, inline, json, markdown::Markdown, notification::project_name};

/// A project, and the lists that belong to it, as Backlog returns them.
#[derive(Clone, Copy, Debug)]
pub struct ProjectPage<'a> {
    /// The project.
    pub project: &'a Value,
    /// The types of its issues.
    pub issue_types: &'a [Value],
    /// The statuses of its issues, in their order.
    pub statuses: &'a [Value],
    /// The categories.
    pub categories: &'a [Value],
    /// The versions and milestones.
    pub milestones: &'a [Value],
    /// The members.
    pub members: &'a [Value],
    /// The custom fields.
    pub custom_fields: &'a [Value],
    /// The Git repositories.
    pub repositories: &'a [Value],
}

impl<'a> ProjectPage<'a> {
    /// A project alone.
    pub fn of(project: &'a Value) -> Self {
        Self {
            project,
            issue_types: &[],
            statuses: &[],
            categories: &[],
            milestones: &[],
            members: &[],
            custom_fields: &[],
            repositories: &[],
        }
    }
}

impl Renderer {
    /// Writes the page of a project.
    pub fn project(&self, content: &ProjectPage<'_>) -> Markdown {
        let project = content.project;
        let title = project_name(project).unwrap_or_else(|| "Project".to_owned());
        let mut page = Markdown::titled(&title);
        if let Some(key) = project["projectKey"].as_str() {
            page.line(&self.url(&["projects", key]));
        }
        page.blank();
        page.field("Notation of texts", notation(project));
        page.field(
            "Archived",
            (project["archived"] == true).then(|| "yes".to_owned()),
        );
        let no_children = project["subtaskingEnabled"] == false;
        page.field(
            "Child issues",
            no_children.then(|| "not in this project".to_owned()),
        );
        page.field("Issue types", names(content.issue_types));
        page.field("Statuses", names(content.statuses));
        page.field("Categories", names(content.categories));
        page.field("Repositories", names(content.repositories));
        page.field("Members", self.members(content.members));
        self.milestone_section(&mut page, content.milestones);
        self.custom_field_section(&mut page, content);
        page
    }

    /// Writes projects, a line each.
    pub fn projects(&self, projects: &[Value]) -> Markdown {
        let mut page = Markdown::default();
        for project in projects {
            if let Some(name) = project_name(project) {
                let archived = if project["archived"] == true {
                    " (archived)"
                } else {
                    ""
                };
                page.line(&format!("- {}{archived}", inline::at_start(name)));
            }
        }
        page
    }

    /// Writes the names of members; those that share one have their logins as well.
    fn members(&self, members: &[Value]) -> Option<String> {
        let mut number: BTreeMap<String, usize> = BTreeMap::new();
        for name in members.iter().filter_map(|member| self.person(member)) {
            *number.entry(name).or_default() += 1;
        }
        let named = members.iter().filter_map(|member| {
            let name = self.person(member)?;
            let is_shared = number.get(&name).is_some_and(|number| *number > 1);
            let login = json::text(&member["userId"]).or_else(|| json::id(&member["id"]));
            Some(match login.filter(|_| is_shared) {
                Some(login) => format!("{name} (login {login})"),
                None => name,
            })
        });
        let named: Vec<_> = named.collect();
        (!named.is_empty()).then(|| named.join(", "))
    }

    /// Writes the milestones in use, and the names of those that are archived.
    fn milestone_section(&self, page: &mut Markdown, milestones: &[Value]) {
        let (archived, open): (Vec<_>, Vec<_>) = milestones
            .iter()
            .partition(|milestone| milestone["archived"] == true);
        if milestones.is_empty() {
            return;
        }
        page.heading(2, "Milestones");
        for milestone in open {
            if let Some(milestone) = self.milestone(milestone) {
                page.line(&format!("- {}", inline::at_start(milestone)));
            }
        }
        let names: Vec<_> = archived.into_iter().filter_map(json::text).collect();
        page.field("archived", (!names.is_empty()).then(|| names.join(", ")));
    }

    fn custom_field_section(&self, page: &mut Markdown, content: &ProjectPage<'_>) {
        if content.custom_fields.is_empty() {
            return;
        }
        page.heading(2, "Custom fields");
        for field in content.custom_fields {
            let Some(name) = json::text(&field["name"]) else {
                continue;
            };
            let facts = self.facts(field, content.issue_types).join(", ");
            let items = names(json::items(&field["items"]));
            let items = items.map(|items| format!(": {items}")).unwrap_or_default();
            page.line(&format!("- {} ({facts}){items}", inline::at_start(name)));
        }
    }

    /// The type of a custom field, and its limits.
    fn facts(&self, field: &Value, issue_types: &[Value]) -> Vec<String> {
        let kind = field["typeId"].as_u64();
        let limit = |name: &str| match kind {
            Some(4) => self.day(&field[name]),
            _ => json::text(&field[name]),
        };
        let mut facts = vec![type_name(kind).to_owned()];
        facts.extend(json::text(&field["unit"]).map(|unit| format!("in {unit}")));
        facts.extend(limit("min").map(|min| format!("from {min}")));
        facts.extend(limit("max").map(|max| format!("to {max}")));
        facts.extend((field["required"] == true).then(|| "required".to_owned()));
        let also_text = field["allowInput"] == true;
        facts.extend(also_text.then(|| "own text as well".to_owned()));
        let applies = json::items(&field["applicableIssueTypes"]);
        let of_field = issue_types
            .iter()
            .filter(|kind| applies.contains(&kind["id"]));
        let of_field: Vec<_> = of_field.filter_map(json::text).collect();
        facts.extend((!of_field.is_empty()).then(|| format!("only for {}", of_field.join(", "))));
        facts
    }
}

fn notation(project: &Value) -> Option<String> {
    project["textFormattingRule"].as_str()?;
    Some(match Notation::of_project(project) {
        Notation::Markdown => "Markdown".to_owned(),
        Notation::Backlog => "Backlog's own".to_owned(),
    })
}

fn names(things: &[Value]) -> Option<String> {
    let names: Vec<_> = things.iter().filter_map(json::text).collect();
    (!names.is_empty()).then(|| names.join(", "))
}

fn type_name(kind: Option<u64>) -> &'static str {
    match kind {
        Some(1) => "text",
        Some(2) => "text of many lines",
        Some(3) => "number",
        Some(4) => "day",
        Some(5) => "one of a list",
        Some(6) => "several of a list",
        Some(7) => "check boxes",
        Some(8) => "one of radio buttons",
        _ => "another type",
    }
}
