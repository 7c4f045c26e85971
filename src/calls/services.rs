//! The parts of the hub that every call uses. They are shared by all callers.

use std::{sync::Arc, time::Duration};

use backlog_client::{BacklogClient, BacklogUrl};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use foundation::{clock::Clock, random::Random};
use moka::sync::Cache;
use sealing::KeyRing;

use super::{
    name_lookup::Lists, options::ToolOptions, organizations::Organizations,
    project_guard::Projects, registry::Registry,
};
use crate::{
    accounts::upload_links::UploadLinks,
    audit::Recorder,
    toolkit::{file::FileLimits, tool::ToolMeta},
};

/// The number of spaces whose time zone is cached.
const MAX_TIME_ZONES: u64 = 1000;
/// A space rarely changes its time zone.
const TIME_ZONE_LIFETIME: Duration = Duration::from_hours(1);

/// It is cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct Services {
    registry: Arc<Registry>,
    projects: Arc<Projects>,
    options: ToolOptions,
    files: FileLimits,
    client: BacklogClient,
    lists: Lists,
    clock: Clock,
    recorder: Recorder,
    organizations: Option<Organizations>,
    time_zones: Cache<BacklogUrl, Tz>,
    keys: Arc<KeyRing>,
    uploads: Option<UploadLinks>,
}

impl Services {
    pub(crate) fn new(client: BacklogClient, clock: Clock) -> Self {
        let options = ToolOptions::default();
        let registry = Registry::new(&options);
        let tools = registry.tools().iter();
        let tools = tools.map(|tool| (tool.meta.name, tool.meta.projects, &tool.inputs));
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
            time_zones: Cache::builder()
                .max_capacity(MAX_TIME_ZONES)
                .time_to_live(TIME_ZONE_LIFETIME)
                .build(),
            keys: Arc::new(own_keys()),
            uploads: None,
        }
    }

    pub(crate) fn set_options(&mut self, options: ToolOptions) {
        self.files.max_tokens = options.max_tokens;
        self.options = options;
        self.rebuild_registry();
    }

    pub(crate) fn set_organizations(&mut self, organizations: Organizations) {
        self.organizations = Some(organizations);
        self.rebuild_registry();
    }

    /// Offers upload links to callers who have signed in.
    pub(crate) fn set_uploads(&mut self, uploads: UploadLinks) {
        self.uploads = Some(uploads);
        self.rebuild_registry();
    }

    pub(crate) fn set_keys(&mut self, keys: Arc<KeyRing>) {
        self.keys = keys;
    }

    pub(crate) fn set_recorder(&mut self, recorder: Recorder) {
        self.recorder = recorder;
    }

    fn rebuild_registry(&mut self) {
        let registry = match self.uploads {
            None => Registry::new(&self.options),
            Some(_) => Registry::with_uploads(&self.options),
        };
        self.registry = Arc::new(match self.organizations {
            None => registry,
            Some(_) => registry.with_organizations(&self.options),
        });
    }

    pub(crate) fn registry(&self) -> &Registry {
        &self.registry
    }

    /// Finds a tool by its name without the prefix.
    pub(crate) fn tool(&self, name: &str) -> Option<&ToolMeta> {
        self.registry.own(name).map(|tool| &tool.meta)
    }

    pub(crate) fn options(&self) -> &ToolOptions {
        &self.options
    }

    pub(crate) fn files(&self) -> &FileLimits {
        &self.files
    }

    pub(crate) fn projects(&self) -> &Projects {
        &self.projects
    }

    pub(crate) fn organizations(&self) -> Option<&Organizations> {
        self.organizations.as_ref()
    }

    pub(crate) fn uploads(&self) -> Option<&UploadLinks> {
        self.uploads.as_ref()
    }

    pub(crate) fn recorder(&self) -> &Recorder {
        &self.recorder
    }

    pub(crate) fn client(&self) -> &BacklogClient {
        &self.client
    }

    pub(crate) fn lists(&self) -> &Lists {
        &self.lists
    }

    /// The time zones of spaces.
    pub(crate) fn time_zones(&self) -> &Cache<BacklogUrl, Tz> {
        &self.time_zones
    }

    /// The keys that seal the state of a question.
    pub(crate) fn keys(&self) -> &KeyRing {
        &self.keys
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }
}

/// A key of this process, which is enough where no other process serves its callers.
fn own_keys() -> KeyRing {
    let random = Random::system();
    let generated = KeyRing::generate("process", &random);
    KeyRing::parse(&generated, random).expect("a generated key is a key")
}
