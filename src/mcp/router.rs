//! The table of tools: which there are, how they are described, who sees which.

use std::{borrow::Cow, collections::HashMap, sync::Arc};

use futures_util::FutureExt;
use rmcp::{
    handler::server::router::tool::ToolRoute,
    model::{self, JsonObject, ToolAnnotations},
};
use serde_json::{Value, json};

use crate::backlog::Method;

use super::{
    Caller, HubServer, ToolOptions, ToolPrefix, Toolset, arguments,
    call::{self, Callable},
    call_outcome::CallOutcome,
    names::Named,
    organizations,
    reading::Inputs,
    schema,
    tool::{Access, Paging, Spec, Tool},
    tools,
};

/// A tool with its place in the table.
#[derive(Debug)]
pub(super) struct Entry {
    pub spec: Spec,
    pub route: ToolRoute<HubServer>,
    pub handler: Handler,
    /// What its inputs take.
    pub inputs: Inputs,
    /// What the path of its request is made from, where it is one.
    #[cfg(test)]
    pub template: &'static str,
}

/// The code that runs the calls of a tool.
#[derive(Clone, Debug)]
pub(super) enum Handler {
    /// A tool that asks Backlog.
    Backlog(Callable),
    /// The hub itself, from its own configuration: neither scopes nor policies apply.
    Hub(fn(&HubServer, &JsonObject) -> CallOutcome),
}

impl Entry {
    pub fn of<T: Tool>(toolset: Toolset) -> Self {
        let mut input = schema::of::<T>();
        let rest = T::REST;
        let spec = Spec {
            name: T::NAME,
            title: T::TITLE,
            toolset,
            also_in: T::ALSO_IN,
            access: T::ACCESS,
            projects: T::PROJECTS,
            changes: T::CHANGES,
            fields: T::FIELDS,
            rest,
            paging: rest.paging(paging(&input.schema)),
            usual_count: T::USUAL_COUNT,
            takes_project: takes(&input.schema, arguments::PROJECT),
        };
        rest.offer(&mut input.schema);
        let (method, template) = match T::REQUEST {
            Some(call) => (Some(call.method()), call.template()),
            None => (None, ""),
        };
        let method = method.or((!T::ACCESS.read_only).then_some(Method::Post));
        let inputs = Inputs::new(input.inputs.clone(), method, template);
        let named = input.named.iter().cloned();
        let named = named.map(|named| Named {
            takes_none: inputs.takes_none(&named.argument),
            ..named
        });
        let callable = Callable::of::<T>(spec, named.collect());
        let called = callable.clone();
        let route = ToolRoute::new_dyn(describe(&spec, input), move |call| {
            call::answer(called.clone(), call).boxed()
        });
        Self {
            spec,
            route,
            handler: Handler::Backlog(callable),
            inputs,
            #[cfg(test)]
            template,
        }
    }

    /// Whether a caller may use it.
    fn is_offered_to(&self, caller: &Caller) -> bool {
        match self.handler {
            Handler::Hub(_) => true,
            Handler::Backlog(_) => {
                caller.scopes.contains(self.spec.access.scope())
                    && caller.policy.check(&self.spec).is_ok()
            }
        }
    }

    /// Gives its inputs the shape that every provider takes.
    fn publish(&mut self) {
        schema::publish(Arc::make_mut(&mut self.route.attr.input_schema));
    }

    /// Has the inputs that were added to the tool's own read as well.
    fn know_inputs(&mut self) {
        self.inputs.extend(&self.route.attr.input_schema);
    }

    /// Lets callers choose the fields of what a list holds. In the sets that are off unless asked
    /// for, which ones there are is told to whoever gives a wrong one only: a list of all sets
    /// would be too long.
    fn offer_fields(&mut self) {
        let names = self.spec.fields;
        if names.is_empty() {
            return;
        }
        let fields = match self.spec.is_usual() {
            true => json!({
                "type": "array",
                "items": {"type": "string", "enum": names},
                "description": "To return, else all",
            }),
            false => json!({"type": "array", "items": {"type": "string"}}),
        };
        let schema = Arc::make_mut(&mut self.route.attr.input_schema);
        if let Some(Value::Object(inputs)) = schema.get_mut("properties") {
            inputs.insert(FIELDS.to_owned(), fields);
        }
    }
}

/// The input that chooses fields.
pub(super) const FIELDS: &str = "fields";

fn paging(schema: &JsonObject) -> Paging {
    match () {
        () if takes(schema, "offset") => Paging::Offset,
        () if takes(schema, "maxId") => Paging::Id,
        () => Paging::None,
    }
}

fn takes(schema: &JsonObject, name: &str) -> bool {
    schema["properties"].get(name).is_some()
}

/// Every tool, in the order in which they are listed.
#[derive(Debug)]
pub(super) struct Table {
    entries: Vec<Entry>,
    by_name: HashMap<String, usize>,
    /// Without the prefix.
    by_own_name: HashMap<&'static str, usize>,
    prefix: ToolPrefix,
}

impl Table {
    /// # Panics
    /// If two tools have one name.
    pub fn new(options: &ToolOptions) -> Self {
        let mut entries = tools::all();
        let mut by_name = HashMap::new();
        for (index, entry) in entries.iter_mut().enumerate() {
            let name = format!("{}{}", options.prefix, entry.spec.name);
            options
                .descriptions
                .apply(entry.spec.name, &mut entry.route.attr);
            entry.route.attr.name = name.clone().into();
            by_name.insert(name, index);
            if !options.schema_unions {
                entry.publish();
            }
            if options.field_selection {
                entry.offer_fields();
            }
        }
        assert_eq!(by_name.len(), entries.len(), "tool names are unique");
        let mut table = Self {
            entries: Vec::new(),
            by_name,
            by_own_name: HashMap::new(),
            prefix: options.prefix.clone(),
        };
        for entry in &mut entries {
            table.name_tools_of(&mut entry.route.attr);
        }
        table.by_own_name = entries
            .iter()
            .map(|entry| entry.spec.name)
            .zip(0..)
            .collect();
        table.entries = entries;
        table.entries.iter_mut().for_each(Entry::know_inputs);
        table
    }

    /// The same for several organizations, one of which each call chooses.
    pub fn with_organizations(mut self, options: &ToolOptions) -> Self {
        for entry in &mut self.entries {
            organizations::offer_choice(&mut entry.route.attr);
            entry.know_inputs();
        }
        let mut list = organizations::list_tool();
        let (own_name, tool) = (list.spec.name, &mut list.route.attr);
        options.descriptions.apply(own_name, tool);
        let name = format!("{}{own_name}", options.prefix);
        tool.name = name.clone().into();
        self.by_name.insert(name, self.entries.len());
        self.by_own_name.insert(own_name, self.entries.len());
        self.entries.push(list);
        self
    }

    /// A tool by its name without the prefix.
    pub fn own(&self, name: &str) -> Option<&Entry> {
        self.by_own_name
            .get(name)
            .map(|index| &self.entries[*index])
    }

    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// A text of ours, with the names of tools in it as they are offered.
    pub fn name_tools<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let offered = |name: &str| format!("{}{name}", self.prefix);
        self.prefix
            .name_tools(text, |name| self.is_tool(&offered(name)))
    }

    fn is_tool(&self, name: &str) -> bool {
        self.by_name.contains_key(name)
    }

    fn name_tools_of(&self, tool: &mut model::Tool) {
        let texts = tool.description.iter_mut();
        texts.for_each(|text| *text = self.name_tools(text).into_owned().into());
        let schema = Arc::make_mut(&mut tool.input_schema);
        schema
            .values_mut()
            .for_each(|part| self.name_tools_in(part));
    }

    /// The same in the descriptions of a schema, however deep they are.
    fn name_tools_in(&self, schema: &mut Value) {
        match schema {
            Value::Array(parts) => parts.iter_mut().for_each(|part| self.name_tools_in(part)),
            Value::Object(parts) => {
                for (keyword, part) in parts {
                    match part {
                        Value::String(text) if keyword == "description" => {
                            *text = self.name_tools(text).into_owned();
                        }
                        part => self.name_tools_in(part),
                    }
                }
            }
            _ => {}
        }
    }

    pub fn get(&self, name: &str) -> Option<&Entry> {
        self.by_name.get(name).map(|index| &self.entries[*index])
    }

    /// The tools that a caller may use.
    pub fn listed_for(&self, caller: &Caller) -> Vec<model::Tool> {
        self.entries
            .iter()
            .filter(|entry| entry.is_offered_to(caller))
            .map(|entry| entry.route.attr.clone())
            .collect()
    }

    /// The names like this one, of the tools that a caller may use; the nearest first.
    pub fn near(&self, name: &str, caller: &Caller) -> Vec<Cow<'static, str>> {
        const SHOWN: usize = 5;
        // Half of the pairs of letters are the same.
        const LEAST: f64 = 0.5;
        let name = name.to_lowercase();
        let as_here = in_words_of_here(&name);
        let mut names: Vec<_> = self
            .listed_for(caller)
            .into_iter()
            .map(|tool| {
                let likeness =
                    [&name, &as_here].map(|name| strsim::sorensen_dice(name, &tool.name));
                (likeness[0].max(likeness[1]), tool.name)
            })
            .filter(|(likeness, _)| *likeness >= LEAST)
            .collect();
        names.sort_by(|(one, _), (other, _)| other.total_cmp(one));
        names.truncate(SHOWN);
        names.into_iter().map(|(_, name)| name).collect()
    }
}

/// A tool's name with the verb that the tools have for what other servers call otherwise.
fn in_words_of_here(name: &str) -> String {
    let words = name.split('_').map(|word| match word {
        "create" | "new" | "make" | "insert" | "post" => "add",
        "search" | "list" | "find" | "fetch" | "read" | "query" | "show" => "get",
        "edit" | "change" | "modify" | "set" | "patch" => "update",
        "remove" | "destroy" => "delete",
        word => word,
    });
    words.collect::<Vec<_>>().join("_")
}

fn describe(spec: &Spec, input: schema::Input) -> model::Tool {
    model::Tool::new(spec.name, input.description, input.schema)
        .with_title(spec.title)
        .with_annotations(annotations(spec.access))
}

/// All four hints: some directories and hosts take none of them for granted, and the protocol's
/// defaults are those of a tool that destroys and reaches out.
pub(super) fn annotations(access: Access) -> ToolAnnotations {
    ToolAnnotations::new()
        .read_only(access.read_only)
        .destructive(access.destructive)
        .idempotent(access.idempotent)
        .open_world(access.open_world)
}
