//! The tools that no single project, issue, wiki page, … says all about, and what becomes of
//! each where only some projects are allowed.

use super::filter::By;

/// What a tool does when nothing that it was told binds it to a project.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unbound {
    /// Nothing it takes or answers is of a project.
    NoProject,
    /// It takes project ids in this input; left out, those of the allowed ones are put there.
    Narrowed(&'static str),
    /// Of the list that it answers, only what is of an allowed project is kept.
    Filtered(By),
    /// Neither is possible; why, as a clause.
    Refused(&'static str),
}

use Unbound::{Filtered, Narrowed, NoProject, Refused};

pub(super) fn of(tool: &str) -> Option<Unbound> {
    Some(match tool {
        "get_space" | "get_licence" | "get_rate_limit" | "get_space_notification" => NoProject,
        "get_myself" | "get_teams" | "get_user" | "get_users" => NoProject,
        "get_priorities" | "get_resolutions" => NoProject,
        "list_organizations" => NoProject,
        // A picture of a person or of the space, unless of a project that it names.
        "get_icon" => NoProject,
        // A file that was uploaded is nowhere until something else takes it.
        "upload_attachment" => NoProject,

        "get_issues" | "count_issues" => Narrowed("projectId"),
        "get_documents" => Narrowed("projectIds"),

        "get_project_list" => Filtered(By::Key("/projectKey")),
        "get_space_activities" | "get_user_recent_updates" => Filtered(By::Id("/project/id")),
        "get_notifications" => Filtered(By::Id("/project/id")),
        "get_recently_viewed_issues" => Filtered(By::Id("/issue/projectId")),
        "get_recently_viewed_projects" => Filtered(By::Id("/project/id")),
        "get_recently_viewed_wikis" => Filtered(By::Id("/page/projectId")),
        "get_watching_list_items" => Filtered(By::Id("/issue/projectId")),
        // Of an issue, but its links may lead to other projects.
        "get_related_issues" => Filtered(By::Id("/projectId")),

        "count_notifications" | "get_user_stars_count" | "get_watching_list_count" => {
            Refused("it counts over all projects")
        }
        "get_space_disk_usage" => Refused("it answers over all projects"),
        "get_user_stars" => Refused("its entries do not say of which project they are"),
        "remove_star" => Refused("Backlog does not tell of which project a star is"),
        "reset_unread_notification_count" => Refused("it changes and counts over all projects"),
        "update_space_notification" => Refused("it writes to the people of all projects"),
        "add_project" => Refused("it adds a project"),
        _ => return None,
    })
}

/// Why a tool cannot be used at all where only some projects are allowed.
pub(in crate::mcp) fn refusal(tool: &str) -> Option<&'static str> {
    match of(tool) {
        Some(Refused(reason)) => Some(reason),
        _ => None,
    }
}
