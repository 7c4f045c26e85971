//! The consent of the user to a call that asks before it acts.

/// The user's consent to a call, as far as the client can obtain it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Consent {
    /// The client cannot ask its user.
    #[default]
    Unavailable,
    /// The client can ask its user, and the user has not decided yet.
    Open,
    /// The user has decided about a subject.
    Decided { subject: String, decision: Decision },
}

/// The user's decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    Accepted,
    Declined,
    /// The user closed the question.
    Canceled,
}

/// A question to the user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Question {
    /// The key, name or digest of the things to change: a decision about another one is not enough.
    pub subject: String,
    /// The text that the user reads.
    pub text: String,
}

impl Consent {
    pub(crate) fn can_ask(&self) -> bool {
        *self != Self::Unavailable
    }

    /// Whether the user has accepted this subject.
    pub(crate) fn covers(&self, wanted: &str) -> bool {
        match self {
            Self::Decided { subject, decision } => {
                *decision == Decision::Accepted && subject == wanted
            }
            Self::Unavailable | Self::Open => false,
        }
    }

    /// The reason to do nothing: `the user declined`.
    pub(crate) fn refusal(&self) -> Option<&'static str> {
        match self {
            Self::Decided { decision, .. } => decision.refusal(),
            Self::Unavailable | Self::Open => None,
        }
    }
}

impl Decision {
    fn refusal(self) -> Option<&'static str> {
        match self {
            Self::Accepted => None,
            Self::Declined => Some("the user declined"),
            Self::Canceled => Some("the user closed the question"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_accepted_subject_is_covered() {
        let decided = |decision| Consent::Decided {
            subject: "HARBOR-2".to_owned(),
            decision,
        };
        for (consent, covers, refuses) in [
            (Consent::Unavailable, false, false),
            (Consent::Open, false, false),
            (decided(Decision::Accepted), true, false),
            (decided(Decision::Declined), false, true),
            (decided(Decision::Canceled), false, true),
        ] {
            assert_eq!(consent.covers("HARBOR-2"), covers, "{consent:?}");
            assert!(!consent.covers("HARBOR-3"), "{consent:?}");
            assert_eq!(consent.refusal().is_some(), refuses, "{consent:?}");
        }
    }
}
