//! The work tools: each does a piece of a Backlog user's work in one call, with classic tools
//! ([`Operations`](crate::toolkit::work::Operations)) as its only way to Backlog.

mod activities;
mod advice;
mod change_issues;
mod closings;
mod comment;
mod comments;
mod create_issues;
mod edit_page;
mod fetch;
mod files;
mod find_issues;
mod inbox;
mod issue_filter;
mod issue_reference;
mod issue_values;
mod named;
mod notation;
mod pace;
mod page_names;
mod people;
mod project_info;
mod project_names;
mod project_settings;
mod projects;
mod pull_requests;
mod reference;
mod report;
mod repositories;
mod requests;
mod rest;
mod search;
mod space;

use crate::toolkit::work::WorkDeclaration;

/// Every work tool, in the order in which they are listed.
pub(crate) fn all() -> Vec<WorkDeclaration> {
    vec![
        WorkDeclaration::of::<search::Search>(),
        WorkDeclaration::of::<fetch::Fetch>(),
        WorkDeclaration::of::<find_issues::FindIssues>(),
        WorkDeclaration::of::<create_issues::CreateIssues>(),
        WorkDeclaration::of::<change_issues::ChangeIssues>(),
        WorkDeclaration::of::<comment::Comment>(),
        WorkDeclaration::of::<edit_page::EditPage>(),
        WorkDeclaration::of::<pull_requests::PullRequests>(),
        WorkDeclaration::of::<report::Report>(),
        WorkDeclaration::of::<inbox::Inbox>(),
        WorkDeclaration::of::<project_info::ProjectInfo>(),
    ]
}
