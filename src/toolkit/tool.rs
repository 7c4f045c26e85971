//! The traits and the metadata of tools.
//!
//! Most tools are one request: an [`ApiTool`] is the input struct (its doc comment is the
//! description) and the [`Operation`] that it fills. A tool that needs more implements [`Tool`]
//! itself.

use super::{
    error::ToolError,
    file::{self, View},
    name_list::NameList,
    project_binding::ProjectBinding,
    rest::{Rest, USUAL_COUNT},
    toolset::Toolset,
};
use crate::toolkit::{attempt::Backlog, outcome::Outcome, rest::Paging};
use std::future::Future;

use backlog_client::{Method, Operation};
use oauth_values::{Scope, Scopes};
use schemars::JsonSchema;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};

/// The input of a tool that accepts a project's id or key.
pub(crate) const PROJECT: &str = "projectIdOrKey";

/// The input that chooses fields.
pub(crate) const FIELDS: &str = "fields";

/// A tool that is one request to Backlog; the implementor is its input.
pub(crate) trait ApiTool:
    Serialize + DeserializeOwned + JsonSchema + Send + 'static
{
    const NAME: &'static str;
    /// A title of a few words, for end users.
    const TITLE: &'static str;
    const CALL: Operation;
    /// How its calls relate to projects.
    const PROJECTS: ProjectBinding;
    /// How the rest of a long result is read.
    const REST: Rest;
    /// The cached lists of names that it changes.
    const CHANGES: &'static [NameList] = &[];
    const EFFECT: Effect = Effect::of(Self::CALL.method());
    /// The fields of the objects in the list that it returns. Callers may select from them.
    const FIELDS: &'static [&'static str] = &[];
    /// The number of elements of a list if the call does not give one.
    const USUAL_COUNT: u64 = USUAL_COUNT;

    /// The requested part of a file; `None` if the response is JSON.
    fn view(&self) -> Option<View> {
        None
    }
}

/// Any tool; the implementor is its input.
pub(crate) trait Tool: DeserializeOwned + JsonSchema + Send + 'static {
    const NAME: &'static str;
    const TITLE: &'static str;
    const EFFECT: Effect;
    const PROJECTS: ProjectBinding;
    const REST: Rest;
    const CHANGES: &'static [NameList] = &[];
    const FIELDS: &'static [&'static str] = &[];
    const USUAL_COUNT: u64 = USUAL_COUNT;
    /// The request, if the tool is one request.
    const REQUEST: Option<Operation> = None;
    /// Other toolsets that also offer it.
    const ALSO_IN: &'static [Toolset] = &[];

    /// Runs the tool and returns Backlog's response.
    fn run(self, backlog: &Backlog<'_>) -> impl Future<Output = Result<Outcome, ToolError>> + Send;
}

impl<E: ApiTool> Tool for E {
    const NAME: &'static str = E::NAME;
    const TITLE: &'static str = E::TITLE;
    const EFFECT: Effect = E::EFFECT;
    const PROJECTS: ProjectBinding = E::PROJECTS;
    const REST: Rest = E::REST;
    const CHANGES: &'static [NameList] = E::CHANGES;
    const FIELDS: &'static [&'static str] = E::FIELDS;
    const USUAL_COUNT: u64 = E::USUAL_COUNT;
    const REQUEST: Option<Operation> = Some(E::CALL);

    async fn run(self, backlog: &Backlog<'_>) -> Result<Outcome, ToolError> {
        let request = E::CALL.fill(inputs(&self))?;
        let view = self.view();
        // The input is no longer needed while Backlog works.
        drop(self);
        if let Some(view) = view {
            return file::show(backlog, request, view).await;
        }
        let response = backlog.fetch_text(request).await?;
        Ok(response.map_or(Outcome::Json(Value::Null), Outcome::Text))
    }
}

/// Converts a struct of inputs to the argument of [`Operation::fill`].
pub(crate) fn inputs(input: &impl Serialize) -> Map<String, Value> {
    match serde_json::to_value(input) {
        Ok(Value::Object(inputs)) => inputs,
        other => unreachable!("a tool's input is a struct, not {other:?}"),
    }
}

/// The effect of a tool on Backlog. Its annotations and, with its toolset, its scopes follow from it.
#[expect(
    clippy::struct_excessive_bools,
    reason = "MCP has the first four as hints"
)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Effect {
    pub read_only: bool,
    /// The previous content is lost permanently, or a user or a URL gets access.
    pub destructive: bool,
    /// A repetition changes nothing more, even if Backlog rejects it.
    pub idempotent: bool,
    /// It reaches beyond the space. A mail does not, because Backlog sends it only to users of the
    /// space.
    pub open_world: bool,
    /// It deletes something, or removes it from where it is.
    pub removes: bool,
    /// It changes settings of a project or of the space, though its toolset has other tools as well.
    pub administers: bool,
}

impl Effect {
    /// The usual effect of a method in Backlog's API: a change loses the previous content.
    pub(crate) const fn of(method: Method) -> Self {
        Self {
            read_only: matches!(method, Method::Get),
            destructive: matches!(method, Method::Put | Method::Patch | Method::Delete),
            idempotent: !matches!(method, Method::Post),
            open_world: false,
            removes: matches!(method, Method::Delete),
            administers: false,
        }
    }

    /// Marks the previous content as recoverable: Backlog keeps it in a change log or a history, or
    /// it is only a mark or a position in a list. Hosts ask before each destructive call, which is
    /// too often for everyday steps.
    pub(crate) const fn recoverable(mut self) -> Self {
        self.destructive = false;
        self
    }

    /// Marks the previous content as lost.
    pub(crate) const fn destructive(mut self) -> Self {
        self.destructive = true;
        self
    }

    /// Marks the tool as giving access that outlives the grant of the call. Hosts ask before such a
    /// call as before a destructive one.
    pub(crate) const fn gives_access(mut self) -> Self {
        self.destructive = true;
        self
    }

    /// Marks every repetition as adding something.
    pub(crate) const fn not_idempotent(mut self) -> Self {
        self.idempotent = false;
        self
    }

    /// Marks repetitions as changing nothing more.
    pub(crate) const fn idempotent(mut self) -> Self {
        self.idempotent = true;
        self
    }

    /// Marks the tool as sending content of the space to a URL outside of it.
    pub(crate) const fn open_world(mut self) -> Self {
        self.open_world = true;
        self
    }

    /// Marks the tool as changing settings of a project or of the space.
    pub(crate) const fn administers(mut self) -> Self {
        self.administers = true;
        self
    }
}

/// The metadata of a tool.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ToolMeta {
    pub name: &'static str,
    pub title: &'static str,
    pub toolset: Toolset,
    /// Other toolsets that also offer it.
    pub also_in: &'static [Toolset],
    pub effect: Effect,
    pub projects: ProjectBinding,
    /// The cached lists of names that it changes.
    pub changes: &'static [NameList],
    pub fields: &'static [&'static str],
    pub rest: Rest,
    pub paging: Paging,
    /// The number of elements of a list if the call does not give one.
    pub usual_count: u64,
    /// Whether it takes a project as [`arguments::PROJECT`](crate::toolkit::tool::PROJECT).
    pub takes_project: bool,
}

impl ToolMeta {
    /// The toolsets that offer it, its own first.
    pub(crate) fn toolsets(&self) -> impl Iterator<Item = Toolset> {
        std::iter::once(self.toolset).chain(self.also_in.iter().copied())
    }

    /// The scopes that it needs, each of them.
    pub(crate) fn scopes(&self) -> Scopes {
        if self.effect.read_only {
            return Scopes::from_iter([Scope::Read]);
        }
        let administers = self.effect.administers || self.toolset.administers();
        let deletes = self.effect.removes.then_some(Scope::Delete);
        let administers = administers.then_some(Scope::Admin);
        [Some(Scope::Write), deletes, administers]
            .into_iter()
            .flatten()
            .collect()
    }

    /// Whether it is offered by default.
    pub(crate) fn is_usual(&self) -> bool {
        self.toolsets().any(|it| Toolset::DEFAULT.contains(&it))
    }
}

#[cfg(test)]
mod tests {
    use crate::{
        accounts::access::{AccessError, BacklogAccess, FixedAccess},
        toolkit::{attempt::HeldResponses, file::FileLimits, progress::ProgressSink},
    };
    use std::time::Duration;

    use actix_web::HttpResponse;
    use async_trait::async_trait;
    use backlog_client::{
        self, BacklogClient, BacklogUrl, ClientOptions, Credentials, Request, Segment,
        fake::FakeBacklog,
    };

    use super::*;

    /// Access of a Backlog user.
    struct OfUser(FixedAccess, i64);

    #[async_trait]
    impl BacklogAccess for OfUser {
        fn url(&self) -> &BacklogUrl {
            self.0.url()
        }

        fn user(&self) -> Option<i64> {
            Some(self.1)
        }

        async fn credentials(&self) -> Result<Credentials, AccessError> {
            self.0.credentials().await
        }

        async fn renew(&self, rejected: &Credentials) -> Result<Credentials, AccessError> {
            self.0.renew(rejected).await
        }
    }

    #[actix_web::test]
    async fn the_requests_of_a_user_leave_memory_for_other_users_of_the_space() {
        let fake = FakeBacklog::responding(200, "\"1234567890\"");
        let client = BacklogClient::new(ClientOptions {
            max_bytes_per_user: 15,
            queue_timeout: Duration::from_millis(50),
            ..ClientOptions::default()
        })
        .unwrap();
        let files = FileLimits::default();
        let key = || Credentials::ApiKey("k".into());
        let [one, other] =
            [1, 2].map(|user| OfUser(FixedAccess::new(fake.url.clone(), key()), user));
        let send = |access| {
            let backlog = Backlog {
                client: &client,
                access,
                files: &files,
                progress: ProgressSink::default(),
                held: HeldResponses::default(),
            };
            async move { backlog.send(Request::get([Segment::fixed("space")])).await }
        };
        let held = send(&one).await.unwrap();
        assert!(send(&one).await.is_err());
        assert!(send(&other).await.is_ok());
        drop(held);
        assert!(send(&one).await.is_ok());
    }

    #[actix_web::test]
    async fn a_call_holds_the_memory_of_its_long_responses_until_it_ends() {
        let long = format!("\"{}\"", "a".repeat(backlog_client::LARGE));
        let (length, short) = (long.len(), "\"b\"");
        let fake = FakeBacklog::start(move |request| {
            let body = match request.line.ends_with("/long") {
                true => long.clone(),
                false => short.to_owned(),
            };
            HttpResponse::Ok()
                .content_type("application/json")
                .body(body)
        });
        let client = BacklogClient::new(ClientOptions {
            max_bytes_per_space: 2 * length + short.len(),
            queue_timeout: Duration::from_millis(50),
            ..ClientOptions::default()
        })
        .unwrap();
        let access = FixedAccess::new(fake.url.clone(), Credentials::ApiKey("k".into()));
        let files = FileLimits::default();
        let call = || Backlog {
            client: &client,
            access: &access,
            files: &files,
            progress: ProgressSink::default(),
            held: HeldResponses::default(),
        };
        let fetch = async |call: &Backlog<'_>, path| {
            let fetched = call.fetch(Request::get([Segment::fixed(path)])).await;
            fetched.is_ok()
        };
        let (one, other) = (call(), call());
        assert!(fetch(&one, "long").await && fetch(&other, "long").await);
        // Their texts are dropped, but not the values parsed from them.
        assert!(!fetch(&one, "long").await);
        // Short responses are not held.
        assert!(fetch(&one, "short").await && fetch(&one, "short").await);
        drop(other);
        assert!(fetch(&one, "long").await);
    }
}
