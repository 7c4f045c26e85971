//! The input errors of a call, which are reported together.

use super::WorkError;

/// The maximum number of problems in an error.
const MAX_LISTED: usize = 10;

/// The input errors of a call.
#[derive(Debug, Default)]
pub(crate) struct Problems(Vec<String>);

impl Problems {
    /// The value that was read; `None` if its input is wrong, which is kept.
    ///
    /// # Errors
    /// An operation failed, so that reading on makes no sense.
    pub(crate) fn keep<T>(&mut self, read: Result<T, WorkError>) -> Result<Option<T>, WorkError> {
        match read {
            Ok(value) => Ok(Some(value)),
            Err(WorkError::Arguments(reason)) => {
                reason.lines().for_each(|line| self.add(line.to_owned()));
                Ok(None)
            }
            Err(error @ WorkError::Operation(_)) => Err(error),
        }
    }

    /// Keeps a problem, once.
    pub(crate) fn add(&mut self, problem: String) {
        if !self.0.contains(&problem) {
            self.0.push(problem);
        }
    }

    /// Ends the reading of inputs.
    ///
    /// # Errors
    /// There was a problem; the text has each one on its own line.
    pub(crate) fn end(mut self) -> Result<(), WorkError> {
        if self.0.is_empty() {
            return Ok(());
        }
        let more = self.0.len().saturating_sub(MAX_LISTED);
        self.0.truncate(MAX_LISTED);
        if more > 0 {
            self.0.push(format!("and {more} more"));
        }
        Err(WorkError::Arguments(self.0.join("\n")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(reason: &str) -> Result<(), WorkError> {
        Err(WorkError::Arguments(reason.to_owned()))
    }

    #[test]
    fn each_problem_is_reported_once() {
        let mut problems = Problems::default();
        assert_eq!(problems.keep(Ok(1)).unwrap(), Some(1));
        for reason in ["due: a", "due: a\nstart: b", "start: b"] {
            assert_eq!(problems.keep(wrong(reason)).unwrap(), None);
        }
        let Err(WorkError::Arguments(text)) = problems.end() else {
            panic!("there are problems");
        };
        assert_eq!(text, "due: a\nstart: b");
        Problems::default().end().unwrap();
    }

    #[test]
    fn a_long_list_says_how_many_are_left_out() {
        let mut problems = Problems::default();
        (0..13).for_each(|number| problems.add(number.to_string()));
        let Err(WorkError::Arguments(text)) = problems.end() else {
            panic!("there are problems");
        };
        assert!(text.ends_with("9\nand 3 more"), "{text}");
    }
}
