//! Changes of values that depend on what an issue has: a day moved from its own, names added or
//! removed, hours added.

use backlog_rendering::inline;
use backlog_words::day::Shift;
use chrono::NaiveDate;
use serde_json::Value;

use super::{Setting, Target, current, hours};
use crate::work::named::Named;

/// A change of a value.
#[derive(Clone, Debug)]
pub(crate) enum Edit {
    Set(Setting),
    /// Moves a day.
    Shift {
        target: Target,
        label: &'static str,
        shift: Shift,
    },
    /// Adds names, and removes others.
    Members {
        target: Target,
        label: &'static str,
        add: Vec<Named>,
        remove: Vec<Named>,
    },
    /// Adds hours to those spent.
    More(f64),
}

impl Edit {
    /// The value to set in an issue.
    ///
    /// # Errors
    /// The issue has no day to move, or the result is impossible; the text is for the model.
    pub(crate) fn of(&self, issue: &Value) -> Result<Setting, String> {
        match self {
            Self::Set(setting) => Ok(setting.clone()),
            Self::Shift {
                target,
                label,
                shift,
            } => {
                let own = current::day_of(*target, issue);
                let own = own.ok_or_else(|| {
                    format!("{label}: there is no {label} day to count from; give a day")
                })?;
                moved(*target, label, *shift, own)
            }
            Self::Members {
                target,
                label,
                add,
                remove,
            } => {
                let mut names = current::names_of(*target, issue);
                names.extend(
                    add.iter()
                        .filter(|it| !has(&names, it))
                        .cloned()
                        .collect::<Vec<_>>(),
                );
                names.retain(|it| !has(remove, it));
                Ok(of_names(*target, label, &names))
            }
            Self::More(more) => {
                let sum = issue["actualHours"].as_f64().unwrap_or_default() + more;
                hours::setting(Target::Spent, "spent", "add_hours", sum)
            }
        }
    }

    /// The value to set in a new issue, where a day is moved from today.
    ///
    /// # Errors
    /// A name is to be removed, or the result is impossible; the text is for the model.
    pub(crate) fn of_new(&self, today: NaiveDate) -> Result<Setting, String> {
        match self {
            Self::Shift {
                target,
                label,
                shift,
            } => moved(*target, label, *shift, today),
            Self::Members { label, remove, .. } if !remove.is_empty() => {
                Err(format!("{label}: a new issue has none to remove"))
            }
            edit => edit.of(&Value::Null),
        }
    }
}

fn has(names: &[Named], name: &Named) -> bool {
    names.iter().any(|it| it.id == name.id)
}

fn moved(target: Target, label: &str, shift: Shift, from: NaiveDate) -> Result<Setting, String> {
    let day = shift
        .from(from)
        .map_err(|error| format!("{label}: {error}"))?;
    let day = day.to_string();
    Ok(Setting::new(target, label, day.clone().into(), Some(day)))
}

/// The setting of a list of names.
pub(super) fn of_names(target: Target, label: &str, names: &[Named]) -> Setting {
    if names.is_empty() {
        return Setting::new(target, label, Value::Null, None);
    }
    let mut ids: Vec<_> = names.iter().map(|named| named.id).collect();
    ids.sort_unstable();
    let shown: Vec<_> = names
        .iter()
        .map(|named| inline::line(&named.name))
        .collect();
    Setting::new(target, label, ids.into(), Some(shown.join(", ")))
}

/// The problem of an issue that would start after it is due; `None` if neither day is set, or the
/// order is right.
pub(crate) fn reversed(settings: &[Setting], issue: &Value) -> Option<String> {
    let set = |target| settings.iter().find(|setting| setting.target == target);
    let (start, due) = (set(Target::Start), set(Target::Due));
    start.or(due)?;
    let day = |setting: Option<&Setting>, target| match setting {
        Some(setting) => setting.shown.clone(),
        None => current::day_of(target, issue).map(|day| day.to_string()),
    };
    let (start, due) = (day(start, Target::Start)?, day(due, Target::Due)?);
    // Days are written as yyyy-MM-dd.
    (start > due).then(|| {
        format!("start {start} would be after due {due}; set both days, or remove one with none")
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn named(id: i64, name: &str) -> Named {
        Named {
            id,
            name: name.to_owned(),
        }
    }

    fn issue() -> Value {
        json!({
            "dueDate": "2026-12-04T00:00:00Z", "startDate": null, "actualHours": 2.0,
            "category": [{"id": 1, "name": "A"}, {"id": 2, "name": "B"}],
        })
    }

    fn shift(target: Target, text: &str) -> Edit {
        Edit::Shift {
            target,
            label: "it",
            shift: Shift::read(text).unwrap(),
        }
    }

    fn members(add: &[(i64, &str)], remove: &[(i64, &str)]) -> Edit {
        let all = |names: &[(i64, &str)]| {
            let names = names.iter().map(|(id, name)| named(*id, name));
            names.collect::<Vec<_>>()
        };
        Edit::Members {
            target: Target::Category,
            label: "it",
            add: all(add),
            remove: all(remove),
        }
    }

    #[test]
    fn an_edit_starts_from_what_the_issue_has() {
        let today = "2026-12-02".parse().unwrap();
        let set = |edit: Result<Setting, String>| edit.map(|setting| setting.shown);
        let shown = |text: &str| Ok(Some(text.to_owned()));
        for (edit, of_issue, of_new) in [
            (
                shift(Target::Due, "+1 week"),
                shown("2026-12-11"),
                shown("2026-12-09"),
            ),
            (
                shift(Target::Due, "-3d"),
                shown("2026-12-01"),
                shown("2026-11-29"),
            ),
            (
                shift(Target::Start, "+1 week"),
                Err("it: there is no it day to count from; give a day".to_owned()),
                shown("2026-12-09"),
            ),
            (members(&[(3, "C")], &[]), shown("A, B, C"), shown("C")),
            (members(&[(1, "A")], &[]), shown("A, B"), shown("A")),
            (
                members(&[(3, "C")], &[(1, "A"), (9, "Z")]),
                shown("B, C"),
                Err("it: a new issue has none to remove".to_owned()),
            ),
            (
                members(&[], &[(1, "A"), (2, "B")]),
                Ok(None),
                Err("it: a new issue has none to remove".to_owned()),
            ),
            (Edit::More(1.5), shown("3.5"), shown("1.5")),
        ] {
            assert_eq!(set(edit.of(&issue())), of_issue, "{edit:?}");
            assert_eq!(set(edit.of_new(today)), of_new, "{edit:?}");
        }
    }

    #[test]
    fn a_start_after_the_due_day_is_a_problem() {
        let day = |target, text: &str| {
            let shown = Some(text.to_owned()).filter(|text| !text.is_empty());
            Setting::new(target, "it", shown.clone().into(), shown)
        };
        let stored =
            json!({"startDate": "2026-12-10T00:00:00Z", "dueDate": "2026-12-04T00:00:00Z"});
        for (settings, issue, is_problem) in [
            (vec![day(Target::Start, "2026-12-05")], issue(), true),
            (vec![day(Target::Start, "2026-12-04")], issue(), false),
            (vec![day(Target::Due, "2026-12-09")], stored.clone(), true),
            (vec![day(Target::Due, "2026-12-10")], stored.clone(), false),
            (vec![day(Target::Due, "")], stored.clone(), false),
            // What nothing changes is left alone.
            (vec![], stored, false),
            (
                vec![
                    day(Target::Start, "2026-12-06"),
                    day(Target::Due, "2026-12-05"),
                ],
                Value::Null,
                true,
            ),
            (vec![day(Target::Start, "2026-12-06")], Value::Null, false),
        ] {
            let problem = reversed(&settings, &issue);
            assert_eq!(problem.is_some(), is_problem, "{settings:?} {issue}");
        }
    }
}
