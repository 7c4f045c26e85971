//! Results of the operator's commands as text.

use comfy_table::{LineStyle, Table, presets};

use crate::web::pages::display;

/// A table with these column titles, or `None.` for an empty list.
pub(super) fn table<const N: usize>(titles: [&str; N], rows: Vec<[String; N]>) -> String {
    if rows.is_empty() {
        return "None.".to_owned();
    }
    let mut table = Table::new();
    let line = LineStyle::none().fill('─').junction('─');
    table.load_style(presets::NOTHING.header_separator(line));
    table.set_header(titles);
    for row in rows {
        // Some names come from unauthenticated clients; they must not control the terminal.
        table.add_row(row.map(|cell| display::printable(&cell)));
    }
    table.trim_fmt()
}

/// One record, with one line per field.
pub(super) fn sheet(lines: &[(&str, String)]) -> String {
    let width = lines.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    let lines: Vec<String> = lines
        .iter()
        .map(|(name, value)| format!("{name:width$}  {}", display::printable(value)))
        .collect();
    lines.join("\n")
}

pub(super) fn time(at: chrono::DateTime<chrono::Utc>) -> String {
    at.format("%Y-%m-%d %H:%M:%S").to_string()
}

pub(super) fn yes_no(is: bool) -> String {
    if is { "yes" } else { "no" }.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_a_client_chose_does_not_control_the_terminal() {
        let shown = table(["name"], vec![["a\u{1b}[2Jb\nc\u{9b}".to_owned()]]);
        assert!(!shown.replace('\n', "").chars().any(char::is_control));
        assert!(shown.contains("a\u{fffd}[2Jb\u{fffd}c"), "{shown}");
        assert!(sheet(&[("name", "\u{7}x".to_owned())]).ends_with("\u{fffd}x"));
        let shown = table(["name"], vec![["exe\u{202e}gpj".to_owned()]]);
        assert!(shown.contains("exe\u{fffd}gpj"), "{shown}");
        assert!(sheet(&[("name", "a\u{2067}b".to_owned())]).ends_with("a\u{fffd}b"));
    }
}
