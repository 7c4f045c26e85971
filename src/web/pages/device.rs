//! The pages that connect a device by its code (RFC 8628).
//!
//! The form of [`DevicePage`] posts `page`, the value that is valid for the session only, `action`
//! (`look`) and `user_code`. That of [`DeviceConsentPage`] posts `page`, `user_code`, `action`
//! (`approve` or `deny`), and access, levels and projects as on the consent page. Nothing is
//! preselected.

use askama::Template;

use super::{
    confirm,
    consent::{AskingClient, Levels, ProjectChoice, ProjectOptions, SpaceLine},
    display,
    frame::Frame,
    locale::Phrase,
};

/// The number of characters shown of what a user typed.
const TYPED_MAX: usize = 64;

#[derive(Clone, Debug, Template)]
#[template(path = "device.html")]
pub struct DevicePage {
    pub frame: Frame,
    /// The name of the user at Backlog.
    pub user: String,
    pub space: SpaceLine,
    /// What the user has typed.
    pub typed: String,
    pub problem: Option<CodeProblem>,
    /// The result of the previous form.
    pub outcome: Option<DeviceOutcome>,
    /// Sent back as `page`.
    pub page: String,
    /// The form's action, on this origin.
    pub form_action: String,
    /// The path of the connections page.
    pub account: String,
}

impl DevicePage {
    /// The page. The template uses no fallible filter, so this cannot fail.
    pub fn html(&self) -> String {
        self.to_string()
    }

    fn shown_user(&self) -> String {
        confirm::shown(&self.user)
    }

    fn shown_typed(&self) -> String {
        display::line(&self.typed, TYPED_MAX).unwrap_or_default()
    }
}

/// Why a code cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodeProblem {
    /// It does not have the form of a code.
    Malformed,
    /// It is unknown, has expired or is decided.
    Unknown,
    /// The operator does not allow the client.
    ClientNotAllowed,
    /// The space leaves nothing of the requested access.
    NothingLeft,
    /// The hub has no Backlog tokens of the user any more.
    NoSignIn,
}

impl CodeProblem {
    /// The HTTP status of the page.
    pub fn status(self) -> u16 {
        match self {
            Self::Malformed | Self::Unknown => 400,
            Self::ClientNotAllowed | Self::NothingLeft => 403,
            Self::NoSignIn => 409,
        }
    }

    fn text(self, frame: &Frame) -> String {
        frame.text(match self {
            Self::Malformed => "device.malformed",
            Self::Unknown => "device.unknown",
            Self::ClientNotAllowed => "device.client_not_allowed",
            Self::NothingLeft => "device.nothing_left",
            Self::NoSignIn => "device.no_sign_in",
        })
    }
}

/// What the user has decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeviceOutcome {
    Approved,
    Denied,
}

impl DeviceOutcome {
    fn text(self, frame: &Frame) -> String {
        frame.text(match self {
            Self::Approved => "device.approved",
            Self::Denied => "device.denied",
        })
    }
}

/// Where a code was asked for.
#[derive(Clone, Debug)]
pub struct Place {
    /// Whether that is the network of the browser; `None` if one of them is not proven.
    pub is_own_network: Option<bool>,
    /// The network, if it is kept.
    pub network: Option<String>,
    /// How many minutes ago.
    pub minutes: i64,
}

#[derive(Clone, Debug, Template)]
#[template(path = "device_consent.html")]
pub struct DeviceConsentPage {
    pub frame: Frame,
    /// The name of the user at Backlog.
    pub user: String,
    pub space: SpaceLine,
    pub client: AskingClient,
    pub place: Place,
    /// The code, as the device shows it; sent back as `user_code`.
    pub code: String,
    pub levels: Levels,
    pub projects: ProjectChoice,
    /// Whether the previous form had no access that is offered.
    pub access_missing: bool,
    /// Sent back as `page`.
    pub page: String,
    /// The form's action, on this origin.
    pub form_action: String,
}

impl DeviceConsentPage {
    /// The page. The template uses no fallible filter, so this cannot fail.
    pub fn html(&self) -> String {
        self.to_string()
    }

    fn shown_user(&self) -> String {
        confirm::shown(&self.user)
    }

    /// From where and when, in sentences.
    fn origin(&self) -> Vec<Phrase> {
        let frame = &self.frame;
        let elsewhere = match self.place.is_own_network {
            // One network has many users, so it is no reason to continue.
            Some(true) => None,
            Some(false) => Some(frame.phrase("device.other_network", "")),
            None => Some(frame.phrase("device.unknown_network", "")),
        };
        let network = self.place.network.as_deref();
        let network = network.map(|network| frame.phrase("account.from", network));
        let asked = frame.phrase("device.asked", self.place.minutes);
        let lines = [elsewhere, network, Some(asked)];
        lines.into_iter().flatten().collect()
    }

    /// Why the place is a reason to stop.
    fn warning(&self) -> Option<String> {
        let key = match self.place.is_own_network {
            Some(true) => return None,
            Some(false) => "device.warn_elsewhere",
            None => "device.warn_unknown",
        };
        Some(self.frame.text(key))
    }
}
