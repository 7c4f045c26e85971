//! The form that asks the user, and the decision that the client returns.

use rmcp::{
    ErrorData, RoleServer,
    model::{
        ElicitRequest, ElicitRequestParams, ElicitResult, ElicitationAction, ElicitationSchema,
        InputRequest, InputRequests, InputResponses,
    },
    service::RequestContext,
};
use serde_json::Value;

use crate::toolkit::consent::Decision;

/// The name of the question, and of its only field.
const CONFIRM: &str = "confirm";

/// Whether the client can show a form. One that declares no mode has this one.
pub(super) fn is_supported(context: &RequestContext<RoleServer>) -> bool {
    let capabilities = context.client_capabilities();
    let elicitation = capabilities.and_then(|capabilities| capabilities.elicitation);
    elicitation.is_some_and(|modes| modes.form.is_some() || modes.url.is_none())
}

/// The question for the client to ask.
pub(super) fn requests(message: String) -> InputRequests {
    let field = |field: rmcp::model::BooleanSchema| field.title("Yes, do it").with_default(false);
    let schema = ElicitationSchema::builder().required_bool_with(CONFIRM, field);
    let params = ElicitRequestParams::FormElicitationParams {
        meta: None,
        message,
        requested_schema: schema
            .build()
            .unwrap_or_else(|reason| unreachable!("the field is a boolean: {reason}")),
    };
    let request = InputRequest::Elicitation(ElicitRequest::new(params));
    [(CONFIRM.to_owned(), request)].into()
}

/// The user's decision; `None` if the client returns none.
///
/// # Errors
/// It is none: −32602.
pub(super) fn decision(responses: Option<&InputResponses>) -> Result<Option<Decision>, ErrorData> {
    let Some(response) = responses.and_then(|responses| responses.get(CONFIRM)) else {
        return Ok(None);
    };
    let result: ElicitResult = serde_json::from_value(response.clone())
        .map_err(|error| invalid(&format!("expected the result of an elicitation: {error}")))?;
    Ok(Some(match result.action {
        ElicitationAction::Accept => {
            match result.content.as_ref().map(|content| &content[CONFIRM]) {
                Some(Value::Bool(true)) => Decision::Accepted,
                Some(Value::Bool(false)) => Decision::Declined,
                _ => return Err(invalid("content.confirm must be true or false")),
            }
        }
        ElicitationAction::Decline => Decision::Declined,
        ElicitationAction::Cancel => Decision::Canceled,
        _ => return Err(invalid("action must be accept, decline or cancel")),
    }))
}

fn invalid(reason: &str) -> ErrorData {
    ErrorData::invalid_params(format!("inputResponses.{CONFIRM}: {reason}"), None)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_an_explicit_yes_accepts() {
        for (response, expected) in [
            (
                json!({"action": "accept", "content": {"confirm": true}}),
                Ok(Decision::Accepted),
            ),
            (
                json!({"action": "accept", "content": {"confirm": false}}),
                Ok(Decision::Declined),
            ),
            (json!({"action": "decline"}), Ok(Decision::Declined)),
            (json!({"action": "cancel"}), Ok(Decision::Canceled)),
            (json!({"action": "accept"}), Err("content.confirm")),
            (
                json!({"action": "accept", "content": {"confirm": "true"}}),
                Err("content.confirm"),
            ),
            (
                json!({"action": "accept", "content": [true]}),
                Err("content.confirm"),
            ),
            (json!({"action": "yes"}), Err("expected the result")),
            (json!("accept"), Err("expected the result")),
        ] {
            let responses: InputResponses = [("confirm".to_owned(), response.clone())].into();
            match (decision(Some(&responses)), expected) {
                (Ok(found), Ok(expected)) => assert_eq!(found, Some(expected), "{response}"),
                (Err(error), Err(expected)) => {
                    assert_eq!(error.code.0, -32602);
                    assert!(
                        error.message.contains(expected),
                        "{response}: {}",
                        error.message
                    );
                }
                (found, _) => panic!("{response}: {found:?}"),
            }
        }
        let others: InputResponses = [("other".to_owned(), json!({"action": "accept"}))].into();
        assert_eq!(decision(Some(&others)).unwrap(), None);
        assert_eq!(decision(None).unwrap(), None);
    }
}
