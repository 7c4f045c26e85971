//! The pages that connect a device by its code.

use super::*;

fn entry(locale: Locale) -> DevicePage {
    DevicePage {
        frame: frame(locale),
        user: "<b>Daniel\u{202e}".to_owned(),
        space: space("acme"),
        typed: String::new(),
        problem: None,
        outcome: None,
        page: "the-\"page\"".to_owned(),
        form_action: "/spaces/acme/device".to_owned(),
        account: "/spaces/acme/account".to_owned(),
    }
}

fn asks(locale: Locale) -> DeviceConsentPage {
    DeviceConsentPage {
        frame: frame(locale),
        user: "<b>Daniel\u{202e}".to_owned(),
        space: space("acme"),
        client: AskingClient {
            document_host: Some("claude.ai".to_owned()),
            published_elsewhere: false,
            name: Some("<i>Claude".to_owned()),
            is_known_host: false,
            redirect: RedirectTarget::Device,
        },
        place: AskedFrom {
            is_own_network: Some(false),
            network: Some("203.0.113.0/24".to_owned()),
            minutes: 3,
        },
        code: "WDJB-MJHT".to_owned(),
        levels: Levels {
            offered: Scopes::all(),
            limits: AccessLimits::default(),
        },
        projects: ProjectChoice {
            options: ProjectOptions::Typed(String::new()),
            ..ProjectChoice::default()
        },
        access_missing: false,
        page: "the-\"page\"".to_owned(),
        form_action: "/spaces/acme/device".to_owned(),
    }
}

const PROBLEMS: [CodeProblem; 5] = [
    CodeProblem::Malformed,
    CodeProblem::Unknown,
    CodeProblem::ClientNotAllowed,
    CodeProblem::NothingLeft,
    CodeProblem::NoSignIn,
];

pub(super) fn every_page(locale: Locale) -> Vec<String> {
    let mut pages = vec![entry(locale).html(), asks(locale).html()];
    let wrong = PROBLEMS.map(|problem| DevicePage {
        typed: "\"><script>wdjb".to_owned(),
        problem: Some(problem),
        ..entry(locale)
    });
    pages.extend(wrong.iter().map(DevicePage::html));
    for outcome in [DeviceOutcome::Approved, DeviceOutcome::Denied] {
        let done = DevicePage {
            outcome: Some(outcome),
            ..entry(locale)
        };
        pages.push(done.html());
    }
    let missing = DeviceConsentPage {
        access_missing: true,
        ..asks(locale)
    };
    pages.push(missing.html());
    let mut unknown = asks(locale);
    unknown.place.is_own_network = None;
    pages.push(unknown.html());
    pages
}

#[test]
fn the_name_of_a_client_that_asks_for_a_device_is_never_proven() {
    for locale in Locale::ALL {
        let html = asks(locale).html();
        assert!(html.contains("&#60;i&#62;Claude"), "{html}");
        assert!(!html.contains("claude.ai"), "its host proves nothing here");
        assert!(html.contains(&locale.text("consent.unverified")));
    }
}

#[test]
fn the_page_warns_and_names_the_place_and_preselects_nothing() {
    const OTHER: [&str; 2] = ["device.warn_elsewhere", "device.other_network"];
    const UNKNOWN: [&str; 2] = ["device.warn_unknown", "device.unknown_network"];
    for locale in Locale::ALL {
        let html = asks(locale).html();
        for key in [["device.warn"].as_slice(), &OTHER].concat() {
            assert!(html.contains(&locale.text(key)), "{key}: {html}");
        }
        assert!(html.contains("203.0.113.0/24") && html.contains("WDJB-MJHT"));
        assert!(!html.contains("checked"));
        let near = DeviceConsentPage {
            place: AskedFrom {
                is_own_network: Some(true),
                network: None,
                minutes: 0,
            },
            ..asks(locale)
        };
        // That it is the same network reassures nobody.
        let html = near.html();
        for key in [OTHER, UNKNOWN].concat() {
            assert!(!html.contains(&locale.text(key)), "{key}: {html}");
        }
        let mut unknown = asks(locale);
        unknown.place.is_own_network = None;
        let html = unknown.html();
        for key in UNKNOWN {
            assert!(html.contains(&locale.text(key)), "{key}: {html}");
        }
        assert!(entry(locale).html().contains(&locale.text("device.warn")));
    }
}
