//! The toolset `activity`: single comments and their notifications, history, stars, tags, recent
//! activity and recently viewed items.

mod comment;
mod document;
pub(super) mod recent;
mod star;
mod wiki;

use crate::toolkit::{declaration::Declaration, toolset::Toolset};

pub(super) fn tools() -> Vec<Declaration> {
    vec![
        Declaration::of::<comment::GetIssueComment>(Toolset::Activity),
        Declaration::of::<comment::CountIssueComments>(Toolset::Activity),
        Declaration::of::<comment::DeleteIssueComment>(Toolset::Activity),
        Declaration::of::<comment::GetIssueCommentNotifications>(Toolset::Activity),
        Declaration::of::<comment::AddIssueCommentNotifications>(Toolset::Activity),
        Declaration::of::<comment::CountPullRequestComments>(Toolset::Activity),
        Declaration::of::<comment::GetIssueParticipants>(Toolset::Activity),
        Declaration::of::<wiki::GetWikiHistory>(Toolset::Activity),
        Declaration::of::<wiki::GetWikiTags>(Toolset::Activity),
        Declaration::of::<wiki::DeleteWiki>(Toolset::Activity),
        Declaration::of::<document::CountDocuments>(Toolset::Activity),
        Declaration::of::<document::GetDocumentComments>(Toolset::Activity),
        Declaration::of::<document::AddDocumentTags>(Toolset::Activity),
        Declaration::of::<document::RemoveDocumentTags>(Toolset::Activity),
        Declaration::of::<star::AddStar>(Toolset::Activity),
        Declaration::of::<star::RemoveStar>(Toolset::Activity),
        Declaration::of::<star::GetUserStars>(Toolset::Activity),
        Declaration::of::<recent::GetProjectActivities>(Toolset::Activity),
        Declaration::of::<recent::GetActivity>(Toolset::Activity),
        Declaration::of::<recent::GetRecentlyViewedIssues>(Toolset::Activity),
        Declaration::of::<recent::GetRecentlyViewedProjects>(Toolset::Activity),
        Declaration::of::<recent::GetRecentlyViewedWikis>(Toolset::Activity),
    ]
}
