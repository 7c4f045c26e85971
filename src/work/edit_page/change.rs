//! Makes the new text of a page; every byte outside the change stays.

use backlog_rendering::{Notation, hidden};
use markdown_sections::{Heading, append, find, outline, replace_once};

use crate::work::notation::{in_notation, of_sections};

/// A change of a text.
#[derive(Clone, Copy, Debug)]
pub(super) struct Change<'a> {
    pub old: Option<&'a str>,
    pub new: &'a str,
    pub section: Option<&'a str>,
    pub notation: Notation,
}

/// A changed text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Changed {
    pub content: String,
    /// What was put there.
    pub new: String,
}

impl Change<'_> {
    /// # Errors
    /// The place is not in the text exactly once, or nothing would change; the text is for the
    /// model.
    pub(super) fn apply(self, content: &str) -> Result<Changed, String> {
        let heading = match self.section {
            Some(section) => Some(self.heading(content, section)?),
            None => None,
        };
        let changed = match (self.old, heading) {
            (Some(old), heading) => {
                let (start, end) = match &heading {
                    Some(heading) => (heading.start.byte, heading.end.byte),
                    None => (0, content.len()),
                };
                let part = &content[start..end];
                let replaced = replace_once(part, old, self.new);
                let replaced =
                    replaced.map_err(|error| format!("old: {error}{}", Self::advice(part, old)))?;
                Changed {
                    content: [&content[..start], &replaced, &content[end..]].concat(),
                    new: self.new.to_owned(),
                }
            }
            (None, Some(heading)) => {
                let new = in_notation(self.new, self.notation);
                Changed {
                    content: append(content, &heading, &new),
                    new,
                }
            }
            (None, None) => return Err("old: is required, or section".to_owned()),
        };
        match changed.content == content {
            true => Err("new: is what is there already; nothing would change".to_owned()),
            false => Ok(changed),
        }
    }

    fn heading(self, content: &str, section: &str) -> Result<Heading, String> {
        let headings = outline(content, of_sections(self.notation));
        let found = find(&headings, section);
        found.cloned().map_err(|error| format!("section: {error}"))
    }

    /// A text that `fetch` shows without its hidden characters does not occur as it is shown.
    fn advice(content: &str, old: &str) -> &'static str {
        let cleaned = hidden::clean(content);
        match cleaned.removed > 0 && cleaned.text.contains(old) {
            true => {
                ". The page has invisible characters there, which fetch does not show; give a \
                 shorter text, or edit the page in Backlog"
            }
            false => "",
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn apply(
        content: &str,
        old: Option<&str>,
        new: &str,
        section: Option<&str>,
    ) -> Result<String, String> {
        let change = Change {
            old,
            new,
            section,
            notation: Notation::Markdown,
        };
        change.apply(content).map(|changed| changed.content)
    }

    const PAGE: &str = "# One\r\nsame\r\n\r\n# Two\r\nsame\r\n- a\r\n";

    #[test]
    fn a_change_keeps_the_rest() {
        for (old, new, section, expected) in [
            (
                Some("# Two"),
                "# 2",
                None,
                "# One\r\nsame\r\n\r\n# 2\r\nsame\r\n- a\r\n",
            ),
            (
                Some("same"),
                "new",
                Some("two"),
                "# One\r\nsame\r\n\r\n# Two\r\nnew\r\n- a\r\n",
            ),
            (
                None,
                "- b",
                Some("Two"),
                "# One\r\nsame\r\n\r\n# Two\r\nsame\r\n- a\r\n- b\r\n",
            ),
            (
                Some("same\n- a"),
                "x\ny",
                None,
                "# One\r\nsame\r\n\r\n# Two\r\nx\r\ny\r\n",
            ),
        ] {
            let changed = apply(PAGE, old, new, section);
            assert_eq!(changed.as_deref(), Ok(expected), "{old:?} {section:?}");
        }
    }

    #[test]
    fn a_place_that_is_not_there_once_is_an_error() {
        for (old, new, section, expected) in [
            (Some("same"), "x", None, "occurs 2 times, in lines [2, 5]"),
            (
                Some("sane"),
                "x",
                None,
                "does not occur; the nearest is line 2",
            ),
            (Some("# One"), "x", Some("Two"), "does not occur"),
            (Some("- a"), "- a", None, "nothing would change"),
            (None, "x", Some("Three"), "section: no heading matches"),
        ] {
            let error = apply(PAGE, old, new, section).unwrap_err();
            assert!(error.contains(expected), "{old:?}: {error}");
        }
        let error = apply("one \u{200b}two", Some("one two"), "x", None).unwrap_err();
        assert!(error.contains("invisible characters"), "{error}");
    }

    proptest! {
        #[test]
        fn every_byte_outside_stays(before in "[a潮\r\n#* ]{0,60}", after in "[a潮\r\n#* ]{0,60}", new in "[b\n]{1,5}") {
            let content = format!("{before}OLD{after}");
            let changed = apply(&content, Some("OLD"), &new, None).unwrap();
            prop_assert_eq!(changed, format!("{before}{new}{after}"));
        }
    }
}
