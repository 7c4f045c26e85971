use serde_json::json;

use super::*;

#[test]
fn values_have_many_forms() {
    let one = json!([{"id": "Severity", "value": "S1"}]);
    for form in [
        one.clone(),
        json!({"id": "Severity", "value": "S1"}),
        json!({"name": "Severity", "value": "S1"}),
        json!({"Severity": "S1"}),
        json!([{"Severity": "S1"}]),
        json!("[{\"id\":\"Severity\",\"value\":\"S1\"}]"),
        json!("{\"Severity\":\"S1\"}"),
        json!(["{\"Severity\":\"S1\"}"]),
        json!([{"id": "Severity", "value": "S1", "otherValue": null}]),
    ] {
        let read = values(form.clone(), Mode::Changing);
        assert_eq!(read.map(Value::Array).as_ref(), Ok(&one), "{form}");
    }
    let by_id = values(json!({"customField_12": [1, 2]}), Mode::Creating);
    assert_eq!(by_id, Ok(vec![json!({"value": [1, 2], "id": "12"})]));
    let marked = values(json!([{"id": "id:12", "value": "x"}]), Mode::Creating);
    assert_eq!(marked, Ok(vec![json!({"id": 12, "value": "x"})]));
    let item = values(
        json!([{"id": 12, "value": {"id": 3, "name": "S3"}}]),
        Mode::Creating,
    );
    assert_eq!(item, Ok(vec![json!({"id": 12, "value": 3})]));
}

#[test]
fn an_empty_value_removes_where_something_is_changed() {
    for empty in [json!(null), json!(""), json!([])] {
        let field = json!([{"id": 12, "value": empty}]);
        let changed = values(field.clone(), Mode::Changing);
        assert_eq!(changed, Ok(vec![json!({"id": 12, "value": ""})]), "{field}");
        assert_eq!(values(field.clone(), Mode::Creating), Ok(vec![]), "{field}");
    }
    let other = json!([{"id": 12, "value": null, "otherValue": "x"}]);
    let expected = vec![json!({"id": 12, "otherValue": "x"})];
    assert_eq!(values(other, Mode::Changing), Ok(expected));
    let error = values(json!([{"id": "Ticket ref"}]), Mode::Changing).unwrap_err();
    assert!(error.starts_with("[0].value: is required"), "{error}");
}

#[test]
fn an_invalid_custom_field_is_reported() {
    for (field, expected) in [
        (json!([1]), ": expected objects, received 1"),
        (
            json!("Severity"),
            ": expected a list of objects, received string \"Severity\"",
        ),
        (
            json!([{"id": 1, "value": 2, "colour": 3}]),
            "[0].colour: unknown key",
        ),
    ] {
        let error = values(field.clone(), Mode::Changing).unwrap_err();
        assert!(error.starts_with(expected), "{field}: {error}");
    }
}

fn now() -> DateTime<chrono::Utc> {
    "2026-12-01T00:00:00Z".parse().unwrap()
}

#[test]
fn conditions_are_read_by_their_type() {
    let read = filters(
        json!([
            {"type": "date", "id": 1, "min": "2026/10/20", "max": null},
            {"type": "numeric", "id": 2, "min": "１２"},
            {"type": "list", "id": 3, "value": ["7"]},
            {"type": "list", "id": "Severity", "value": ["7"]},
            {"type": "date", "id": 4, "max": "来週の金曜"},
        ]),
        &now(),
    );
    let expected = vec![
        json!({"type": "date", "id": 1, "min": "2026-10-20"}),
        json!({"type": "numeric", "id": 2, "min": 12}),
        json!({"type": "list", "id": 3, "value": [7]}),
        json!({"type": "list", "id": "Severity", "value": ["7"]}),
        json!({"type": "date", "id": 4, "max": "2026-12-11"}),
    ];
    assert_eq!(read, Ok(expected));
    let error = filters(json!({"Severity": "S1"}), &now()).unwrap_err();
    assert!(
        error.contains("available types: text, numeric, date, list"),
        "{error}"
    );
    let error = filters(
        json!([{"type": "numeric", "id": 2, "min": "1,200"}]),
        &now(),
    )
    .unwrap_err();
    assert!(
        error.starts_with("[0].min: expected a number such as 2.5"),
        "{error}"
    );
}
