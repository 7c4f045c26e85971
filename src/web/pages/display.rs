//! Makes untrusted text safe to read.
//!
//! A client chooses its own name, so it could deceive users by hiding characters, by reordering the
//! line around it, or by pushing the hub's own words out of sight. The result is one short line of
//! visible characters. It is not escaped; the template does that.

/// The maximum number of combining marks on one letter; natural writing needs two.
const MAX_MARKS: usize = 2;

/// One line of at most `max` characters, without control, formatting and blank characters, with
/// white space folded; `None` if nothing visible is left. A longer text ends in an ellipsis.
pub fn line(text: &str, max: usize) -> Option<String> {
    let visible = visible(text)?;
    if visible.chars().count() <= max {
        return Some(visible);
    }
    let kept: String = visible.chars().take(max.saturating_sub(1)).collect();
    Some(format!("{}…", kept.trim_end()))
}

/// A host or domain of at most `max` characters. A longer one loses its beginning: the end of a
/// host shows its owner.
pub fn host(text: &str, max: usize) -> String {
    let visible = visible(text).unwrap_or_default();
    let surplus = visible.chars().count().saturating_sub(max);
    if surplus == 0 {
        return visible;
    }
    let kept: String = visible.chars().skip(surplus + 1).collect();
    format!("…{kept}")
}

fn visible(text: &str) -> Option<String> {
    let mut out = String::new();
    let mut marks = 0;
    for c in text.chars() {
        if c.is_whitespace() {
            if !out.is_empty() && !out.ends_with(' ') {
                out.push(' ');
            }
            continue;
        }
        if is_invisible(c) {
            continue;
        }
        marks = if is_mark(c) { marks + 1 } else { 0 };
        if marks <= MAX_MARKS {
            out.push(c);
        }
    }
    out.truncate(out.trim_end().len());
    (!out.is_empty()).then_some(out)
}

/// The same text for a terminal, at full length. Characters that control the terminal or reorder
/// the line are shown as U+FFFD, so that an operator sees them. Joiners and variation selectors
/// stay: emoji, names and scripts need them.
pub fn printable(text: &str) -> String {
    let is_needed = |c| matches!(c, '\u{200c}' | '\u{200d}' | '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}');
    let shown = |c| match is_invisible(c) && !is_needed(c) {
        true => '\u{fffd}',
        false => c,
    };
    text.chars().map(shown).collect()
}

/// Controls, direction and formatting characters, and letters without a visible glyph.
fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180b}'..='\u{180f}'
            | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{2800}'
            | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
            | '\u{e000}'..='\u{f8ff}' | '\u{e0000}'..='\u{10ffff}')
}

/// Combining marks of the common blocks.
fn is_mark(c: char) -> bool {
    matches!(c,
        '\u{300}'..='\u{36f}' | '\u{483}'..='\u{489}' | '\u{1ab0}'..='\u{1aff}'
        | '\u{1dc0}'..='\u{1dff}' | '\u{20d0}'..='\u{20ff}' | '\u{fe20}'..='\u{fe2f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_names_stay() {
        for name in [
            "Claude",
            "VS Code – Insiders",
            "課題ボット",
            "مساعد",
            "Zoë's app",
        ] {
            assert_eq!(line(name, 60).as_deref(), Some(name));
        }
    }

    #[test]
    fn white_space_becomes_one_space() {
        let text = " a\r\n\t b\u{2028}c\u{3000}\u{a0}d ";
        assert_eq!(line(text, 60).as_deref(), Some("a b c d"));
    }

    #[test]
    fn hidden_and_reordering_characters_go() {
        let text = "Cl\u{200b}au\u{202e}de\u{2066}\u{feff}\u{0}\u{1b}[31m\u{e0041}\u{ad}";
        assert_eq!(line(text, 60).as_deref(), Some("Claude[31m"));
    }

    #[test]
    fn terminal_control_characters_are_made_visible() {
        for c in ('\u{202a}'..='\u{202e}').chain('\u{2066}'..='\u{2069}') {
            assert_eq!(printable(&format!("a{c}b")), "a\u{fffd}b", "{c:?}");
            assert_eq!(line(&format!("a{c}b"), 60).as_deref(), Some("ab"));
            assert_eq!(host(&format!("a{c}b"), 60), "ab");
        }
        for c in [
            '\0',
            '\n',
            '\u{1b}',
            '\u{9b}',
            '\u{200b}',
            '\u{200f}',
            '\u{61c}',
            '\u{feff}',
            '\u{e0041}',
        ] {
            assert_eq!(printable(&format!("a{c}b")), "a\u{fffd}b", "{c:?}");
        }
        for name in [
            "課題 ボット",
            "葛\u{e0100}飾区",
            "❤\u{fe0f}",
            "👨\u{200d}👩",
            "می\u{200c}خواهم",
        ] {
            assert_eq!(printable(name), name);
        }
    }

    #[test]
    fn a_name_of_nothing_is_no_name() {
        for name in [
            "",
            " \n ",
            "\u{200b}\u{2060}",
            "\u{3164}\u{115f}",
            "\u{2800}",
        ] {
            assert_eq!(line(name, 60), None, "{name:?}");
        }
    }

    #[test]
    fn piles_of_marks_are_cut() {
        let text = format!("a{}b", "\u{301}".repeat(500));
        assert_eq!(line(&text, 60).as_deref(), Some("a\u{301}\u{301}b"));
    }

    #[test]
    fn long_names_lose_their_end_and_long_hosts_their_beginning() {
        assert_eq!(line(&"x".repeat(61), 60).unwrap().chars().count(), 60);
        let long = format!("claude.ai.{}.evil.example", "a".repeat(200));
        let shown = host(&long, 40);
        assert_eq!(shown.chars().count(), 40);
        assert!(shown.starts_with('…') && shown.ends_with(".evil.example"));
        assert_eq!(host("acme.backlog.com", 40), "acme.backlog.com");
    }
}
