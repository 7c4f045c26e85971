//! The notation of a project's texts.

use backlog_rendering::Notation;

/// Markdown in the notation of a project.
pub(super) fn in_notation(markdown: &str, notation: Notation) -> String {
    match notation {
        Notation::Markdown => markdown.to_owned(),
        Notation::Backlog => backlog_notation::from_markdown(markdown),
    }
}

/// The same notation for the crate that reads sections.
pub(super) fn of_sections(notation: Notation) -> markdown_sections::Notation {
    match notation {
        Notation::Markdown => markdown_sections::Notation::Markdown,
        Notation::Backlog => markdown_sections::Notation::Backlog,
    }
}
