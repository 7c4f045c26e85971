//! What is around content (toolset `activity`): comments one by one and who is told of them,
//! histories, stars, tags, what happened and what one looked at.

mod comment;
mod document;
pub(super) mod recent;
mod star;
mod wiki;

use crate::mcp::{Toolset, router::Entry};

pub(super) fn tools() -> Vec<Entry> {
    vec![
        Entry::of::<comment::GetIssueComment>(Toolset::Activity),
        Entry::of::<comment::CountIssueComments>(Toolset::Activity),
        Entry::of::<comment::DeleteIssueComment>(Toolset::Activity),
        Entry::of::<comment::GetIssueCommentNotifications>(Toolset::Activity),
        Entry::of::<comment::AddIssueCommentNotifications>(Toolset::Activity),
        Entry::of::<comment::CountPullRequestComments>(Toolset::Activity),
        Entry::of::<comment::GetIssueParticipants>(Toolset::Activity),
        Entry::of::<wiki::GetWikiHistory>(Toolset::Activity),
        Entry::of::<wiki::GetWikiTags>(Toolset::Activity),
        Entry::of::<wiki::DeleteWiki>(Toolset::Activity),
        Entry::of::<document::CountDocuments>(Toolset::Activity),
        Entry::of::<document::GetDocumentComments>(Toolset::Activity),
        Entry::of::<document::AddDocumentTags>(Toolset::Activity),
        Entry::of::<document::RemoveDocumentTags>(Toolset::Activity),
        Entry::of::<star::AddStar>(Toolset::Activity),
        Entry::of::<star::RemoveStar>(Toolset::Activity),
        Entry::of::<star::GetUserStars>(Toolset::Activity),
        Entry::of::<recent::GetProjectActivities>(Toolset::Activity),
        Entry::of::<recent::GetActivity>(Toolset::Activity),
        Entry::of::<recent::GetRecentlyViewedIssues>(Toolset::Activity),
        Entry::of::<recent::GetRecentlyViewedProjects>(Toolset::Activity),
        Entry::of::<recent::GetRecentlyViewedWikis>(Toolset::Activity),
    ]
}
