//! The list of the tools: the order in which they are listed, and the toolset of each.

use super::{
    activity, document, icon, issue, notification, project, pull_request, recently_viewed,
    repository, shared_file, space, star, team, upload, user, wiki,
};
use crate::toolkit::{declaration::Declaration, toolset::Toolset};

/// Every tool, in the order in which they are listed.
pub(crate) fn all() -> Vec<Declaration> {
    [
        space_tools(),
        project_tools(),
        issue_tools(),
        wiki_tools(),
        git_tools(),
        document_tools(),
        notifications_tools(),
        files_tools(),
        activity_tools(),
        settings_tools(),
        members_tools(),
        webhooks_tools(),
        administration_tools(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn space_tools() -> Vec<Declaration> {
    vec![
        Declaration::of::<space::GetSpace>(Toolset::Space),
        Declaration::of::<activity::GetSpaceActivities>(Toolset::Space),
        Declaration::of::<user::GetUsers>(Toolset::Space),
        Declaration::of::<star::GetUserStarsCount>(Toolset::Space),
        Declaration::of::<user::GetMyself>(Toolset::Space),
        Declaration::of::<activity::GetUserRecentUpdates>(Toolset::Space),
    ]
}

fn project_tools() -> Vec<Declaration> {
    vec![
        Declaration::of::<project::GetProjectList>(Toolset::Project),
        Declaration::of::<project::AddProject>(Toolset::Project),
        Declaration::of::<project::GetProject>(Toolset::Project),
        Declaration::of::<project::user::GetProjectUsers>(Toolset::Project),
        Declaration::of::<project::UpdateProject>(Toolset::Project),
    ]
}

fn issue_tools() -> Vec<Declaration> {
    vec![
        Declaration::of::<issue::GetIssue>(Toolset::Issue),
        Declaration::of::<issue::search::GetIssues>(Toolset::Issue),
        Declaration::of::<issue::search::CountIssues>(Toolset::Issue),
        Declaration::of::<issue::write::AddIssue>(Toolset::Issue),
        Declaration::of::<issue::write::UpdateIssue>(Toolset::Issue),
        Declaration::of::<issue::DeleteIssue>(Toolset::Issue),
        Declaration::of::<issue::comment::GetIssueComments>(Toolset::Issue),
        Declaration::of::<issue::comment::AddIssueComment>(Toolset::Issue),
        Declaration::of::<issue::comment::UpdateIssueComment>(Toolset::Issue),
        Declaration::of::<issue::attachment::GetIssueAttachment>(Toolset::Issue),
        Declaration::of::<issue::related::GetRelatedIssues>(Toolset::Issue),
        Declaration::of::<issue::related::AddRelatedIssue>(Toolset::Issue),
        Declaration::of::<issue::related::RemoveRelatedIssue>(Toolset::Issue),
        Declaration::of::<issue::priority::GetPriorities>(Toolset::Issue),
        Declaration::of::<project::issue_type::GetIssueTypes>(Toolset::Issue),
        Declaration::of::<project::status::GetStatuses>(Toolset::Issue),
        Declaration::of::<project::category::GetCategories>(Toolset::Issue),
        Declaration::of::<project::category::AddCategory>(Toolset::Issue),
        Declaration::of::<project::custom_field::GetCustomFields>(Toolset::Issue),
        Declaration::of::<issue::resolution::GetResolutions>(Toolset::Issue),
        Declaration::of::<issue::watching::GetWatchingListItems>(Toolset::Issue),
        Declaration::of::<issue::watching::GetWatchingListCount>(Toolset::Issue),
        Declaration::of::<issue::watching::AddWatching>(Toolset::Issue),
        Declaration::of::<issue::watching::UpdateWatching>(Toolset::Issue),
        Declaration::of::<issue::watching::DeleteWatching>(Toolset::Issue),
        Declaration::of::<issue::watching::MarkWatchingAsRead>(Toolset::Issue),
        Declaration::of::<project::version::GetVersionMilestoneList>(Toolset::Issue),
        Declaration::of::<project::version::AddVersionMilestone>(Toolset::Issue),
        Declaration::of::<project::version::UpdateVersionMilestone>(Toolset::Issue),
        Declaration::of::<project::version::DeleteVersion>(Toolset::Issue),
    ]
}

fn wiki_tools() -> Vec<Declaration> {
    vec![
        Declaration::of::<wiki::GetWikiPages>(Toolset::Wiki),
        Declaration::of::<wiki::GetWikisCount>(Toolset::Wiki),
        Declaration::of::<wiki::GetWiki>(Toolset::Wiki),
        Declaration::of::<wiki::AddWiki>(Toolset::Wiki),
        Declaration::of::<wiki::UpdateWiki>(Toolset::Wiki),
    ]
}

fn git_tools() -> Vec<Declaration> {
    vec![
        Declaration::of::<repository::GetGitRepositories>(Toolset::Git),
        Declaration::of::<repository::GetGitRepository>(Toolset::Git),
        Declaration::of::<pull_request::GetPullRequests>(Toolset::Git),
        Declaration::of::<pull_request::GetPullRequestsCount>(Toolset::Git),
        Declaration::of::<pull_request::GetPullRequest>(Toolset::Git),
        Declaration::of::<pull_request::AddPullRequest>(Toolset::Git),
        Declaration::of::<pull_request::UpdatePullRequest>(Toolset::Git),
        Declaration::of::<pull_request::comment::GetPullRequestComments>(Toolset::Git),
        Declaration::of::<pull_request::comment::AddPullRequestComment>(Toolset::Git),
        Declaration::of::<pull_request::comment::UpdatePullRequestComment>(Toolset::Git),
    ]
}

fn document_tools() -> Vec<Declaration> {
    vec![
        Declaration::of::<document::GetDocuments>(Toolset::Document),
        Declaration::of::<document::GetDocumentTree>(Toolset::Document),
        Declaration::of::<document::GetDocument>(Toolset::Document),
        Declaration::of::<document::AddDocument>(Toolset::Document),
    ]
}

fn notifications_tools() -> Vec<Declaration> {
    vec![
        Declaration::of::<notification::GetNotifications>(Toolset::Notifications),
        Declaration::of::<notification::CountNotifications>(Toolset::Notifications),
        Declaration::of::<notification::ResetUnreadNotificationCount>(Toolset::Notifications),
        Declaration::of::<notification::MarkNotificationAsRead>(Toolset::Notifications),
    ]
}

fn files_tools() -> Vec<Declaration> {
    vec![
        Declaration::of::<upload::UploadAttachment>(Toolset::Files),
        Declaration::of::<issue::attachment::GetIssueAttachments>(Toolset::Files),
        Declaration::of::<issue::attachment::DeleteIssueAttachment>(Toolset::Files),
        Declaration::of::<issue::shared_file::GetIssueSharedFiles>(Toolset::Files),
        Declaration::of::<issue::shared_file::AddIssueSharedFiles>(Toolset::Files),
        Declaration::of::<issue::shared_file::RemoveIssueSharedFile>(Toolset::Files),
        Declaration::of::<wiki::attachment::GetWikiAttachments>(Toolset::Files),
        Declaration::of::<wiki::attachment::GetWikiAttachment>(Toolset::Files),
        Declaration::of::<wiki::attachment::AddWikiAttachments>(Toolset::Files),
        Declaration::of::<wiki::attachment::DeleteWikiAttachment>(Toolset::Files),
        Declaration::of::<wiki::shared_file::GetWikiSharedFiles>(Toolset::Files),
        Declaration::of::<wiki::shared_file::AddWikiSharedFiles>(Toolset::Files),
        Declaration::of::<wiki::shared_file::RemoveWikiSharedFile>(Toolset::Files),
        Declaration::of::<pull_request::attachment::GetPullRequestAttachments>(Toolset::Files),
        Declaration::of::<pull_request::attachment::GetPullRequestAttachment>(Toolset::Files),
        Declaration::of::<pull_request::attachment::DeletePullRequestAttachment>(Toolset::Files),
        Declaration::of::<document::attachment::GetDocumentAttachment>(Toolset::Files),
        Declaration::of::<shared_file::GetSharedFiles>(Toolset::Files),
        Declaration::of::<shared_file::GetSharedFile>(Toolset::Files),
        Declaration::of::<icon::GetIcon>(Toolset::Files),
    ]
}

fn activity_tools() -> Vec<Declaration> {
    vec![
        Declaration::of::<issue::comment::GetIssueComment>(Toolset::Activity),
        Declaration::of::<issue::comment::CountIssueComments>(Toolset::Activity),
        Declaration::of::<issue::comment::DeleteIssueComment>(Toolset::Activity),
        Declaration::of::<issue::comment::GetIssueCommentNotifications>(Toolset::Activity),
        Declaration::of::<issue::comment::AddIssueCommentNotifications>(Toolset::Activity),
        Declaration::of::<pull_request::comment::CountPullRequestComments>(Toolset::Activity),
        Declaration::of::<issue::participant::GetIssueParticipants>(Toolset::Activity),
        Declaration::of::<wiki::history::GetWikiHistory>(Toolset::Activity),
        Declaration::of::<wiki::tag::GetWikiTags>(Toolset::Activity),
        Declaration::of::<wiki::DeleteWiki>(Toolset::Activity),
        Declaration::of::<document::CountDocuments>(Toolset::Activity),
        Declaration::of::<document::comment::GetDocumentComments>(Toolset::Activity),
        Declaration::of::<document::tag::AddDocumentTags>(Toolset::Activity),
        Declaration::of::<document::tag::RemoveDocumentTags>(Toolset::Activity),
        Declaration::of::<star::AddStar>(Toolset::Activity),
        Declaration::of::<star::RemoveStar>(Toolset::Activity),
        Declaration::of::<star::GetUserStars>(Toolset::Activity),
        Declaration::of::<activity::GetProjectActivities>(Toolset::Activity),
        Declaration::of::<activity::GetActivity>(Toolset::Activity),
        Declaration::of::<recently_viewed::GetRecentlyViewedIssues>(Toolset::Activity),
        Declaration::of::<recently_viewed::GetRecentlyViewedProjects>(Toolset::Activity),
        Declaration::of::<recently_viewed::GetRecentlyViewedWikis>(Toolset::Activity),
    ]
}

fn settings_tools() -> Vec<Declaration> {
    vec![
        Declaration::of::<project::status::AddStatus>(Toolset::Settings),
        Declaration::of::<project::status::UpdateStatus>(Toolset::Settings),
        Declaration::of::<project::status::DeleteStatus>(Toolset::Settings),
        Declaration::of::<project::status::ReorderStatuses>(Toolset::Settings),
        Declaration::of::<project::category::UpdateCategory>(Toolset::Settings),
        Declaration::of::<project::category::DeleteCategory>(Toolset::Settings),
        Declaration::of::<project::issue_type::AddIssueType>(Toolset::Settings),
        Declaration::of::<project::issue_type::UpdateIssueType>(Toolset::Settings),
        Declaration::of::<project::issue_type::DeleteIssueType>(Toolset::Settings),
        Declaration::of::<project::custom_field::AddCustomField>(Toolset::Settings),
        Declaration::of::<project::custom_field::UpdateCustomField>(Toolset::Settings),
        Declaration::of::<project::custom_field::DeleteCustomField>(Toolset::Settings),
        Declaration::of::<project::custom_field::item::AddCustomFieldItem>(Toolset::Settings),
        Declaration::of::<project::custom_field::item::UpdateCustomFieldItem>(Toolset::Settings),
        Declaration::of::<project::custom_field::item::DeleteCustomFieldItem>(Toolset::Settings),
    ]
}

fn members_tools() -> Vec<Declaration> {
    vec![
        Declaration::of::<user::GetUser>(Toolset::Members),
        Declaration::of::<project::user::AddProjectUser>(Toolset::Members),
        Declaration::of::<project::user::RemoveProjectUser>(Toolset::Members),
        Declaration::of::<project::administrator::GetProjectAdministrators>(Toolset::Members),
        Declaration::of::<project::administrator::AddProjectAdministrator>(Toolset::Members),
        Declaration::of::<project::administrator::RemoveProjectAdministrator>(Toolset::Members),
        Declaration::of::<project::team::GetProjectTeams>(Toolset::Members),
        Declaration::of::<project::team::AddProjectTeam>(Toolset::Members),
        Declaration::of::<project::team::RemoveProjectTeam>(Toolset::Members),
        Declaration::of::<team::GetTeams>(Toolset::Members),
    ]
}

fn webhooks_tools() -> Vec<Declaration> {
    vec![
        Declaration::of::<project::webhook::GetWebhooks>(Toolset::Webhooks),
        Declaration::of::<project::webhook::AddWebhook>(Toolset::Webhooks),
        Declaration::of::<project::webhook::UpdateWebhook>(Toolset::Webhooks),
        Declaration::of::<project::webhook::DeleteWebhook>(Toolset::Webhooks),
    ]
}

fn administration_tools() -> Vec<Declaration> {
    vec![
        Declaration::of::<space::GetSpaceDiskUsage>(Toolset::Administration),
        Declaration::of::<project::GetProjectDiskUsage>(Toolset::Administration),
        Declaration::of::<space::licence::GetLicence>(Toolset::Administration),
        Declaration::of::<space::notification::GetSpaceNotification>(Toolset::Administration),
        Declaration::of::<space::notification::UpdateSpaceNotification>(Toolset::Administration),
        Declaration::of::<space::rate_limit::GetRateLimit>(Toolset::Administration),
    ]
}
