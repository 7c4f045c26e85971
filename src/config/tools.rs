//! What stands around every tool, for the whole server.

use super::{ConfigError, ToolArgs, given, parsed, switch};
use crate::mcp::{Policy, ToolOptions, Toolset};

/// The tools as the operator wants them.
#[derive(Clone, Debug, Default)]
pub struct ToolSettings {
    pub options: ToolOptions,
    /// Bounds for every caller; a space, a grant and a request may narrow them.
    pub policy: Policy,
}

impl ToolArgs {
    pub fn resolve(self) -> Result<ToolSettings, ConfigError> {
        let default = ToolOptions::default();
        let toolsets = match given(Some(self.enable_toolsets.join(","))) {
            None => None,
            Some(list) => Toolset::parse_list(&list).map_err(|error| {
                ConfigError::new("ENABLE_TOOLSETS", format!("is wrong: {error}"))
            })?,
        };
        Ok(ToolSettings {
            options: ToolOptions {
                prefix: parsed(
                    "PREFIX",
                    self.prefix,
                    "up to 32 letters, digits, '-' and '_'",
                )?
                .unwrap_or_default(),
                field_selection: switch("OPTIMIZE_RESPONSE", self.optimize_response, false)?,
                max_tokens: parsed("MAX_TOKENS", self.max_tokens, "a number such as 20000")?
                    .unwrap_or(default.max_tokens),
                structured_content: switch("STRUCTURED_CONTENT", self.structured_content, false)?,
                ..default
            },
            policy: Policy {
                toolsets,
                ..Policy::default()
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
