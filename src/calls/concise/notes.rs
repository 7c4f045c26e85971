//! The note on a concise result.

use crate::{
    calls::prefix::ToolPrefix,
    toolkit::rest::{Rest, TEXT_LENGTH, Way},
};

/// The facts that the note reports.
pub(super) struct Facts<'a> {
    /// The time zone of the moments in it, if there are any.
    pub time_zone: Option<chrono_tz::Tz>,
    /// The URL of the space, if the result is a list of issues.
    pub issues_of: Option<&'a str>,
    /// The length to which texts were cut, if any was.
    pub cut_at: Option<usize>,
}

/// Writes the note; `None` if there is nothing to say.
pub(super) fn note(facts: &Facts<'_>, rest: Rest, prefix: &ToolPrefix) -> Option<String> {
    let mut sentences = Vec::new();
    sentences.extend(facts.time_zone.map(|zone| format!("Times are in {zone}.")));
    let page = facts
        .issues_of
        .map(|space| format!("An issue's page is {space}/view/ and its key."));
    sentences.extend(page);
    if let Some(length) = facts.cut_at {
        let way = match rest.way {
            Way::By(reading) => format!("{prefix}{} returns them whole", reading.tool),
            _ => format!("add {TEXT_LENGTH} to get more of them"),
        };
        sentences.push(format!("Texts are cut at {length} characters; {way}."));
    }
    (!sentences.is_empty()).then(|| sentences.join(" "))
}
