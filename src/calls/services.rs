//! The parts of the hub that every call uses. They are shared by all callers.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::{
    name_lookup::Lists, options::ToolOptions, organizations::Organizations,
    project_guard::Projects, registry::Table,
};
use crate::{
    backlog::BacklogClient,
    clock::Clock,
    observe::Recorder,
    toolkit::{file::FileLimits, tool::Spec},
};

/// It is cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Services {
    registry: Arc<Table>,
    projects: Arc<Projects>,
    options: ToolOptions,
    files: FileLimits,
    client: BacklogClient,
    lists: Lists,
    clock: Clock,
    recorder: Recorder,
    organizations: Option<Organizations>,
}

impl Services {
    pub fn new(client: BacklogClient, clock: Clock) -> Self {
        let options = ToolOptions::default();
        let registry = Table::new(&options);
        let tools = registry.entries().iter();
        let tools = tools.map(|entry| (entry.spec.name, entry.spec.projects, &entry.inputs));
        Self {
            projects: Arc::new(Projects::new(tools)),
            registry: Arc::new(registry),
            files: FileLimits::new(options.max_tokens),
            options,
            client,
            lists: Lists::default(),
            clock,
            recorder: Recorder::default(),
            organizations: None,
        }
    }

    pub fn set_options(&mut self, options: ToolOptions) {
        self.files.max_tokens = options.max_tokens;
        self.options = options;
        self.rebuild_registry();
    }

    pub fn set_organizations(&mut self, organizations: Organizations) {
        self.organizations = Some(organizations);
        self.rebuild_registry();
    }

    pub fn set_recorder(&mut self, recorder: Recorder) {
        self.recorder = recorder;
    }

    fn rebuild_registry(&mut self) {
        let registry = Table::new(&self.options);
        self.registry = Arc::new(match self.organizations {
            None => registry,
            Some(_) => registry.with_organizations(&self.options),
        });
    }

    pub fn registry(&self) -> &Table {
        &self.registry
    }

    /// Finds a tool by its name without the prefix.
    pub fn tool(&self, name: &str) -> Option<&Spec> {
        self.registry.own(name).map(|entry| &entry.spec)
    }

    pub fn options(&self) -> &ToolOptions {
        &self.options
    }

    pub fn files(&self) -> &FileLimits {
        &self.files
    }

    pub fn projects(&self) -> &Projects {
        &self.projects
    }

    pub fn organizations(&self) -> Option<&Organizations> {
        self.organizations.as_ref()
    }

    pub fn recorder(&self) -> &Recorder {
        &self.recorder
    }

    pub fn client(&self) -> &BacklogClient {
        &self.client
    }

    pub fn lists(&self) -> &Lists {
        &self.lists
    }

    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }
}
