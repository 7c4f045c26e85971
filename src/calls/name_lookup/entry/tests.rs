use serde_json::json;

use super::*;

fn entries(names: &[&str]) -> Vec<Entry> {
    let named = (1..).zip(names).map(|(id, name)| Entry::new(id, name));
    named.collect()
}

fn ids(entries: &[Entry], text: &str) -> Vec<i64> {
    let found = with_name(entries, &Folded::default(), text).into_iter();
    found.map(|entry| entry.id).collect()
}

#[test]
fn the_exact_name_wins() {
    let entries = entries(&[
        "open",
        "Open",
        "In Progress",
        "ｶﾃｺﾞﾘ",
        "12",
        "Re\u{200b}view\u{202c}",
    ]);
    for (text, expected) in [
        ("open", &[1][..]),
        ("Open", &[2]),
        ("OPEN", &[1, 2]),
        ("in progress", &[3]),
        ("Ｉｎ　Ｐｒｏｇｒｅｓｓ", &[3]),
        (" In  Progress ", &[3]),
        ("カテゴリ", &[4]),
        ("12", &[5]),
        ("１２", &[5]),
        ("Review", &[6]),
        ("Re\u{200b}view\u{202c}", &[6]),
        ("Progress", &[]),
        ("", &[]),
    ] {
        assert_eq!(ids(&entries, text), expected, "{text}");
    }
}

#[test]
fn a_key_is_more_certain_than_a_name() {
    let projects: Vec<Entry> = serde_json::from_value(json!([
        {"id": 1, "projectKey": "WEB", "name": "OPS"},
        {"id": 2, "projectKey": "OPS", "name": "Operations"},
    ]))
    .unwrap();
    assert_eq!(ids(&projects, "OPS"), [2]);
    assert_eq!(ids(&projects, "ops"), [1, 2]);
    assert_eq!(projects[1].to_string(), "Operations (OPS, 2)");
}

#[test]
fn users_have_several_names() {
    let user: Entry = serde_json::from_value(json!({
        "id": 1, "userId": "m.lind", "name": "Maja Lind", "mailAddress": "maja@example.com",
        "nulabAccount": {"uniqueId": "majal"}, "lang": null,
    }))
    .unwrap();
    for text in ["m.lind", "maja lind", "Maja@example.com", "majal"] {
        assert_eq!(ids(std::slice::from_ref(&user), text), [1], "{text}");
    }
}

#[test]
fn users_are_found_by_forms_of_address_and_by_parts_of_their_names() {
    let users: Vec<Entry> = serde_json::from_value(json!([
        {"id": 1, "userId": "m.lind", "name": "Maja Lind"},
        {"id": 2, "userId": "k.yama", "name": "山口 健太"},
        {"id": 3, "userId": "h.ito", "name": "Hana Ito"},
        {"id": 4, "userId": "h.ito2", "name": "Hana Itoh"},
    ]))
    .unwrap();
    let folded = Folded::default();
    let ids = |found: Vec<&Entry>| found.iter().map(|entry| entry.id).collect::<Vec<_>>();
    for (text, addressed, part) in [
        ("@m.lind", &[1][..], &[1][..]),
        ("majalind", &[1], &[1]),
        ("Maja", &[], &[1]),
        ("山口健太", &[2], &[2]),
        ("山口 健太さん", &[2], &[2]),
        ("山口さん", &[], &[2]),
        ("Hana Ito", &[3], &[3, 4]),
        ("Hana", &[], &[3, 4]),
        ("aj", &[], &[]),
        ("さん", &[], &[]),
        ("", &[], &[]),
    ] {
        assert_eq!(ids(folded.addressed(&users, text)), addressed, "{text}");
        assert_eq!(ids(folded.with_part(&users, text)), part, "{text}");
    }
}

#[test]
fn an_overlong_name_is_left_out() {
    let long = "a".repeat(MAX_NAME + 1);
    let field: Entry = serde_json::from_value(json!({
        "id": 1, "name": "Size", "userId": long, "items": [{"id": 2, "name": long}],
    }))
    .unwrap();
    assert_eq!((field.name.as_str(), field.others.len()), ("Size", 0));
    assert_eq!((field.items[0].id, field.items[0].name.as_str()), (2, ""));
    assert_eq!(field.bytes(), 2 * size_of::<Entry>() + 4);
}

#[test]
fn likely_candidates_come_first_and_the_list_ends() {
    let names: Vec<_> = (1..=30).map(|n| format!("User {n}")).collect();
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    let list = candidates(entries(&names).iter(), "user 25");
    assert!(
        list.starts_with("User 25 (25), User 2 (2), User 5 (5)"),
        "{list}"
    );
    assert!(list.ends_with(" and 25 more"), "{list}");
    // A typo among many.
    let users: Vec<_> = (1..=300).map(|n| format!("User {n}")).collect();
    let users = users.iter().map(String::as_str).chain(["Mika Lindqvist"]);
    let list = candidates(entries(&users.collect::<Vec<_>>()).iter(), "Mika Lindquist");
    assert!(list.starts_with("Mika Lindqvist (301), "), "{list}");
}
