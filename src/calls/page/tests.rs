use super::*;
use crate::{
    calls::limit::{RequestedPart, fit},
    toolkit::rest::USUAL_COUNT,
};
use serde_json::json;

/// The page of a call with these arguments and these elements in the response.
fn page(paging: Paging, arguments: Value, items: &[Value]) -> Page {
    let Value::Object(mut arguments) = arguments else {
        panic!("an object");
    };
    let mut page = Page::of(paging, USUAL_COUNT, &mut arguments);
    page.received(&json!(items));
    page
}

/// Returns the shown part of these elements, and the note.
fn shown(items: &[Value], max_tokens: usize, page: &Page) -> (Value, Option<String>) {
    let mut value = json!(items);
    let mut page = page.clone();
    page.take(&mut value);
    let all = value.as_array().unwrap();
    let fitted = fit(&value, max_tokens, RequestedPart::default());
    let note = page.note(fitted.kept, all.len(), all.last());
    (serde_json::from_str(&fitted.text).unwrap(), note)
}

#[test]
fn a_list_ends_at_an_element_and_the_note_says_how_to_continue() {
    let items: Vec<_> = (1..=9)
        .map(|id| json!({"id": 100 - id, "name": "a b"}))
        .collect();
    for (paging, arguments, expected) in [
        (
            Paging::Offset,
            json!({}),
            "These are the first 2 of 9. For the rest, call again with offset 2 and count 2.",
        ),
        (
            Paging::Offset,
            json!({"offset": 5.0}),
            "These are the first 2 of 9. For the rest, call again with offset 7 and count 2.",
        ),
        (
            Paging::Id,
            json!({}),
            "These are the first 2 of 9. For the rest, call again with maxId 98.",
        ),
        (
            Paging::Id,
            json!({"order": "asc"}),
            "These are the first 2 of 9. For the rest, call again with minId 98.",
        ),
        (
            Paging::Versions,
            json!({}),
            "These are the first 2 of 9. For the rest, call again with offset 2.",
        ),
        (
            Paging::Whole,
            json!({}),
            "These are 2 of 9, from offset 0 on. For the rest, call again with offset 2.",
        ),
        (
            Paging::None,
            json!({}),
            "These are the first 2 of 9. The rest is too long to show.",
        ),
    ] {
        let page = page(paging, arguments, &items);
        // The selected fields need not include the id.
        let chosen: Vec<_> = items.iter().map(|item| item["name"].clone()).collect();
        let fitted = fit(&json!(chosen), 14, RequestedPart::default());
        assert_eq!(fitted.text, r#"["a b","a b"]"#);
        let (kept, note) = shown(&items, 35, &page);
        assert_eq!(kept, json!(items[..2]));
        assert_eq!(note.as_deref(), Some(expected));
    }
    let page = page(Paging::Offset, json!({}), &items);
    let (_, note) = shown(&items, 20, &page);
    assert!(note.unwrap().starts_with("This is the first of 9. "));
}

#[test]
fn a_full_page_says_how_to_continue() {
    let items: Vec<_> = (0..20).map(|id| json!({"id": 100 - id})).collect();
    for (paging, arguments, len, expected) in [
        (Paging::Offset, json!({}), 20, Some("offset 20")),
        (
            Paging::Offset,
            json!({"count": null}),
            20,
            Some("offset 20"),
        ),
        (Paging::Offset, json!({"offset": 40}), 20, Some("offset 60")),
        (Paging::Offset, json!({"count": 5}), 5, Some("offset 5")),
        (Paging::Offset, json!({"count": 100}), 20, None),
        (Paging::Offset, json!({}), 19, None),
        (Paging::Offset, json!({"count": 0}), 0, None),
        (Paging::Id, json!({}), 20, Some("maxId 81")),
        (Paging::Id, json!({"order": "asc"}), 20, Some("minId 81")),
        (Paging::Id, json!({"count": 2}), 2, Some("maxId 99")),
        (Paging::Id, json!({"count": 1}), 1, Some("maxId 100")),
        (Paging::Id, json!({"count": 3}), 2, None),
        (Paging::Versions, json!({}), 20, Some("offset 20")),
        (Paging::Versions, json!({}), 19, None),
        (Paging::Whole, json!({}), 20, None),
        (Paging::None, json!({}), 20, None),
    ] {
        let items = &items[..len];
        let page = page(paging, arguments.clone(), items);
        let (_, note) = shown(items, 50_000, &page);
        let expected = expected.map(|next| format!("There may be more: call again with {next}."));
        assert_eq!(note, expected, "{paging:?} {arguments}");
    }
}

#[test]
fn of_a_whole_list_the_hub_makes_pages() {
    let items: Vec<_> = (0..7).map(Value::from).collect();
    for (arguments, expected, note) in [
        (json!({}), 0..7, None),
        (
            json!({"count": 3}),
            0..3,
            Some("These are 3 of 7, from offset 0 on. For the rest, call again with offset 3."),
        ),
        (
            json!({"offset": 3, "count": 3}),
            3..6,
            Some("These are 3 of 7, from offset 3 on. For the rest, call again with offset 6."),
        ),
        (
            json!({"offset": 6, "count": 3}),
            6..7,
            Some("These are the last 1 of 7, from offset 6 on."),
        ),
        (
            json!({"offset": 9}),
            7..7,
            Some("The list has only 7 entries: offset 9 is past its end."),
        ),
    ] {
        let page = page(Paging::Whole, arguments, &items);
        let (kept, said) = shown(&items, 500, &page);
        assert_eq!(kept, json!(items[expected]));
        assert_eq!(said.as_deref(), note);
    }
    let mut arguments = json!({"offset": 3, "count": 2, "a": 1})
        .as_object()
        .unwrap()
        .clone();
    Page::of(Paging::Whole, USUAL_COUNT, &mut arguments);
    assert_eq!(
        json!(arguments),
        json!({"a": 1}),
        "Backlog is not asked for it"
    );
}

#[test]
fn versions_come_to_the_end_of_what_backlog_shows() {
    let version = |number: u64| json!({"version": number});
    let items: Vec<_> = (1..=100).rev().map(|number| version(number + 30)).collect();
    for (arguments, asked, len, note) in [
        (
            json!({}),
            None,
            20,
            Some("There may be more: call again with offset 20."),
        ),
        (
            json!({"offset": 20}),
            Some(40),
            40,
            Some("There may be more: call again with offset 40."),
        ),
        (json!({"offset": 90}), Some(100), 95, None),
        (
            json!({"offset": 90}),
            Some(100),
            100,
            Some(
                "Backlog returns at most the newest 100. For more, call again with maxId 31 \
                 and offset 0; if nothing is returned, oldest first with order asc.",
            ),
        ),
    ] {
        let mut sent = arguments.as_object().unwrap().clone();
        Page::of(Paging::Versions, USUAL_COUNT, &mut sent);
        assert_eq!(sent.get(COUNT).and_then(Value::as_u64), asked);
        assert_eq!(sent.get(OFFSET), None);
        let page = page(Paging::Versions, arguments, &items[..len]);
        let (_, said) = shown(&items[..len], 50_000, &page);
        assert_eq!(said.as_deref(), note);
    }
}

#[test]
fn filtered_items_count_for_the_next_offset() {
    let items: Vec<_> = (0..20)
        .map(|id| json!({"id": 100 - id, "name": "a b"}))
        .collect();
    let some: Vec<_> = items.iter().skip(1).step_by(3).cloned().collect();
    for (paging, after_all, after_two, first) in [
        (
            Paging::Offset,
            "offset 20.",
            "offset 5 and count 2.",
            json!({"offset": 1, "count": 1}),
        ),
        (
            Paging::Id,
            "maxId 81.",
            "maxId 96.",
            json!({"maxId": 100, "count": 1}),
        ),
    ] {
        let mut page = page(paging, json!({}), &items);
        page.filtered(&json!(some));
        let note = shown(&some, 50_000, &page).1.unwrap();
        assert!(note.ends_with(after_all), "{note}");
        let note = shown(&some, 35, &page).1.unwrap();
        assert!(note.starts_with("These are the first 2 of 7."), "{note}");
        assert!(note.ends_with(after_two), "{note}");
        let only: Map<_, _> = page
            .only_first()
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect();
        assert_eq!(json!(only), first);
        page.filtered(&json!([]));
        let note = shown(&[], 50, &page).1.unwrap();
        assert!(note.ends_with(after_all), "{note}");
    }
}
