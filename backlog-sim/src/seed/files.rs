//! The seeded files: attachments of issues, pages, pull requests and documents, the projects'
//! shared files, and the comments on a document.

use actix_web::web::Bytes;
use chrono::TimeDelta;

use super::{
    dates::at,
    ids::{DANIEL, HARBOR, HARUKA, KENTA, KURA, MAJA, UPLOAD, document, shared_file},
};
use crate::{
    model::{Attachment, DocumentComment, Id, SharedFile},
    state::State,
};

const FIRST_ATTACHMENT: Id = 660_401;

const CALENDAR: &[u8] = include_bytes!("../../seed-files/calendar.png");
const CONSOLE: &[u8] = include_bytes!("../../seed-files/console.txt");
const REVIEW: &[u8] = include_bytes!("../../seed-files/review.pdf");

/// The item that a file is attached to.
enum Place {
    Issue(&'static str),
    Wiki(Id),
    PullRequest(Id),
    Document(&'static str),
}

#[rustfmt::skip]
const ATTACHMENTS: [(Place, Id, &str, &[u8]); 6] = [
    (Place::Issue("HARBOR-1"), MAJA, "カレンダー 1.png", CALENDAR),
    (Place::Issue("HARBOR-1"), DANIEL, "console.txt", CONSOLE),
    (Place::Issue("HARBOR-6"), HARUKA, "review.pdf", REVIEW),
    (Place::Wiki(640_012), DANIEL, "migration.log", CONSOLE),
    (Place::PullRequest(20_442), MAJA, "before.png", CALENDAR),
    (Place::Document(document::LAUNCH_PLAN), HARUKA, "harbours.pdf", REVIEW),
];

/// Id, project, directory, name, and bytes unless it is a directory.
type SharedRow = (Id, Id, &'static str, &'static str, Option<&'static [u8]>);

#[rustfmt::skip]
const SHARED_FILES: [SharedRow; 4] = [
    (shared_file::DESIGNS, HARBOR, "/", "designs", None),
    (shared_file::CALENDAR, HARBOR, "/designs/", "calendar 2.png", Some(CALENDAR)),
    (shared_file::MINUTES, HARBOR, "/", "議事録.txt", Some("11月18日\n桟橋の予約について".as_bytes())),
    (77_111, KURA, "/", "棚卸し.txt", Some("A-1: 12\n".as_bytes())),
];

pub(super) fn fill(state: &mut State) {
    for (id, (place, created_user, name, bytes)) in (FIRST_ATTACHMENT..).zip(ATTACHMENTS) {
        let file = |created| Attachment {
            id,
            name: name.to_owned(),
            bytes: Bytes::from_static(bytes),
            created_user,
            created: created + TimeDelta::minutes(20),
        };
        match place {
            Place::Issue(key) => {
                let issue = state.issues.get_mut(&state.issue_keys[key]);
                if let Some(issue) = issue {
                    issue.attachments.push(file(issue.created));
                }
            }
            Place::Wiki(wiki) => {
                if let Some(wiki) = state.wikis.get_mut(&wiki) {
                    wiki.attachments.push(file(wiki.created));
                }
            }
            Place::PullRequest(about) => {
                if let Some(about) = state.pull_requests.get_mut(&about) {
                    about.attachments.push(file(about.created));
                }
            }
            Place::Document(document) => {
                let mut documents = state.documents.iter_mut();
                if let Some(document) = documents.find(|found| found.id == document) {
                    document.attachments.push(file(document.created));
                }
            }
        }
    }
    let upload = Attachment {
        id: UPLOAD,
        name: "tides.png".to_owned(),
        bytes: Bytes::from_static(CALENDAR),
        created_user: DANIEL,
        created: at(2026, 11, 20, 3),
    };
    state.uploads.insert(UPLOAD, upload);
    for (id, project_id, dir, name, bytes) in SHARED_FILES {
        let file = SharedFile {
            id,
            project_id,
            dir: dir.to_owned(),
            name: name.to_owned(),
            bytes: bytes.map(Bytes::from_static),
            created_user: HARUKA,
            created: at(2026, 9, 14, 2),
        };
        state.shared_files.insert(id, file);
    }
    if let Some(issue) = state.issues.get_mut(&state.issue_keys["HARBOR-1"]) {
        issue.shared_files.insert(shared_file::CALENDAR);
    }
    if let Some(wiki) = state.wikis.get_mut(&640_011) {
        wiki.shared_files.insert(shared_file::MINUTES);
    }
    let mut documents = state.documents.iter_mut();
    if let Some(plan) = documents.find(|found| found.id == document::LAUNCH_PLAN) {
        plan.comments.push(DocumentComment {
            id: "0199c5d07a1e7f0b9d3f5a6b7c8d9f01".to_owned(),
            plain: "十一月は無理です。".to_owned(),
            created_user: KENTA,
            created: at(2026, 10, 2, 3),
        });
    }
}
