//! Executes the call of a tool:
//!
//! 1. Refuse what the operator's policy or the grant's scopes do not allow.
//! 2. Normalize the arguments ([`reading`](crate::arguments::reading)), before any request to Backlog.
//! 3. Keep the call within the allowed projects ([`projects`](crate::calls::project_guard)), before and after
//!    the names among the arguments are looked up ([`names`](crate::calls::name_lookup)).
//! 4. Run the tool against Backlog.
//! 5. Reduce the outcome to the requested fields and part, and to the limit
//!    ([`ToolOutput`](super::output::ToolOutput)). Backlog's JSON is passed on unread where nothing has to be left out.
//! 6. Remove hidden characters ([`CallOutcome::cleaned`]).
//! 7. Set a challenge for the HTTP layer if the user must sign in again.
//!
//! The [`CallOutcome`] is written by the caller.

mod authorization;
mod call;
mod call_code;
mod classic;
mod deleted_item;
mod more_tools;
mod operations;
mod result;
mod sensitive_call;
mod steps;
mod uploaded;
mod uploads;
mod work;

use super::{
    call_outcome::CallOutcome,
    organizations,
    registered_tool::{Handler, RegisteredTool},
    services::Services,
};
use authorization::Stopped;
pub(crate) use call::Call;

/// Executes the call of a tool. Its outcome has no hidden characters.
pub(crate) async fn execute(
    services: &Services,
    tool: &RegisteredTool,
    call: Call<'_>,
) -> CallOutcome {
    let outcome = match tool.handler {
        Handler::Backlog(run)
            if services.options().confirm_deletes && sensitive_call::is_deletion(tool) =>
        {
            sensitive_call::execute(services, (tool, run), call).await
        }
        Handler::Backlog(run) => classic::execute(services, (tool, run), call).await,
        Handler::Work(work) => work::execute(services, (tool, work), call).await,
        Handler::FindTools => more_tools::find(services, tool, &call),
        Handler::RunTool => more_tools::run(services, tool, call).await,
        // In a box, because most calls do not need its memory.
        Handler::Uploads(kind) => Box::pin(uploads::execute(services, (tool, kind), call)).await,
        Handler::ListOrganizations => match call.caller.policy.check_name(&tool.meta) {
            Ok(()) => organizations::list(services.organizations(), &call.arguments),
            Err(denied) => Stopped::denied(services, (tool, &call.caller), denied).called,
        },
    };
    outcome.cleaned()
}
