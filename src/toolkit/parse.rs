//! Parses the arguments of a call into the type of its tool, and reports which one is invalid.

use rmcp::model::JsonObject;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Parses the arguments into the tool's input. Unknown arguments are ignored.
///
/// # Errors
/// An argument is invalid, with a text such as `projectId[0]: expected an integer, received string
/// "abc"`.
pub(crate) fn parse<T: DeserializeOwned>(arguments: JsonObject) -> Result<T, String> {
    let arguments = Value::Object(arguments);
    serde_path_to_error::deserialize(arguments).map_err(|error| {
        let path = error.path().to_string();
        describe(&path, &error.into_inner().to_string())
    })
}

/// Whether a value counts as absent, by the rules of [`Operation::fill`](backlog_client::Operation::fill).
pub(crate) fn names_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Number(number) => number.as_f64() <= Some(0.0),
        Value::String(text) => text.is_empty(),
        _ => false,
    }
}

/// Rewrites serde's message so that it starts with the argument.
fn describe(path: &str, message: &str) -> String {
    let at_root = path == ".";
    if let Some(field) = between(message, "missing field `", "`") {
        return match at_root {
            true => format!("{field}: is required"),
            false => format!("{path}.{field}: is required"),
        };
    }
    let wrong = message
        .strip_prefix("invalid type: ")
        .or_else(|| message.strip_prefix("invalid value: "));
    let message = match wrong.and_then(|text| text.rsplit_once(", expected ")) {
        Some((received, "a sequence")) => format!("expected a list, received {received}"),
        Some((received, expected)) => format!("expected {expected}, received {received}"),
        None => message.to_owned(),
    };
    match at_root {
        true => message,
        false => format!("{path}: {message}"),
    }
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<&'a str> {
    text.strip_prefix(before)?.strip_suffix(after)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::tools::issue::{AddIssue, GetIssues, UpdateIssue};

    fn error<T: DeserializeOwned>(arguments: Value) -> String {
        let Value::Object(arguments) = arguments else {
            panic!("arguments are an object");
        };
        match parse::<T>(arguments) {
            Ok(_) => panic!("accepted"),
            Err(error) => error,
        }
    }

    #[test]
    fn names_the_argument_and_what_it_should_be() {
        for (arguments, expected) in [
            (
                json!({"projectId": ["abc"]}),
                r#"projectId[0]: expected an integer, received string "abc""#,
            ),
            (
                json!({"projectId": 12}),
                "projectId: expected a list, received integer `12`",
            ),
            (
                json!({"count": 1.5}),
                "count: expected an integer, received floating point `1.5`",
            ),
            (
                json!({"count": 1e300}),
                "count: expected an integer, received floating point `1e+300`",
            ),
            (
                json!({"count": 9_007_199_254_740_993_i64}),
                "count: expected an integer, received integer `9007199254740993`",
            ),
            (
                json!({"count": "20"}),
                r#"count: expected an integer, received string "20""#,
            ),
            (
                json!({"dueDateSince": "2026/01/02"}),
                r#"dueDateSince: expected a date as yyyy-MM-dd, received string "2026/01/02""#,
            ),
            (
                json!({"dueDateSince": "2026-02-30"}),
                r#"dueDateSince: expected a date as yyyy-MM-dd, received string "2026-02-30""#,
            ),
            (
                json!({"order": "up"}),
                "order: unknown variant `up`, expected `asc` or `desc`",
            ),
            (
                json!({"customFields": [{"type": "numeric", "id": 1}]}),
                "customFields[0]: a numeric filter needs min or max",
            ),
            (
                json!({"customFields": [{"type": "list", "id": 1, "value": []}]}),
                "customFields[0]: expected a number or a list of numbers, at least one",
            ),
        ] {
            assert_eq!(error::<GetIssues>(arguments), expected);
        }
    }

    #[test]
    fn names_what_is_missing() {
        let arguments = json!({"projectId": 1, "issueTypeId": 2, "priorityId": 3});
        assert_eq!(error::<AddIssue>(arguments), "summary: is required");
        let arguments = json!({"customFields": [{"value": "x"}]});
        assert_eq!(
            error::<UpdateIssue>(arguments),
            "customFields[0].id: is required"
        );
        let arguments = json!({"customFields": [{"id": 1, "value": true}]});
        assert_eq!(
            error::<UpdateIssue>(arguments),
            "customFields[0].value: expected a string, a number, or a list of either"
        );
    }

    #[test]
    fn null_is_absent_and_whole_floats_are_integers() {
        let arguments = json!({"projectId": null, "count": 12.0, "unknown": true});
        let Value::Object(arguments) = arguments else {
            unreachable!()
        };
        let input: GetIssues = parse(arguments).unwrap();
        assert_eq!(serde_json::to_value(input).unwrap()["count"], json!(12));
        assert!(parse::<GetIssues>(JsonObject::new()).is_ok());
    }
}
