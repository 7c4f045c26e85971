//! Users, by name.

use serde_json::{Map, Value};

use crate::{Renderer, comment::Comments, inline, json};

/// The role types of guests. Spaces of the current plans send none: there, a guest has the role
/// type of a member.
const GUESTS: [u64; 2] = [5, 6];

/// Fields that only users have.
const MARKS: [&str; 5] = [
    "userId",
    "roleType",
    "mailAddress",
    "nulabAccount",
    "lastLoginTime",
];

impl Renderer {
    /// Writes the name of a user, and `(guest)` after that of a guest; neither id nor mail address.
    pub fn person(&self, user: &Value) -> Option<String> {
        let name = |field: &str| user[field].as_str().map(inline::line);
        let named = [name("name"), name("userId")].into_iter().flatten();
        let name = named.into_iter().find(|name| !name.is_empty());
        let name = name.or_else(|| Some(format!("user {}", json::id(&user["id"])?)))?;
        let role = user["roleType"].as_u64();
        let is_guest = role.is_some_and(|role| GUESTS.contains(&role));
        Some(if is_guest {
            format!("{name} (guest)")
        } else {
            name
        })
    }

    /// Writes the names of users; `None` if there are none.
    pub(crate) fn people(&self, users: &[Value]) -> Option<String> {
        let names: Vec<_> = users.iter().filter_map(|user| self.person(user)).collect();
        (!names.is_empty()).then(|| names.join(", "))
    }

    /// Writes the users that a comment notified.
    pub(crate) fn notified(&self, notifications: &Value) -> Option<String> {
        let names: Vec<_> = json::items(notifications)
            .iter()
            .filter_map(|notification| self.person(&notification["user"]))
            .collect();
        (!names.is_empty()).then(|| names.join(", "))
    }

    /// Writes when and by whom something was done: `2026-10-20 by 佐藤 遥`.
    pub(crate) fn event(&self, when: &Value, who: &Value) -> Option<String> {
        match (self.day_of_moment(when), self.person(who)) {
            (Some(day), Some(name)) => Some(format!("{day} by {name}")),
            (Some(day), None) => Some(day),
            (None, name) => name.map(|name| format!("by {name}")),
        }
    }

    /// Names the users that may have written the text of a page, a change of which is one of its
    /// text: `by A, last changed by B`.
    pub(crate) fn credit(&self, thing: &Value) -> String {
        let created = self.person(&thing["createdUser"]);
        let updated = self.person(&thing["updatedUser"]);
        let author = author(created.clone());
        match updated {
            Some(editor) if created.as_ref() != Some(&editor) => {
                format!("{author}, last changed by {editor}")
            }
            _ => author,
        }
    }

    /// Names the author of the description of an issue or a pull request, and who changed it last
    /// by the change logs of the comments: `by A, changed by B on 2026-10-20`. `updatedUser` says
    /// nothing about it, because any change and comment sets it.
    pub(crate) fn credit_of_description(&self, thing: &Value, comments: &Comments<'_>) -> String {
        let author = author(self.person(&thing["createdUser"]));
        let is_change = |comment: &&Value| {
            let mut changes = json::items(&comment["changeLog"]).iter();
            changes.any(|change| change["field"] == "description")
        };
        let changes = comments.shown.iter().filter(is_change);
        let last = changes.max_by_key(|it| (it["created"].as_str(), it["id"].as_u64()));
        let Some(last) = last else {
            return author;
        };
        let editor = self.person(&last["createdUser"]);
        let editor = editor.unwrap_or_else(|| "an unknown user".to_owned());
        match self.day_of_moment(&last["created"]) {
            Some(day) => format!("{author}, changed by {editor} on {day}"),
            None => format!("{author}, changed by {editor}"),
        }
    }
}

fn author(name: Option<String>) -> String {
    format!(
        "by {}",
        name.unwrap_or_else(|| "an unknown user".to_owned())
    )
}

/// Whether an object is a user.
pub(crate) fn is_person(object: &Map<String, Value>) -> bool {
    object.contains_key("name") && MARKS.iter().any(|mark| object.contains_key(*mark))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_description_is_of_its_author_unless_a_change_log_says_otherwise() {
        let renderer = Renderer::new("https://acme.backlog.com", chrono_tz::Asia::Tokyo);
        let comment = |id, name, field, created| {
            json!({"id": id, "createdUser": {"name": name}, "created": created,
                "changeLog": [{"field": field}]})
        };
        let status = comment(9, "Ren", "status", "2026-10-05T00:00:00Z");
        let first = comment(7, "Mio", "description", "2026-10-02T00:00:00Z");
        let second = comment(8, "Aoi", "description", "2026-10-03T15:00:00Z");
        let issue = json!({"createdUser": {"name": "Lena"}, "updatedUser": {"name": "Ren"}});
        for (comments, expected) in [
            (vec![], "by Lena"),
            (vec![status.clone()], "by Lena"),
            (
                vec![status, second, first.clone()],
                "by Lena, changed by Aoi on 2026-10-04",
            ),
            (vec![first], "by Lena, changed by Mio on 2026-10-02"),
        ] {
            let credit = renderer.credit_of_description(&issue, &Comments::all(&comments));
            assert_eq!(credit, expected);
        }
    }

    #[test]
    fn a_person_is_a_name() {
        let renderer = Renderer::new("https://acme.backlog.com", chrono_tz::UTC);
        for (user, expected) in [
            (
                json!({"id": 1, "userId": "h.sato", "name": "佐藤 遥", "roleType": 2}),
                Some("佐藤 遥"),
            ),
            (
                json!({"id": 1, "name": "Lena Vogt", "roleType": 6}),
                Some("Lena Vogt (guest)"),
            ),
            (
                json!({"id": 1, "userId": "h.sato", "name": null}),
                Some("h.sato"),
            ),
            (
                json!({"id": 7, "userId": null, "name": "\u{200b}"}),
                Some("user 7"),
            ),
            (
                json!({"name": "Ren\n| Closed\u{202e}"}),
                Some("Ren\\n\\| Closed"),
            ),
            (json!(null), None),
            (json!("Ren"), None),
        ] {
            assert_eq!(renderer.person(&user).as_deref(), expected, "{user}");
        }
    }
}
