//! The table of tools: their descriptions, their handlers, and the callers that may see them.

use std::{borrow::Cow, collections::HashMap, sync::Arc};

use rmcp::model;
use serde_json::{Value, json};

use super::{
    caller::Caller, list_organizations, options::ToolOptions, organizations, prefix::ToolPrefix,
};
use crate::{
    arguments::reading::Inputs,
    toolkit::{
        declaration::{Declaration, Run},
        name_kind::Named,
        schema,
        tool::{FIELDS, Spec},
    },
    tools,
};

/// A tool in the registry.
#[derive(Debug)]
pub(crate) struct Entry {
    pub spec: Spec,
    /// The tool as it is listed.
    pub tool: model::Tool,
    pub handler: Handler,
    /// The inputs as the hub reads them.
    pub inputs: Inputs,
    /// The inputs that accept names.
    pub named: Vec<Named>,
    /// The template of the path of its request; empty if it makes several.
    #[cfg(test)]
    pub template: &'static str,
}

/// The code that runs the calls of a tool.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Handler {
    /// A tool that makes requests to Backlog.
    Backlog(Run),
    /// `list_organizations`, from the configuration of the hub: neither scopes nor policies apply.
    ListOrganizations,
}

impl Entry {
    fn of(declaration: Declaration) -> Self {
        let tool = declaration.tool();
        let Declaration {
            spec,
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
            tool,
            spec,
            handler: Handler::Backlog(run),
            inputs,
            #[cfg(test)]
            template,
        }
    }

    fn list_organizations() -> Self {
        Self {
            spec: list_organizations::SPEC,
            tool: list_organizations::tool(),
            handler: Handler::ListOrganizations,
            inputs: Inputs::new(Vec::new(), None, ""),
            named: Vec::new(),
            #[cfg(test)]
            template: "",
        }
    }

    /// Whether a caller may use it.
    fn is_offered_to(&self, caller: &Caller) -> bool {
        match self.handler {
            Handler::ListOrganizations => true,
            Handler::Backlog(_) => {
                caller.scopes.contains(self.spec.access.scope())
                    && caller.policy.check(&self.spec).is_ok()
            }
        }
    }

    /// Converts its inputs to the form that every provider accepts.
    fn publish(&mut self) {
        schema::publish(Arc::make_mut(&mut self.tool.input_schema));
    }

    /// Includes the inputs that were added to the tool's own.
    fn know_inputs(&mut self) {
        self.inputs.extend(&self.tool.input_schema);
    }

    /// Lets callers choose the fields of the objects in a list. Outside of the default sets the
    /// available fields are listed only in the error for an unknown one, because otherwise the list
    /// of all tools would be too long.
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
        let schema = Arc::make_mut(&mut self.tool.input_schema);
        if let Some(Value::Object(inputs)) = schema.get_mut("properties") {
            inputs.insert(FIELDS.to_owned(), fields);
        }
    }
}

/// Returns every tool but `list_organizations`, in the order of the list.
pub(crate) fn all() -> Vec<Entry> {
    tools::all().into_iter().map(Entry::of).collect()
}

/// Every tool, in the order of the list.
#[derive(Debug)]
pub(crate) struct Table {
    entries: Vec<Entry>,
    by_name: HashMap<String, usize>,
    /// The index of each tool by its name without the prefix.
    by_own_name: HashMap<&'static str, usize>,
    prefix: ToolPrefix,
}

impl Table {
    /// # Panics
    /// If two tools have one name.
    pub fn new(options: &ToolOptions) -> Self {
        let mut entries = all();
        let mut by_name = HashMap::new();
        for (index, entry) in entries.iter_mut().enumerate() {
            let name = format!("{}{}", options.prefix, entry.spec.name);
            options.descriptions.apply(entry.spec.name, &mut entry.tool);
            entry.tool.name = name.clone().into();
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
            table.name_tools_of(&mut entry.tool);
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

    /// Adds the choice of an organization to each tool, and the tool that lists them.
    pub fn with_organizations(mut self, options: &ToolOptions) -> Self {
        for entry in &mut self.entries {
            organizations::offer_choice(&mut entry.tool);
            entry.know_inputs();
        }
        let mut list = Entry::list_organizations();
        let (own_name, tool) = (list.spec.name, &mut list.tool);
        options.descriptions.apply(own_name, tool);
        let name = format!("{}{own_name}", options.prefix);
        tool.name = name.clone().into();
        self.by_name.insert(name, self.entries.len());
        self.by_own_name.insert(own_name, self.entries.len());
        self.entries.push(list);
        self
    }

    /// Returns a tool by its name without the prefix.
    pub fn own(&self, name: &str) -> Option<&Entry> {
        self.by_own_name
            .get(name)
            .map(|index| &self.entries[*index])
    }

    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Adds the prefix to the names of tools in one of the hub's texts.
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

    /// Adds the prefix in all descriptions of a schema.
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
            .map(|entry| entry.tool.clone())
            .collect()
    }

    /// Returns the names similar to this one, of the tools that a caller may use, nearest first.
    pub fn near(&self, name: &str, caller: &Caller) -> Vec<Cow<'static, str>> {
        const SHOWN: usize = 5;
        // Half of the pairs of letters are the same.
        const LEAST: f64 = 0.5;
        let name = name.to_lowercase();
        let with_own_verbs = with_own_verbs(&name);
        let mut names: Vec<_> = self
            .listed_for(caller)
            .into_iter()
            .map(|tool| {
                let likeness =
                    [&name, &with_own_verbs].map(|name| strsim::sorensen_dice(name, &tool.name));
                (likeness[0].max(likeness[1]), tool.name)
            })
            .filter(|(likeness, _)| *likeness >= LEAST)
            .collect();
        names.sort_by(|(one, _), (other, _)| other.total_cmp(one));
        names.truncate(SHOWN);
        names.into_iter().map(|(_, name)| name).collect()
    }
}

/// Replaces the verb of a tool's name with the one that the hub's tools use for it.
fn with_own_verbs(name: &str) -> String {
    let words = name.split('_').map(|word| match word {
        "create" | "new" | "make" | "insert" | "post" => "add",
        "search" | "list" | "find" | "fetch" | "read" | "query" | "show" => "get",
        "edit" | "change" | "modify" | "set" | "patch" => "update",
        "remove" | "destroy" => "delete",
        word => word,
    });
    words.collect::<Vec<_>>().join("_")
}
