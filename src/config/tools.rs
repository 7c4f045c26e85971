//! The settings that apply to every tool of the server.

use std::collections::BTreeSet;

use super::{
    args::ToolArgs,
    error::ConfigError,
    values::{given, parsed, switch},
};
use crate::{
    calls::{
        known_tools::KnownTools,
        options::ToolOptions,
        policy::{Policy, ToolLimit, ToolsetLimit},
        prefix::{BadPrefix, ToolPrefix},
    },
    domain::project_keys::project_keys,
    toolkit::toolset::Toolset,
};

/// The settings of the tools, checked.
#[derive(Clone, Debug, Default)]
pub struct ToolSettings {
    pub options: ToolOptions,
    /// The limits for every caller; a space, a grant and a request may narrow them.
    pub policy: Policy,
}

impl ToolArgs {
    pub fn resolve(self) -> Result<ToolSettings, ConfigError> {
        let default = ToolOptions::default();
        let toolsets = match given(Some(self.enable_toolsets.join(","))) {
            None => None,
            Some(list) => Toolset::parse_list(&list).map_err(|error| {
                ConfigError::new("ENABLE_TOOLSETS", format!("is invalid: {error}"))
            })?,
        };
        let prefix = prefix(self.prefix)?;
        let tools = tool_limit(&prefix, &self.enable_tools, &self.exclude_tools)?;
        let projects = projects(&self.backlog_projects)?;
        Ok(ToolSettings {
            options: ToolOptions {
                prefix,
                field_selection: switch("OPTIMIZE_RESPONSE", self.optimize_response, false)?,
                max_tokens: parsed("MAX_TOKENS", self.max_tokens, "a number such as 20000")?
                    .unwrap_or(default.max_tokens),
                response_format: parsed(
                    "RESPONSE_FORMAT",
                    self.response_format,
                    "concise or full",
                )?
                .unwrap_or_default(),
                structured_content: switch("STRUCTURED_CONTENT", self.structured_content, false)?,
                schema_unions: switch("SCHEMA_UNIONS", self.schema_unions, false)?,
                confirm_deletes: switch("CONFIRM_DELETES", self.confirm_deletes, false)?,
                ..default
            },
            policy: Policy {
                toolsets: toolsets.map(ToolsetLimit::from_iter),
                tools,
                projects,
                ..Policy::default()
            },
        })
    }
}

/// The limit to tools by name.
fn tool_limit(
    prefix: &ToolPrefix,
    enabled: &[String],
    excluded: &[String],
) -> Result<ToolLimit, ConfigError> {
    if enabled.is_empty() && excluded.is_empty() {
        return Ok(ToolLimit::default());
    }
    let tools = KnownTools::new(prefix);
    let parsed = |setting, list: &[String]| {
        let parsed = tools.names().parse_list(&list.join(","));
        parsed.map_err(|error| ConfigError::new(setting, format!("is invalid: {error}")))
    };
    let limit = match parsed("ENABLE_TOOLS", enabled)? {
        names if names.is_empty() => ToolLimit::default(),
        names => ToolLimit::only(names),
    };
    Ok(limit.without(parsed("EXCLUDE_TOOLS", excluded)?))
}

/// The only projects that any caller reaches; `None` for no restriction.
fn projects(keys: &[String]) -> Result<Option<BTreeSet<String>>, ConfigError> {
    let parsed = given(Some(keys.join(","))).map(|list| project_keys(&list));
    let parsed = parsed.transpose();
    parsed.map_err(|error| ConfigError::new("BACKLOG_PROJECTS", format!("is invalid: {error}")))
}

fn prefix(given_text: Option<String>) -> Result<ToolPrefix, ConfigError> {
    let Some(text) = given(given_text) else {
        return Ok(ToolPrefix::default());
    };
    text.parse()
        .map_err(|error: BadPrefix| ConfigError::new("PREFIX", format!("is invalid: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calls::response_format::ResponseFormat;

    #[test]
    fn structured_content_is_off_unless_it_is_switched_on() {
        let resolve = |value: Option<&str>| {
            let args = ToolArgs {
                structured_content: value.map(str::to_owned),
                ..ToolArgs::default()
            };
            Some(args.resolve().ok()?.options.structured_content)
        };
        for (value, expected) in [
            (None, Some(false)),
            (Some(""), Some(false)),
            (Some("true"), Some(true)),
            (Some("false"), Some(false)),
            (Some("0"), Some(false)),
            (Some("perhaps"), None),
        ] {
            assert_eq!(resolve(value), expected, "{value:?}");
        }
    }

    #[test]
    fn results_are_full_unless_the_other_form_is_chosen() {
        let resolve = |value: Option<&str>| {
            let args = ToolArgs {
                response_format: value.map(str::to_owned),
                ..ToolArgs::default()
            };
            let settings = args.resolve().map_err(|error| error.to_string())?;
            Ok::<_, String>(settings.options.response_format)
        };
        for (value, expected) in [
            (None, ResponseFormat::Full),
            (Some(""), ResponseFormat::Full),
            (Some("full"), ResponseFormat::Full),
            (Some("concise"), ResponseFormat::Concise),
        ] {
            assert_eq!(resolve(value), Ok(expected), "{value:?}");
        }
        let refused = resolve(Some("short")).unwrap_err();
        let is_explained = refused.contains("RESPONSE_FORMAT");
        assert!(
            is_explained && refused.contains("expected concise or full"),
            "{refused}"
        );
    }

    #[test]
    fn unions_are_off_unless_they_are_switched_on() {
        let resolve = |value: Option<&str>| {
            let args = ToolArgs {
                schema_unions: value.map(str::to_owned),
                ..ToolArgs::default()
            };
            Some(args.resolve().ok()?.options.schema_unions)
        };
        for (value, expected) in [
            (None, Some(false)),
            (Some(""), Some(false)),
            (Some("true"), Some(true)),
            (Some("false"), Some(false)),
            (Some("perhaps"), None),
        ] {
            assert_eq!(resolve(value), expected, "{value:?}");
        }
    }

    #[test]
    fn deletions_are_confirmed_if_the_operator_requires_it() {
        let resolve = |value: Option<&str>| {
            let args = ToolArgs {
                confirm_deletes: value.map(str::to_owned),
                ..ToolArgs::default()
            };
            Some(args.resolve().ok()?.options.confirm_deletes)
        };
        for (value, expected) in [
            (None, Some(false)),
            (Some("true"), Some(true)),
            (Some("false"), Some(false)),
            (Some("perhaps"), None),
        ] {
            assert_eq!(resolve(value), expected, "{value:?}");
        }
    }

    #[test]
    fn a_prefix_that_providers_reject_is_an_error_with_the_reason() {
        let resolve = |prefix: &str| {
            let args = ToolArgs {
                prefix: Some(prefix.to_owned()),
                ..ToolArgs::default()
            };
            let settings = args.resolve().map_err(|error| error.to_string())?;
            Ok::<_, String>(settings.options.prefix.to_string())
        };
        assert_eq!(resolve("acme_").unwrap(), "acme_");
        assert_eq!(resolve("").unwrap(), "");
        for (prefix, reason) in [
            ("acme.", "the character '.'"),
            (&"a".repeat(40), "40 characters"),
        ] {
            let refused = resolve(prefix).unwrap_err();
            let is_explained = refused.starts_with("PREFIX") && refused.contains(reason);
            assert!(is_explained && refused.contains("; use "), "{refused}");
        }
    }

    #[test]
    fn projects_are_restricted_by_keys_that_can_exist() {
        let resolve = |keys: &[&str]| {
            let args = ToolArgs {
                backlog_projects: keys.iter().map(|&key| key.to_owned()).collect(),
                ..ToolArgs::default()
            };
            let settings = args.resolve().map_err(|error| error.to_string())?;
            Ok::<_, String>(settings.policy.projects)
        };
        let two = || Ok(Some(["ACME", "OPS"].map(str::to_owned).into()));
        assert_eq!(resolve(&[]), Ok(None));
        assert_eq!(resolve(&[" "]), Ok(None));
        assert_eq!(resolve(&["acme, OPS"]), two());
        assert_eq!(resolve(&["ACME", "ops"]), two());
        for (keys, reason) in [
            ("AC-ME", "`AC-ME` is not a project key"),
            (",", "no project key"),
        ] {
            let refused = resolve(&[keys]).unwrap_err();
            let expected = format!("BACKLOG_PROJECTS is invalid: {reason}");
            assert!(refused.starts_with(&expected), "{refused}");
        }
    }

    #[test]
    fn tools_are_chosen_by_names_that_exist() {
        let resolve = |enabled: &str, excluded: &str| {
            let args = ToolArgs {
                enable_tools: vec![enabled.to_owned()],
                exclude_tools: vec![excluded.to_owned()],
                prefix: Some("acme_".to_owned()),
                ..ToolArgs::default()
            };
            let settings = args.resolve().map_err(|error| error.to_string())?;
            Ok::<_, String>(settings.policy.tools)
        };
        assert_eq!(resolve("", ""), Ok(ToolLimit::default()));
        let expected = ToolLimit::only(["get_issue", "search"]).without(["delete_issue"]);
        let resolved = resolve("get_issue, acme_search", "delete_issue");
        assert_eq!(resolved, Ok(expected));
        for (enabled, excluded, reason) in [
            (
                "get_isue",
                "",
                "ENABLE_TOOLS is invalid: unknown tool `get_isue`; the nearest is `get_issue`",
            ),
            (
                "",
                "delete_issues",
                "EXCLUDE_TOOLS is invalid: unknown tool `delete_issues`; the nearest is `delete_issue`",
            ),
        ] {
            assert_eq!(resolve(enabled, excluded), Err(reason.to_owned()));
        }
    }
}
