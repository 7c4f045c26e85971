//! Every tool of the service, wherever it is offered.

use std::collections::BTreeMap;

use super::{
    find_tools, list_organizations, prefix::ToolPrefix, run_tool, tool_names::ToolNames,
    upload_tools,
};
use crate::{
    toolkit::{tool::ToolMeta, work::Needs},
    tools, work,
};

/// Every tool of the service.
#[derive(Clone, Debug)]
pub struct KnownTools {
    tools: BTreeMap<&'static str, KnownTool>,
    names: ToolNames,
}

/// A tool, and the operations that it cannot do without.
#[derive(Clone, Debug)]
pub(crate) struct KnownTool {
    pub meta: ToolMeta,
    pub needs: Needs,
}

impl KnownTools {
    pub fn new(prefix: &ToolPrefix) -> Self {
        let alone = |meta: ToolMeta| KnownTool { meta, needs: &[] };
        let classic = tools::all().into_iter().map(|tool| alone(tool.meta));
        let work = work::all().into_iter().map(|tool| KnownTool {
            meta: tool.meta,
            needs: tool.needs,
        });
        let uploads = upload_tools::all().map(|(meta, _, kind)| KnownTool {
            meta,
            needs: kind.needs(),
        });
        let others = [find_tools::META, run_tool::META, list_organizations::META].map(alone);
        let tools = classic.chain(work).chain(uploads).chain(others);
        let tools: BTreeMap<_, _> = tools.map(|tool| (tool.meta.name, tool)).collect();
        let names = tools.keys().copied().collect();
        Self {
            tools,
            names: ToolNames::new(names, prefix.to_string()),
        }
    }

    pub fn names(&self) -> &ToolNames {
        &self.names
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = &KnownTool> {
        self.tools.values()
    }

    pub(crate) fn get(&self, name: &str) -> Option<&KnownTool> {
        self.tools.get(name)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_are_read_with_and_without_the_prefix() {
        let prefix: ToolPrefix = "get_".parse().unwrap();
        for names in [
            KnownTools::new(&prefix),
            KnownTools::new(&ToolPrefix::default()),
        ] {
            let names = names.names();
            let parsed = names
                .parse_list(" get_issue,find_tools,,get_issue ")
                .unwrap();
            assert_eq!(parsed, ["find_tools", "get_issue"].into());
            assert_eq!(names.parse_list(" , ").unwrap(), BTreeSet::new());
        }
        let with_prefix = KnownTools::new(&"acme-".parse().unwrap());
        let with_prefix = with_prefix.names();
        let parsed = with_prefix.parse_list("acme-get_issue,add_issue").unwrap();
        assert_eq!(parsed, ["add_issue", "get_issue"].into());
        assert!(with_prefix.parse_list("acme-acme-get_issue").is_err());
    }

    #[test]
    fn an_unknown_name_is_rejected_with_the_nearest_one() {
        let tools = KnownTools::new(&"acme-".parse().unwrap());
        let names = tools.names();
        for (list, nearest) in [
            ("get_isue", "the nearest is `get_issue`"),
            (
                "get_issue,acme-delete_isue",
                "the nearest is `delete_issue`",
            ),
            ("create_issue", "the nearest is `add_issue`"),
            ("Get_Issue", "the nearest is `get_issue`"),
            ("zzz", "no tool has a similar name"),
        ] {
            let error = names.parse_list(list).unwrap_err().to_string();
            let wrong = list.rsplit(',').next().unwrap();
            let expected = format!("unknown tool `{wrong}`; {nearest}");
            assert_eq!(error, expected);
        }
    }
}
