//! Synonyms of inputs.

/// Other names, and the inputs that they can mean, the most exact one first; the tool must have
/// one. Names are [folded](crate::arguments::reading::similarity::folded) and without a final `s`.
pub(super) const SYNONYMS: &[(&[&str], &[&str])] = &[
    (
        &[
            "project",
            "projectid",
            "projectkey",
            "projectidorkey",
            "projectname",
            "projectcode",
        ],
        &["projectId", "projectIds", "projectIdOrKey", "projectKey"],
    ),
    (
        &[
            "issue",
            "issueid",
            "issuekey",
            "issueidorkey",
            "ticket",
            "ticketid",
            "ticketkey",
        ],
        &["issueIdOrKey", "issueKey", "issueId"],
    ),
    (
        &["parent", "parentissue", "parentkey", "parentissuekey"],
        &["parentIssueId"],
    ),
    (
        &["target", "targetissue", "targetissuekey"],
        &["targetIssueId"],
    ),
    (&["relatedissue", "relatedissuekey"], &["relatedIssueId"]),
    (
        &["repo", "repository", "repositoryname", "reponame"],
        &["repoName", "repoId"],
    ),
    (&["repositoryid"], &["repoId"]),
    (&["wiki", "pageid", "wikipage", "wikipageid"], &["wikiId"]),
    (&["document", "doc", "docid"], &["documentId"]),
    (
        &[
            "pullrequest",
            "pullrequestid",
            "pullrequestnumber",
            "pr",
            "prnumber",
        ],
        &["number"],
    ),
    (&["assignee", "assignedto", "assigneduser"], &["assigneeId"]),
    (&["statuse", "statu"], &["statusId"]),
    (&["priority", "prioritie", "priorityid"], &["priorityId"]),
    (&["resolution"], &["resolutionId"]),
    (&["type", "issuetype", "typeid"], &["issueTypeId"]),
    (&["category", "categorie"], &["categoryId"]),
    (&["version", "affectedversion"], &["versionId"]),
    (&["milestone"], &["milestoneId"]),
    (
        &[
            "notify",
            "notifieduser",
            "notifyuser",
            "notifyuserid",
            "notified",
            "mention",
        ],
        &["notifiedUserId"],
    ),
    (&["attachment", "attachmentid"], &["attachmentId"]),
    (
        &["creator", "createdby", "createduser", "author", "creatorid"],
        &["createdUserId"],
    ),
    (&["user", "username"], &["userId"]),
    (&["team"], &["teamId"]),
    (&["comment"], &["content"]),
    (
        &["text", "body", "message"],
        &["content", "description", "comment"],
    ),
    (&["title", "subject"], &["summary", "title", "name"]),
    (&["query", "search", "q", "searchterm"], &["keyword"]),
    (&["limit", "pagesize", "perpage", "maxresult"], &["count"]),
    (&["skip"], &["offset"]),
    (&["sortby", "orderby"], &["sort"]),
    (&["sortorder", "direction"], &["order"]),
    (
        &["activitytype", "activitytypeid"],
        &["activityTypeId", "activityTypeIds"],
    ),
    (&["customfield"], &["customFields"]),
    (&["due", "deadline"], &["dueDate"]),
];
