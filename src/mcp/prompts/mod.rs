//! Prompts for common tasks. Their texts are in `templates/prompts`.
//!
//! A prompt instructs the model to call tools, so it is offered only to callers with these tools,
//! and has one text for the work tools and one for the classic tools. The user's input is put into
//! the text without hidden characters ([`hidden`]), and is for the model to judge. Calls with known
//! arguments are written with these as JSON, with names in place of ids.

mod definition;
mod given;
mod list;
mod templates;

use rmcp::{
    ErrorData,
    model::{
        CacheScope, GetPromptRequestParams, GetPromptResult, ListPromptsResult, Prompt,
        PromptArgument, PromptMessage, Role,
    },
};

use super::reader::Reader;
use crate::{calls::services::Services, toolkit::hidden};
pub(super) use definition::Holds;
use definition::{Argument, Definition, Text};
use given::Given;
use list::ALL;

/// How long a client may keep the list, in milliseconds.
const LIST_TTL_MS: u64 = 300_000;
/// The maximum length of an argument in bytes.
const LONGEST_ARGUMENT: usize = 64 << 10;

/// The prompts of the caller, each with the text for its tools.
fn offered<'a>(
    reader: &'a Reader<'_>,
) -> impl Iterator<Item = (&'static Definition, &'static Text)> + 'a {
    const PROMPTS: &[Definition] = &ALL;
    let may = |text: &&Text| text.tools.iter().all(|tool| reader.may(tool));
    PROMPTS
        .iter()
        .filter_map(move |prompt| Some((prompt, prompt.texts.iter().find(may)?)))
}

/// `prompts/list`
pub(super) fn list(reader: &Reader<'_>) -> ListPromptsResult {
    let prompts = offered(reader).map(|(prompt, _)| {
        let arguments = prompt.arguments.iter().map(|argument| {
            PromptArgument::new(argument.name)
                .with_description(argument.description)
                .with_required(argument.required)
        });
        Prompt::new(
            prompt.name,
            Some(prompt.description),
            Some(arguments.collect()),
        )
        .with_title(prompt.title)
    });
    ListPromptsResult::with_all_items(prompts.collect())
        .with_ttl_ms(LIST_TTL_MS)
        .with_cache_scope(CacheScope::Private)
}

/// Checks that the arguments are those of a prompt.
fn check(given: &Given<'_>, prompt: &Definition) -> Result<(), String> {
    for Argument { name, required, .. } in prompt.arguments {
        match given.arguments.get(*name) {
            Some(value) if !value.is_string() => {
                return Err(format!("{name} must be a string"));
            }
            _ => {}
        }
        match given.option(name) {
            None if *required => return Err(format!("{name} is required")),
            Some(text) if text.len() > LONGEST_ARGUMENT => {
                return Err(format!(
                    "{name} is longer than {LONGEST_ARGUMENT} bytes; shorten \
                                    it"
                ));
            }
            _ => {}
        }
    }
    Ok(())
}

/// `prompts/get`
pub(super) fn get(
    reader: &Reader<'_>,
    services: &Services,
    request: &GetPromptRequestParams,
) -> Result<GetPromptResult, ErrorData> {
    let invalid = |text: String| ErrorData::invalid_params(text, None);
    let found = offered(reader).find(|(prompt, _)| prompt.name == request.name);
    let Some((prompt, text)) = found else {
        return Err(invalid(format!(
            "unknown prompt {}; prompts/list returns the available ones",
            request.name
        )));
    };
    let given = Given {
        prefix: &services.options().prefix,
        registry: services.registry(),
        arguments: &request.arguments.clone().unwrap_or_default(),
    };
    check(&given, prompt).map_err(invalid)?;
    let text = (text.render)(&given)
        .map_err(|error| ErrorData::internal_error(error.to_string(), None))?;
    let hidden::Cleaned { text, removed } = hidden::clean(text.trim_end());
    let note = hidden::note(removed).map(|note| format!("\n\n({note})"));
    let text = text.into_owned() + note.as_deref().unwrap_or_default();
    let message = PromptMessage::new_text(Role::User, text);
    Ok(GetPromptResult::new(vec![message]).with_description(prompt.description))
}

/// Returns what an argument of a prompt holds; `None` if the caller is not offered such a prompt or
/// argument.
pub(super) fn holds(reader: &Reader<'_>, prompt: &str, argument: &str) -> Option<Holds> {
    let (prompt, _) = offered(reader).find(|(it, _)| it.name == prompt)?;
    let argument = prompt.arguments.iter().find(|it| it.name == argument)?;
    Some(argument.holds)
}
