//! The things that the tasks are about; they are in both spaces.

use backlog_sim::{
    Id,
    seed::{DANIEL, HARBOR, HARUKA, KENTA, LUCIA, MAJA, TASK},
};

use super::events::Events;

/// The milestones of HARBOR.
pub(super) const NOVEMBER: Id = 73302;
pub(super) const JANUARY: Id = 73303;

const CLOSED: Id = 4;
/// KURA's レビュー待ち.
const IN_REVIEW: Id = 218_430;

const DEPLOYMENT: &str = "# Deployment

## Before

1. Check the berth constraint migration on a copy of the database.
2. Ask Support whether a harbour has an event.

## Roll out

1. Roll out one pod at a time.
2. Watch the readiness gate: a pod that is not ready in two minutes is rolled back.

## Afterwards

Write the version into the release calendar, and close the issues of the milestone.
";

pub(super) fn add(events: &mut Events) {
    support(events);
    milestones(events);
    closings(events);
    hours(events);
    overdue(events);
    discussion(events);
    pages(events);
}

/// The project SUPPORT: tickets with an answer and without.
fn support(events: &mut Events) {
    events
        .post("2026-08-31T00:00", HARUKA, "projects")
        .with("name", "Customer support")
        .with("key", "SUPPORT")
        .with("textFormattingRule", "markdown")
        .labelled("SUPPORT");
    for user in [DANIEL, MAJA, LUCIA] {
        events
            .post("2026-08-31T00:01", HARUKA, "projects/SUPPORT/users")
            .with("userId", user);
    }
    let tickets = [
        (
            "2026-11-12T02:00",
            LUCIA,
            "asked",
            "Skipper cannot change the mail address",
        ),
        (
            "2026-11-16T03:00",
            LUCIA,
            "answered",
            "Invoice without the name of the club",
        ),
        (
            "2026-11-18T04:00",
            HARUKA,
            "again",
            "領収書の宛名を変更したい",
        ),
        (
            "2026-11-20T05:00",
            LUCIA,
            "solved",
            "Password mail does not arrive",
        ),
        (
            "2026-11-24T01:00",
            LUCIA,
            "new",
            "Booking for a boat of 22 m is refused",
        ),
    ];
    for (at, user, label, summary) in tickets {
        events
            .post(at, user, "issues")
            .with("projectId", "{SUPPORT}")
            .with("issueTypeId", "{SUPPORT.type}")
            .with("priorityId", 3)
            .with("summary", summary)
            .with(
                "description",
                "Reported by phone. The caller waits for a reply by mail.",
            )
            .labelled(label);
    }
    let comments = [
        (
            "2026-11-20T02:00",
            HARUKA,
            "again",
            "先方から再度お問い合わせがありました。",
        ),
        (
            "2026-11-24T02:00",
            MAJA,
            "answered",
            "The name is in the profile of the club; I wrote to them.",
        ),
        (
            "2026-11-24T03:00",
            MAJA,
            "solved",
            "Their spam filter had it.",
        ),
    ];
    for (at, user, label, text) in comments {
        events
            .post(at, user, &format!("issues/{{{label}.key}}/comments"))
            .with("content", text);
    }
    close(events, "2026-11-24T03:05", MAJA, "{solved.key}");
}

/// HARBOR's 2027.01 has issues that are closed, and 2027.03 follows it.
fn milestones(events: &mut Events) {
    events
        .post("2026-11-02T01:00", DANIEL, "projects/HARBOR/versions")
        .with("name", "2027.03")
        .with("startDate", "2027-02-01")
        .with("releaseDueDate", "2027-03-26");
    let issues = [
        ("early-1", "Show the depth of each berth", KENTA),
        ("early-2", "Sort harbours by distance", MAJA),
    ];
    for (label, summary, assignee) in issues {
        events
            .post("2026-11-03T01:00", HARUKA, "issues")
            .with("projectId", HARBOR)
            .with("issueTypeId", TASK)
            .with("priorityId", 3)
            .with("milestoneId[]", JANUARY)
            .with("assigneeId", assignee)
            .with("estimatedHours", 6)
            .with("summary", summary)
            .with("description", "From the autumn survey.")
            .labelled(label);
    }
    close(events, "2026-11-11T06:00", KENTA, "{early-1.key}");
    close(events, "2026-11-13T06:00", MAJA, "{early-2.key}");
}

/// Who closed which issue, and when: last week is from the 16th to the 22nd.
fn closings(events: &mut Events) {
    for (at, user, key) in [
        ("2026-11-13T07:00", DANIEL, "OPS-8"),
        ("2026-11-17T05:00", DANIEL, "HARBOR-2"),
        ("2026-11-18T05:30", DANIEL, "KURA-5"),
        ("2026-11-18T06:00", KENTA, "KURA-10"),
        ("2026-11-19T02:00", MAJA, "HARBOR-8"),
        ("2026-11-20T08:00", DANIEL, "OPS-2"),
        ("2026-11-24T04:00", DANIEL, "OPS-1"),
    ] {
        close(events, at, user, key);
    }
    events
        .post("2026-11-24T06:00", MAJA, "issues/HARBOR-2/comments")
        .with("content", "The old gateway is switched off.");
}

fn close(events: &mut Events, at: &str, user: Id, key: &str) {
    events
        .patch(at, user, &format!("issues/{key}"))
        .with("statusId", CLOSED)
        .with("resolutionId", 0);
}

/// Hours spent in November, and in October.
fn hours(events: &mut Events) {
    for (at, user, key, spent) in [
        ("2026-10-29T08:00", DANIEL, "HARBOR-10", "2"),
        ("2026-11-05T08:00", DANIEL, "HARBOR-10", "5.5"),
        ("2026-11-10T08:00", DANIEL, "HARBOR-16", "4"),
        ("2026-11-12T08:00", MAJA, "HARBOR-1", "3.5"),
        ("2026-11-16T08:00", KENTA, "KURA-1", "6"),
        ("2026-11-23T08:00", MAJA, "HARBOR-1", "7"),
        ("2026-11-24T08:00", HARUKA, "KURA-2", "1.5"),
    ] {
        events
            .patch(at, user, &format!("issues/{key}"))
            .with("actualHours", spent);
    }
    for (key, due) in [("HARBOR-10", "2026-11-27"), ("HARBOR-16", "2026-11-26")] {
        events
            .patch("2026-11-04T01:00", DANIEL, &format!("issues/{key}"))
            .with("dueDate", due)
            .with("estimatedHours", 8);
    }
}

/// Issues of Daniel that are overdue, one of them with a status of its project.
fn overdue(events: &mut Events) {
    events
        .patch("2026-11-20T03:00", DANIEL, "issues/KURA-12")
        .with("statusId", IN_REVIEW);
    events
        .post("2026-11-12T03:00", HARUKA, "issues")
        .with("projectId", HARBOR)
        .with("issueTypeId", TASK)
        .with("priorityId", 2)
        .with("assigneeId", DANIEL)
        .with("dueDate", "2026-11-20")
        .with("summary", "Move the harbour photos to the new storage");
}

/// More about HARBOR-1, and something that HARBOR-10 duplicates.
fn discussion(events: &mut Events) {
    events
        .patch("2026-11-06T02:00", MAJA, "issues/HARBOR-1")
        .with("priorityId", 2)
        .with("dueDate", "2026-11-27")
        .with(
            "comment",
            "The timer is ready; a test for the change of summer time is missing.",
        );
    events
        .post("2026-11-09T02:00", KENTA, "issues/HARBOR-1/comments")
        .with(
            "content",
            "夏時間の切り替え日で確認しました。問題ありません。",
        );
    events
        .post("2026-11-10T03:00", LUCIA, "issues")
        .with("projectId", HARBOR)
        .with("issueTypeId", TASK)
        .with("priorityId", 2)
        .with(
            "summary",
            "Two skippers confirm at once and both get the berth",
        )
        .with(
            "description",
            "Seen in Marstal: both got a confirmation for berth 14.",
        )
        .labelled("duplicate");
}

/// The pages about HARBOR's deployment.
fn pages(events: &mut Events) {
    events
        .patch("2026-10-20T01:00", MAJA, "wikis/640012")
        .with("content", DEPLOYMENT);
    events
        .post("2026-10-21T01:00", KENTA, "wikis")
        .with("projectId", HARBOR)
        .with("name", "Release calendar")
        .with(
            "content",
            "# Release calendar\n\nEvery deployment has a line here.\n\n- 2026-09-25: 2026.09\n",
        );
    events
        .post("2026-10-22T01:00", HARUKA, "documents")
        .with("projectId", HARBOR)
        .with("title", "Lessons from the deployment of 2026.09")
        .with(
            "content",
            "The old pods were removed too early.\nReadiness is a gate now.",
        )
        .with("addLast", true);
}
