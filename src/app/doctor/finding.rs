//! The results of the checks.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Good,
    /// The service runs, but the operator should look into it.
    Doubtful,
    Bad,
}

impl Verdict {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Good => "ok",
            Self::Doubtful => "warn",
            Self::Bad => "FAIL",
        }
    }
}

/// The result of one check.
#[derive(Debug, PartialEq, Eq)]
pub struct Finding {
    pub verdict: Verdict,
    pub what: String,
    /// The result, and what to do unless it is good.
    pub text: String,
}

#[derive(Default)]
pub(super) struct Findings(pub Vec<Finding>);

impl Findings {
    pub(super) fn add(
        &mut self,
        verdict: Verdict,
        what: impl Into<String>,
        text: impl Into<String>,
    ) {
        self.0.push(Finding {
            verdict,
            what: what.into(),
            text: text.into(),
        });
    }

    pub(super) fn good(&mut self, what: impl Into<String>, text: impl Into<String>) {
        self.add(Verdict::Good, what, text);
    }

    pub(super) fn bad(&mut self, what: impl Into<String>, text: impl Into<String>) {
        self.add(Verdict::Bad, what, text);
    }
}
