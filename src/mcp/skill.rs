//! The guide to working in Backlog: a skill for hosts that load skills, a resource and a prompt.
//!
//! It explains the work tools, so it is offered only to callers who have them. It has nothing of
//! Backlog, so reading it is not recorded.

use super::reader::Reader;
use crate::calls::registry::Registry;

/// The address of the resource, in the form of the MCP extension for skills.
pub(super) const URI: &str = "skill://backlog/SKILL.md";
/// The tools without which the guide is of no use.
pub(super) const TOOLS: &[&str] = &["search", "fetch", "find_issues"];

const SKILL: &str = include_str!("../../docs/skills/backlog/SKILL.md");

/// Whether the caller is offered the skill.
pub(super) fn is_offered(reader: &Reader<'_>) -> bool {
    TOOLS.iter().all(|tool| reader.may(tool))
}

/// The whole skill, with the names of tools as they are offered.
pub(super) fn text(registry: &Registry) -> String {
    registry.name_tools(SKILL).into_owned()
}

/// The skill without its front matter, which is for hosts.
pub(super) fn guide(registry: &Registry) -> String {
    let rest = SKILL.strip_prefix("---\n");
    let rest = rest.and_then(|rest| rest.split_once("\n---\n"));
    let guide = rest.map_or(SKILL, |(_, guide)| guide.trim_start());
    registry.name_tools(guide).into_owned()
}
