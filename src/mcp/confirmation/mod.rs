//! The confirmation of a call by the user, in the protocol versions in which a result can ask
//! (`input_required`).
//!
//! 1. The result of a call can be a question, if the client declares elicitation by form.
//! 2. The question is returned with a sealed state ([`state`]): the server keeps nothing, so any
//!    replica serves the next call.
//! 3. The client asks its user and repeats the call with the user's decision ([`form`]). A state
//!    that is not of exactly this call is an error (−32602).

mod form;
mod state;

use rmcp::{
    ErrorData, RoleServer,
    model::{CallToolRequestParams, InputRequiredResult, JsonObject, ProtocolVersion},
    service::RequestContext,
};

use crate::{
    calls::{binding::Binding, caller::Caller, services::Services},
    toolkit::consent::{Consent, Question},
};
use state::State;

/// The user's consent to a call, and what binds a question about it.
pub(super) struct Confirmation {
    pub consent: Consent,
    binding: Option<Binding>,
}

impl Confirmation {
    /// Reads the decision that a call has.
    ///
    /// # Errors
    /// The state is not of this call, or the decision cannot be read: −32602.
    pub(super) async fn read(
        services: &Services,
        caller: &Caller,
        request: &CallToolRequestParams,
        context: &RequestContext<RoleServer>,
    ) -> Result<Self, ErrorData> {
        // Earlier protocol versions have neither states nor results that ask.
        let unavailable = Self {
            consent: Consent::Unavailable,
            binding: None,
        };
        if context.protocol_version() < Some(ProtocolVersion::V_2026_07_28) {
            return Ok(unavailable);
        }
        let may_ask = form::is_supported(context) && may_ask(services, &request.name);
        if !may_ask && request.request_state.is_none() && request.input_responses.is_none() {
            return Ok(unavailable);
        }
        let none = JsonObject::new();
        let arguments = request.arguments.as_ref().unwrap_or(&none);
        let binding = Binding::of(caller, &request.name, arguments).await;
        let decided = match (&request.request_state, &request.input_responses) {
            (None, None) => None,
            (None, Some(_)) => {
                let reason =
                    "inputResponses: requestState is required; repeat the one of the result";
                return Err(ErrorData::invalid_params(reason, None));
            }
            (Some(sealed), responses) => {
                let state = State::open(&binding, services.keys(), sealed, services.now())?;
                let decision = form::decision(responses.as_ref())?;
                decision.map(|decision| (state.subject, decision))
            }
        };
        let consent = match decided {
            Some((subject, decision)) => Consent::Decided { subject, decision },
            None if may_ask => Consent::Open,
            None => Consent::Unavailable,
        };
        Ok(Self {
            consent,
            binding: Some(binding),
        })
    }

    /// The result that asks the user.
    ///
    /// # Errors
    /// The client cannot ask, so that no tool should have.
    pub(super) fn ask(
        &self,
        services: &Services,
        question: Question,
    ) -> Result<InputRequiredResult, ErrorData> {
        let Some(binding) = &self.binding else {
            let reason = "a tool asked the user of a client that cannot ask";
            return Err(ErrorData::internal_error(reason, None));
        };
        let state = State {
            subject: question.subject,
            expires: services.now() + state::LIFETIME,
        };
        let sealed = state.seal(binding, services.keys());
        let requests = form::requests(question.text);
        Ok(InputRequiredResult::new(Some(requests), Some(sealed)))
    }
}

/// Whether a call of the tool can ask.
fn may_ask(services: &Services, name: &str) -> bool {
    let tool = services.registry().get(name);
    tool.is_some_and(|tool| tool.may_ask(services.options()))
}
