//! A tool in the registry: how it is listed, and the code that runs its calls.

use std::sync::Arc;

use backlog_client::Method;
use rmcp::model;
use serde_json::{Value, json};

use super::{caller::Caller, options::ToolOptions, upload_tools::UploadTool};
use crate::{
    arguments::reading::Inputs,
    toolkit::{
        declaration::{Declaration, Run},
        name_kind::Named,
        schema,
        tool::{FIELDS, ToolMeta},
        work::{Needs, WorkDeclaration, WorkRun, input::Synonyms},
    },
};

/// The input that confirms a deletion.
pub(crate) const CONFIRM: &str = "confirm";

/// A tool in the registry.
#[derive(Debug)]
pub(crate) struct RegisteredTool {
    pub meta: ToolMeta,
    /// The tool as it is listed.
    pub listed: model::Tool,
    pub handler: Handler,
    /// The inputs as the hub reads them.
    pub inputs: Inputs,
    /// The inputs that accept names.
    pub named: Vec<Named>,
    /// The template of the path of its request; empty if it makes several.
    pub template: &'static str,
    /// The method of its request, or of the change that it makes.
    pub method: Option<Method>,
}

/// A work tool: the tools that it needs, and how its calls are read and run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Work {
    pub needs: Needs,
    pub synonyms: Synonyms,
    pub run: WorkRun,
}

/// The code that runs the calls of a tool.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Handler {
    /// A tool that makes requests to Backlog.
    Backlog(Run),
    /// A tool that runs other tools.
    Work(Work),
    /// `find_tools`.
    FindTools,
    /// `run_tool`.
    RunTool,
    /// A tool for upload links, which makes no request to Backlog.
    Uploads(UploadTool),
    /// `list_organizations`, from the configuration of the hub: no scope and no toolset applies.
    ListOrganizations,
}

impl RegisteredTool {
    pub(super) fn of(declaration: Declaration) -> Self {
        let listed = declaration.tool();
        let Declaration {
            meta,
            input,
            method,
            template,
            run,
        } = declaration;
        let inputs = Inputs::new(input.inputs.clone(), method, template);
        let named = input.named.iter().cloned();
        let named = named.map(|named| Named {
            takes_none: inputs.takes_none(&named.argument),
            ..named
        });
        Self {
            named: named.collect(),
            listed,
            meta,
            handler: Handler::Backlog(run),
            inputs,
            template,
            method,
        }
    }

    pub(super) fn of_work(declaration: WorkDeclaration) -> Self {
        let WorkDeclaration {
            meta,
            tool,
            needs,
            synonyms,
            run,
        } = declaration;
        Self {
            meta,
            listed: tool,
            handler: Handler::Work(Work {
                needs,
                synonyms,
                run,
            }),
            inputs: Inputs::new(Vec::new(), None, ""),
            named: Vec::new(),
            template: "",
            method: None,
        }
    }

    /// A tool that needs no declaration of its own.
    pub(super) fn of_list(meta: ToolMeta, tool: model::Tool, handler: Handler) -> Self {
        Self {
            meta,
            listed: tool,
            handler,
            inputs: Inputs::new(Vec::new(), None, ""),
            named: Vec::new(),
            template: "",
            method: None,
        }
    }

    /// Whether a caller may use it.
    pub(super) fn is_allowed(&self, caller: &Caller) -> bool {
        match self.handler {
            Handler::ListOrganizations => caller.policy.check_name(&self.meta).is_ok(),
            _ => {
                caller.scopes.contains_all(self.meta.scopes())
                    && caller.policy.check(&self.meta).is_ok()
            }
        }
    }

    /// The operations that it cannot do without: of each group at least one must be allowed.
    pub(super) fn needs(&self) -> Needs {
        match self.handler {
            Handler::Work(work) => work.needs,
            Handler::Uploads(kind) => kind.needs(),
            _ => &[],
        }
    }

    /// Whether `run_tool` may run it.
    pub(crate) fn is_runnable(&self) -> bool {
        matches!(self.handler, Handler::Backlog(_) | Handler::Uploads(_))
    }

    /// Whether a work tool may run it for a caller.
    pub(crate) fn is_allowed_operation(&self, caller: &Caller) -> bool {
        caller.scopes.contains_all(self.meta.scopes())
            && caller.policy.check_operation(&self.meta).is_ok()
    }

    /// Converts its inputs to the form that every provider accepts.
    pub(super) fn publish(&mut self) {
        schema::publish(Arc::make_mut(&mut self.listed.input_schema));
    }

    /// Includes the inputs that were added to the tool's own.
    pub(super) fn know_inputs(&mut self) {
        self.inputs.extend(&self.listed.input_schema);
    }

    /// Whether a call of it can ask the user.
    pub(crate) fn may_ask(&self, options: &ToolOptions) -> bool {
        match self.handler {
            Handler::RunTool => true,
            Handler::Work(_) => !self.meta.effect.read_only,
            Handler::Backlog(_) => options.confirm_deletes && self.method == Some(Method::Delete),
            Handler::FindTools | Handler::Uploads(_) | Handler::ListOrganizations => false,
        }
    }

    /// Lets callers confirm a deletion.
    pub(super) fn offer_confirmation(&mut self) {
        if self.method != Some(Method::Delete) {
            return;
        }
        let schema = Arc::make_mut(&mut self.listed.input_schema);
        if let Some(Value::Object(inputs)) = schema.get_mut("properties") {
            let description = "Text such as PROJ-12 k7qp, where the first response asks for it";
            let confirm = json!({"type": "string", "description": description});
            inputs.insert(CONFIRM.to_owned(), confirm);
        }
    }

    /// Lets callers choose the fields of the objects in a list. Outside of the default sets the
    /// available fields are listed only in the error for an unknown one, because otherwise the list
    /// of all tools would be too long.
    pub(super) fn offer_fields(&mut self) {
        let names = self.meta.fields;
        if names.is_empty() {
            return;
        }
        let fields = match self.meta.is_usual() {
            true => json!({
                "type": "array",
                "items": {"type": "string", "enum": names},
                "description": "To return, else all",
            }),
            false => json!({"type": "array", "items": {"type": "string"}}),
        };
        let schema = Arc::make_mut(&mut self.listed.input_schema);
        if let Some(Value::Object(inputs)) = schema.get_mut("properties") {
            inputs.insert(FIELDS.to_owned(), fields);
        }
    }
}
