//! The error text for a failed request to Backlog: first what to do, then what Backlog reported.
//!
//! For a change that may have been made, the text asks to check first; a change that Backlog
//! rejected must not be retried as it is ([`Fate`]). A read may be retried unless Backlog rejected
//! it.

use std::fmt::Write;

use backlog_client::{BacklogError, Content, ErrorItem, Fate};

use super::{access::access, advice, context::Context, wait::time};
use crate::{accounts::access::AccessError, toolkit::error::About};

/// The result of a call that has changed something, where the actual response was lost or did not
/// fit.
pub(crate) const DONE: &str = "The change was made, but Backlog's response could not be delivered. Do not \
    repeat the call: read the item to see the result.";

/// The advice for a change that may have been made.
const CHECK: &str = "The change may have been made: check before you try again.";

const ADDRESS: &str = "BACKLOG_DOMAIN, or the address of the space at this server";

pub(super) fn explain(error: &BacklogError, about: &About, context: Context<'_>) -> String {
    let fate = (!about.is_read()).then(|| error.fate());
    let advice = match (error, fate) {
        (_, Some(Fate::Done)) => return DONE.to_owned(),
        (BacklogError::Unauthorized, _) => return access(AccessError::SignInAgain),
        (BacklogError::RateLimited { until, .. }, fate) => {
            let check = if fate == Some(Fate::Unknown) {
                CHECK
            } else {
                ""
            };
            let again = format!("Try again {}, with fewer calls.", time(*until, context.now));
            format!("{check} {again}").trim_start().to_owned()
        }
        (error, Some(Fate::Unknown)) => match cause(error, about, context) {
            Some(cause) => format!("{CHECK} {cause}"),
            None => CHECK.to_owned(),
        },
        (error, _) => to_do(error, about, context),
    };
    let said = said(error, about);
    match advice.as_str() {
        "" => said,
        advice => format!("{advice}\n{said}"),
    }
}

/// Returns what to fix before a change of unknown fate is tried again.
fn cause(error: &BacklogError, about: &About, context: Context<'_>) -> Option<String> {
    match error {
        BacklogError::UnexpectedBody { status, .. } if is_redirect(*status) => {
            Some(by_status(*status, about, context))
        }
        BacklogError::Api { errors, .. } => {
            let code = errors.first().map_or(0, |error| error.code);
            let advice = advice::advice(code, about.template, context.inputs);
            advice.filter(|_| code != ErrorItem::NOT_FOUND)
        }
        _ => None,
    }
}

/// Returns what to do about a failure that changed nothing.
fn to_do(error: &BacklogError, about: &About, context: Context<'_>) -> String {
    let text = match error {
        BacklogError::Api { status, errors } => return by_code(*status, errors, about, context),
        BacklogError::UnexpectedBody {
            status: status @ 200..300,
            body,
        } => return unread(*status, *body),
        BacklogError::UnexpectedBody { status, .. } => {
            return by_status(*status, about, context);
        }
        BacklogError::Unreachable => "Nothing was sent: try again in a moment.",
        BacklogError::Busy => "Nothing was sent: try again in a few seconds.",
        BacklogError::TooLong => {
            "Nothing was sent: give fewer ids or shorter texts, in several calls if necessary."
        }
        BacklogError::TooLarge { .. } => "Ask for less: fewer rows (`count`) or narrower filters.",
        BacklogError::TooManyValues { .. } => {
            "Ask for less: fewer rows (`count`), narrower filters, or one item by its id. The \
             same request would be rejected again."
        }
        BacklogError::SiteNotAllowed => {
            "Nothing was sent. To use this site, ask the operator of this server to add it to \
             BACKLOG_SITES."
        }
        _ => "Try again in a moment.",
    };
    text.to_owned()
}

/// Advises on a success that is not Backlog's JSON.
fn unread(status: u16, body: Content) -> String {
    match body {
        Content::Html => format!(
            "This may be a sign-in or maintenance page: try again later. If the problem persists, \
             check {ADDRESS}."
        ),
        _ if status == 204 => String::new(),
        _ => "Try again in a moment. If the problem persists, ask for less or for something \
             else."
            .to_owned(),
    }
}

/// Advises on a response without Backlog's own errors, by its status.
fn by_status(status: u16, about: &About, context: Context<'_>) -> String {
    let text = match status {
        _ if is_redirect(status) => return format!("The space has moved: check {ADDRESS}."),
        400 => "Check the arguments: Backlog, or a proxy in front of it, rejects the request.",
        403 => {
            "Check that the Backlog account has permission to do this, and that neither a \
             firewall nor a restriction of the space blocks this server's address."
        }
        404 | 410 => {
            let check = advice::not_found(about.template, context.inputs);
            return format!("{check} If every call fails like this, check {ADDRESS}.");
        }
        407 => "A proxy requires credentials: ask the operator of this server to configure it.",
        408 => "Try again in a moment.",
        413 => "Send less in one call: a smaller file or a shorter text.",
        414 | 431 => "Send less in one call: fewer ids, a shorter keyword or a shorter text.",
        status if (400..500).contains(&status) => {
            "Backlog, or a proxy in front of it, rejects this request and will reject it every \
             time."
        }
        status if status >= 500 => {
            "Try again later: Backlog, or a proxy in front of it, is not working right now."
        }
        _ => "Try again later: a proxy may be in the way.",
    };
    text.to_owned()
}

fn is_redirect(status: u16) -> bool {
    matches!(status, 301 | 302 | 303 | 307 | 308)
}

/// Advises on a rejection that Backlog explained.
fn by_code(status: u16, errors: &[ErrorItem], about: &About, context: Context<'_>) -> String {
    let code = errors.first().map_or(0, |error| error.code);
    let mut text = advice::advice(code, about.template, context.inputs).unwrap_or_default();
    if status == 408 || !(400..500).contains(&status) {
        text = format!("Try again later. {text}").trim_end().to_owned();
    }
    let named = context.named.iter().map(|input| input.argument.as_str());
    for argument in named.filter(|argument| errors.iter().any(|it| names(&it.message, argument))) {
        let _ = write!(
            text,
            " {argument} also accepts a name, which is checked before the call."
        );
    }
    text
}

/// Whether a message names an argument as a separate word.
fn names(message: &str, argument: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    message.split(|c| !is_part(c)).any(|word| word == argument)
}

fn said(error: &BacklogError, about: &About) -> String {
    let request = about;
    match error {
        BacklogError::RateLimited { status: None, .. } => {
            "Backlog's rate limit for this user is used up. Nothing was sent.".to_owned()
        }
        BacklogError::RateLimited {
            status: Some(status),
            ..
        } => format!("Backlog's rate limit for this user is used up (HTTP {status})."),
        BacklogError::Api { status, errors } => api(*status, errors, about),
        BacklogError::UnexpectedBody { status, body } => format!(
            "Backlog returned HTTP {status} with {} ({request}).",
            body.as_str()
        ),
        BacklogError::Unreachable => format!("Backlog could not be reached ({request})."),
        BacklogError::TooLong => format!("The request is too long ({request})."),
        BacklogError::Timeout => format!("Backlog did not respond in time ({request})."),
        BacklogError::Connection => format!("The connection to Backlog was lost ({request})."),
        BacklogError::Busy => {
            "Too many of your requests to this Backlog space are under way.".to_owned()
        }
        BacklogError::NoMemory => {
            format!("This server is busy with other large responses of Backlog ({request}).")
        }
        BacklogError::TooLarge { limit } => {
            format!("Backlog's response is larger than {limit} bytes ({request}).")
        }
        BacklogError::TooManyValues { limit } => {
            format!("Backlog's response has more than {limit} values ({request}).")
        }
        BacklogError::SiteNotAllowed => {
            "This server may not use the Backlog site of this space.".to_owned()
        }
        BacklogError::Unauthorized | BacklogError::Unread => String::new(),
    }
}

fn api(status: u16, errors: &[ErrorItem], about: &About) -> String {
    let code = errors.first().map_or(0, |error| error.code);
    let mut text = String::new();
    for error in errors.iter().filter(|error| !error.message.is_empty()) {
        let _ = write!(text, "Backlog said: {}", error.message);
        if !error.more_info.is_empty() {
            let _ = write!(text, " ({})", error.more_info);
        }
        text.push('\n');
    }
    let _ = write!(
        text,
        "Backlog API error (code: {code}, status: {status}) in {about}"
    );
    text
}
