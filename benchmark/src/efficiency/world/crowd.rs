//! The work of a busy company: 330 issues with what happened to them, pages, documents and pull
//! requests. The same at each start.

use backlog_sim::{
    Id,
    seed::{BUG, DANIEL, HARBOR, HARUKA, KENTA, KURA, LUCIA, MAJA, OPS, REQUEST, TASK},
};
use chrono::{Datelike, NaiveDate, Weekday};

use super::{
    events::Events,
    history::{JANUARY, NOVEMBER},
    texts::{Dice, paragraphs, summary},
};

/// The members of the space besides the seeded ones.
pub(super) const MEMBERS: usize = 20;

const TICKETS: usize = 60;
const PAGES: usize = 60;
const DOCUMENTS: usize = 25;
const REMARKS: usize = 45;
const PULL_REQUESTS: usize = 14;

/// A project, the number of its new issues, and what they may be.
struct Project<'a> {
    id: Id,
    issues: usize,
    types: &'a [Id],
    /// Statuses of issues that are not closed.
    statuses: &'a [Id],
    members: Vec<Id>,
}

struct Crowd<'a> {
    events: &'a mut Events,
    dice: Dice,
    /// The working days from September to the day before the tasks.
    days: Vec<NaiveDate>,
}

pub(super) fn add(events: &mut Events, members: &[Id]) {
    let first = NaiveDate::from_ymd_opt(2026, 9, 1).expect("a day");
    let last = NaiveDate::from_ymd_opt(2026, 11, 24).expect("a day");
    let is_working = |day: &NaiveDate| !matches!(day.weekday(), Weekday::Sat | Weekday::Sun);
    let days = first.iter_days().take_while(|day| *day <= last);
    let mut crowd = Crowd {
        events,
        dice: Dice::new(2026),
        days: days.filter(is_working).collect(),
    };
    let joined = |seeded: &[Id], others: usize| [seeded, &members[..others]].concat();
    let projects = [
        Project {
            id: HARBOR,
            issues: 150,
            types: &[BUG, TASK, TASK, REQUEST],
            statuses: &[1, 1, 2, 3],
            members: joined(&[DANIEL, DANIEL, HARUKA, MAJA, KENTA], 12),
        },
        Project {
            id: KURA,
            issues: 80,
            types: &[301_421, 301_422, 301_423],
            statuses: &[1, 2, 3, 218_430, 218_431],
            members: joined(&[DANIEL, HARUKA, KENTA], 5),
        },
        Project {
            id: OPS,
            issues: 40,
            types: &[301_431, 301_432],
            statuses: &[1, 2, 3],
            members: joined(&[DANIEL, HARUKA, MAJA], 3),
        },
    ];
    for project in &projects {
        crowd.join(project, members);
        for number in 0..project.issues {
            crowd.issue(project, number);
        }
    }
    crowd.tickets();
    crowd.remarks();
    crowd.pages(&projects[0]);
    crowd.pull_requests(&projects[0]);
}

impl Crowd<'_> {
    /// A time on a working day; `None` after the last one.
    fn at(&mut self, day: usize) -> Option<String> {
        let day = self.days.get(day)?;
        let (hour, minute) = (self.dice.roll(9), self.dice.roll(60));
        Some(format!("{day}T{hour:02}:{minute:02}"))
    }

    fn join(&mut self, project: &Project<'_>, members: &[Id]) {
        let path = format!("projects/{}/users", project.id);
        for member in project.members.iter().filter(|id| members.contains(id)) {
            self.events
                .post("2026-08-31T01:00", HARUKA, &path)
                .with("userId", member);
        }
    }

    fn issue(&mut self, project: &Project<'_>, number: usize) {
        let label = format!("{}-{number}", project.id);
        let day = self.dice.roll(self.days.len() - 1);
        let Some(at) = self.at(day) else { return };
        let creator = *self.dice.one_of(&project.members);
        let assignee = *self.dice.one_of(&project.members);
        let due = self.days[day] + chrono::Days::new(7 + self.dice.roll(45) as u64);
        let milestone = match (project.id, self.dice.roll(20)) {
            (HARBOR, 0..9) => Some(NOVEMBER),
            (HARBOR, 9..12) => Some(JANUARY),
            _ => None,
        };
        let (kind, priority) = (*self.dice.one_of(project.types), 2 + self.dice.roll(3));
        let sentences = 3 + self.dice.roll(8);
        let (title, text) = (
            summary(&mut self.dice),
            paragraphs(&mut self.dice, sentences),
        );
        let is_estimated = self.dice.roll(4) > 0;
        let hours = 1 + self.dice.roll(16);
        let event = self.events.post(&at, creator, "issues");
        event
            .with("projectId", project.id)
            .with("issueTypeId", kind)
            .with("priorityId", priority)
            .with("summary", title)
            .with("description", text)
            .with("dueDate", due)
            .labelled(&label);
        if !number.is_multiple_of(9) {
            event.with("assigneeId", assignee);
        }
        if let Some(milestone) = milestone {
            event.with("milestoneId[]", milestone);
        }
        if is_estimated {
            event.with("estimatedHours", hours);
        }
        self.life(project, &label, day, assignee);
    }

    /// Comments, hours and statuses of an issue after the day on which it was added.
    fn life(&mut self, project: &Project<'_>, label: &str, mut day: usize, assignee: Id) {
        let path = format!("issues/{{{label}.key}}");
        let comments = format!("{path}/comments");
        let mut spent = 0;
        for _ in 0..self.dice.roll(4) {
            day += 1 + self.dice.roll(4);
            let Some(at) = self.at(day) else { return };
            let sentences = 1 + self.dice.roll(4);
            let (user, text) = (
                *self.dice.one_of(&project.members),
                paragraphs(&mut self.dice, sentences),
            );
            self.events.post(&at, user, &comments).with("content", text);
            if self.dice.roll(2) == 0 {
                spent += 1 + self.dice.roll(5);
                self.events
                    .patch(&at, assignee, &path)
                    .with("actualHours", spent);
            }
        }
        day += 1 + self.dice.roll(6);
        let Some(at) = self.at(day) else { return };
        let event = match self.dice.roll(20) {
            0..12 => self
                .events
                .patch(&at, assignee, &path)
                .with("statusId", 4)
                .with("resolutionId", 0),
            _ => {
                let status = *self.dice.one_of(project.statuses);
                self.events
                    .patch(&at, assignee, &path)
                    .with("statusId", status)
            }
        };
        event.with("notifiedUserId[]", HARUKA);
    }

    /// Tickets of SUPPORT: an open one has an answer of the last days, or none.
    fn tickets(&mut self) {
        let last = self.days.len() - 1;
        for number in 0..TICKETS {
            let label = format!("ticket-{number}");
            let day = self.dice.roll(last);
            let Some(at) = self.at(day) else { continue };
            let sentences = 2 + self.dice.roll(5);
            let (title, text) = (
                summary(&mut self.dice),
                paragraphs(&mut self.dice, sentences),
            );
            self.events
                .post(&at, LUCIA, "issues")
                .with("projectId", "{SUPPORT}")
                .with("issueTypeId", "{SUPPORT.type}")
                .with("priorityId", 2 + self.dice.roll(3))
                .with("summary", title)
                .with("description", text)
                .labelled(&label);
            let (answer_day, is_closed) = match number % 6 {
                0 => continue,
                1 => (last, false),
                _ => (day + 1, true),
            };
            let Some(at) = self.at(answer_day) else {
                continue;
            };
            let text = paragraphs(&mut self.dice, 2);
            let path = format!("issues/{{{label}.key}}");
            self.events
                .post(&at, MAJA, &format!("{path}/comments"))
                .with("content", text);
            if is_closed {
                self.events
                    .patch(&at, MAJA, &path)
                    .with("statusId", 4)
                    .with("resolutionId", 0);
            }
        }
    }

    /// A long discussion of HARBOR-1.
    fn remarks(&mut self) {
        for _ in 0..REMARKS {
            let day = self.dice.roll(self.days.len());
            let Some(at) = self.at(day) else { continue };
            let sentences = 1 + self.dice.roll(5);
            let (user, text) = (
                *self.dice.one_of(&[HARUKA, MAJA, KENTA]),
                paragraphs(&mut self.dice, sentences),
            );
            self.events
                .post(&at, user, "issues/HARBOR-1/comments")
                .with("content", text);
        }
    }

    fn pages(&mut self, project: &Project<'_>) {
        for number in 0..PAGES + DOCUMENTS {
            let day = self.dice.roll(self.days.len());
            let Some(at) = self.at(day) else { continue };
            let user = *self.dice.one_of(&project.members);
            let name = format!("Notes {number:02}: {}", summary(&mut self.dice));
            let sentences = 20 + self.dice.roll(40);
            let text = paragraphs(&mut self.dice, sentences);
            let (path, title) = match number < PAGES {
                true => ("wikis", "name"),
                false => ("documents", "title"),
            };
            self.events
                .post(&at, user, path)
                .with("projectId", HARBOR)
                .with(title, name)
                .with("content", text);
        }
    }

    fn pull_requests(&mut self, project: &Project<'_>) {
        for number in 0..PULL_REQUESTS {
            let repository = ["portal", "portal", "gateway.client"][number % 3];
            let day = self.days.len() - 20 + number;
            let Some(at) = self.at(day) else { continue };
            let path = format!("projects/HARBOR/git/repositories/{repository}/pullRequests");
            let user = *self.dice.one_of(&project.members);
            let (title, text) = (summary(&mut self.dice), paragraphs(&mut self.dice, 5));
            self.events
                .post(&at, user, &path)
                .with("summary", title)
                .with("description", text)
                .with("base", "main")
                .with("branch", format!("topic/{number}"))
                .labelled(format!("pull-{number}"));
            // The seed has three pull requests in one repository and one in the other.
            let of_repository = (0..number).filter(|other| (other % 3 == 2) == (number % 3 == 2));
            let seeded = if number % 3 == 2 { 1 } else { 3 };
            let place = of_repository.count() + seeded + 1;
            for later in 1..=3 + self.dice.roll(4) {
                let Some(at) = self.at(day + later) else {
                    break;
                };
                let user = *self.dice.one_of(&project.members);
                let text = paragraphs(&mut self.dice, 2);
                self.events
                    .post(&at, user, &format!("{path}/{place}/comments"))
                    .with("content", text);
            }
        }
    }
}
