//! The part of a list of issues that a result shows.

use serde_json::{Value, json};

/// Which part of all issues a result shows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shown {
    pub offset: usize,
    pub number: usize,
    pub total: usize,
}

impl Shown {
    pub(crate) fn next_offset(self) -> Option<usize> {
        let next = self.offset + self.number;
        (self.number > 0 && next < self.total).then_some(next)
    }

    /// `Issues 1 to 50 of 214; continue with offset 50.`
    pub(crate) fn first_line(self, is_count: bool) -> String {
        let Self {
            offset,
            number,
            total,
        } = self;
        let issues = plural(total);
        match (number, self.next_offset()) {
            _ if total == 0 => "No issue fits.\n".to_owned(),
            _ if is_count => format!("{issues}; limit 0 lists none of them.\n"),
            (0, _) => format!("There is nothing at offset {offset}: {issues} in all.\n"),
            (number, None) if number == total => format!("{issues}.\n"),
            (number, next) => {
                let (first, last) = (offset + 1, offset + number);
                let next = match next {
                    Some(next) => format!("continue with offset {next}"),
                    None => "this is the end".to_owned(),
                };
                format!("Part of a longer list: {first} to {last} of {issues}; {next}.\n")
            }
        }
    }

    pub(crate) fn structured(self) -> Value {
        json!({
            "offset": self.offset,
            "total": self.total,
            "next_offset": self.next_offset(),
        })
    }
}

pub(super) fn plural(number: usize) -> String {
    match number {
        1 => "1 issue".to_owned(),
        _ => format!("{number} issues"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_says_which_part_it_is() {
        for (offset, number, total, expected) in [
            (0, 0, 0, "No issue fits."),
            (0, 1, 1, "1 issue."),
            (0, 7, 7, "7 issues."),
            (
                0,
                50,
                51,
                "Part of a longer list: 1 to 50 of 51 issues; continue with offset 50.",
            ),
            (
                50,
                1,
                51,
                "Part of a longer list: 51 to 51 of 51 issues; this is the end.",
            ),
            (
                60,
                0,
                51,
                "There is nothing at offset 60: 51 issues in all.",
            ),
        ] {
            let shown = Shown {
                offset,
                number,
                total,
            };
            assert_eq!(shown.first_line(false).trim_end(), expected);
        }
    }
}
