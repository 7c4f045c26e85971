//! The connections page: what its user sees, and what its forms send.

use super::*;

fn line(clients: Vec<AskingClient>) -> OwnConnectionLine {
    OwnConnectionLine {
        id: "the-connection".to_owned(),
        clients,
        projects: None,
        scopes: Scopes::all(),
        made_at: DateTime::<Utc>::UNIX_EPOCH,
        last_used_at: Some(DateTime::<Utc>::UNIX_EPOCH + TimeDelta::days(1)),
        last_used_from: Some("203.0.113.0/24".to_owned()),
    }
}

fn claiming() -> AskingClient {
    AskingClient {
        document_host: Some("client.example".to_owned()),
        name: Some("</li><script>x</script>\u{202e}Claude".to_owned()),
        is_known_host: false,
        redirect: RedirectTarget::Loopback {
            host: "127.0.0.1".to_owned(),
        },
        ..known_client()
    }
}

fn page(locale: Locale) -> AccountPage {
    let unused = OwnConnectionLine {
        last_used_at: None,
        last_used_from: None,
        scopes: Scopes::parse("backlog:read"),
        ..line(Vec::new())
    };
    AccountPage {
        frame: frame(locale),
        user: "<b>Daniel\u{202e}".to_owned(),
        space: space("acme"),
        connections: vec![line(vec![known_client()]), line(vec![claiming()]), unused],
        tokens: Some(tokens(Making::Form, None)),
        levels: Levels {
            offered: Scopes::all(),
            limits: AccessLimits::default(),
        },
        projects: ProjectChoice {
            options: ProjectOptions::Typed(String::new()),
            ..ProjectChoice::default()
        },
        made: None,
        done: None,
        page: "the-\"page\"".to_owned(),
        form_action: "/spaces/acme/account".to_owned(),
    }
}

fn tokens(making: Making, problem: Option<TokenProblem>) -> TokenSection {
    let token = OwnTokenLine {
        id: "the-token".to_owned(),
        name: "</li><b>nightly\u{202e}".to_owned(),
        scopes: Scopes::all(),
        projects: Some(["ACME".to_owned()].into()),
        expires_at: DateTime::<Utc>::UNIX_EPOCH + TimeDelta::days(2),
        is_expired: false,
        last_used_at: None,
        last_used_from: Some("203.0.113.0/24".to_owned()),
    };
    let expired = OwnTokenLine {
        is_expired: true,
        projects: None,
        ..token.clone()
    };
    TokenSection {
        own: vec![token, expired],
        making,
        name: "<i>\"typed".to_owned(),
        problem,
    }
}

/// The page in each state of its personal tokens.
fn with_tokens(locale: Locale) -> Vec<AccountPage> {
    let again = SignInAgain {
        page: "the-\"page\"".to_owned(),
        form_action: "/spaces/acme/account/sign-in".to_owned(),
    };
    let mut sections = vec![
        tokens(Making::NotAllowed, None),
        tokens(Making::SignIn(again), Some(TokenProblem::NoSignIn)),
        TokenSection {
            own: Vec::new(),
            ..tokens(Making::Form, None)
        },
    ];
    let problems = [
        TokenProblem::Name,
        TokenProblem::Access,
        TokenProblem::Days,
        TokenProblem::Projects(ProjectsProblem::TooMany),
        TokenProblem::TooMany(20),
        TokenProblem::NotAllowed,
        TokenProblem::Network,
    ];
    sections.extend(problems.map(|problem| tokens(Making::Form, Some(problem))));
    let with = |section| AccountPage {
        tokens: Some(section),
        ..page(locale)
    };
    let mut pages: Vec<_> = sections.into_iter().map(with).collect();
    pages.push(AccountPage {
        made: Some(MadeToken {
            token: "bmh_pt_shown-once".into(),
            endpoint: "https://hub.example/spaces/acme/mcp".to_owned(),
            expires_at: DateTime::<Utc>::UNIX_EPOCH,
        }),
        ..page(locale)
    });
    pages
}

fn sign_in(locale: Locale, because: Option<SignedOut>) -> AccountSignInPage {
    AccountSignInPage {
        frame: frame(locale),
        space: space("acme"),
        because,
        for_device: false,
        page: "the-\"page\"".to_owned(),
        form_action: "/spaces/acme/account/sign-in".to_owned(),
    }
}

const REASONS: [SignedOut; 4] = [
    SignedOut::ByUser,
    SignedOut::Expired,
    SignedOut::Denied,
    SignedOut::Failed,
];

pub(super) fn every_page(locale: Locale) -> Vec<String> {
    let mut pages = vec![page(locale).html(), sign_in(locale, None).html()];
    let nothing = AccountPage {
        connections: Vec::new(),
        tokens: None,
        ..page(locale)
    };
    pages.push(nothing.html());
    pages.extend(with_tokens(locale).iter().map(AccountPage::html));
    for done in [
        Done::Ended,
        Done::AllEnded,
        Done::TokenEnded,
        Done::Forgotten,
    ] {
        let after = AccountPage {
            done: Some(done),
            ..page(locale)
        };
        pages.push(after.html());
    }
    let reasons = REASONS.map(|because| sign_in(locale, Some(because)).html());
    pages.extend(reasons);
    let problems = naming_problems().map(Some);
    for problem in problems.into_iter().chain([None]) {
        let form = AccountSpacePage {
            frame: frame(locale),
            problem,
            for_device: false,
            form_action: "/account".to_owned(),
        };
        pages.push(form.html());
    }
    pages
}

#[test]
fn every_form_has_the_value_of_its_session_and_one_action() {
    let action = Regex::new("type=\"submit\" name=\"action\" value=\"([a-z_]+)\"").unwrap();
    for locale in Locale::ALL {
        let html = page(locale).html();
        let value = "<input type=\"hidden\" name=\"page\" value=\"the-&#34;page&#34;\">";
        let forms = html.matches("<form method=\"post\" action=\"/spaces/acme/account\">");
        let forms = forms.count();
        assert_eq!(forms, 3 + 3 + 2 + 1, "{html}");
        assert_eq!(html.matches(value).count(), forms);
        let actions = action.captures_iter(&html).map(|found| found[1].to_owned());
        let actions: Vec<_> = actions.collect();
        assert_eq!(actions.len(), forms);
        let kinds: BTreeSet<_> = actions.iter().map(String::as_str).collect();
        let all = [
            "end",
            "end_all",
            "end_token",
            "make_token",
            "forget",
            "sign_out",
        ];
        assert_eq!(kinds, all.into());
        let nothing = AccountPage {
            connections: Vec::new(),
            tokens: None,
            ..page(locale)
        };
        let html = nothing.html();
        assert!(html.contains(&locale.text("account.none")));
        assert!(!html.contains("value=\"end"), "{html}");
    }
}

#[test]
fn a_connection_shows_what_is_proven_and_what_is_claimed() {
    let html = page(Locale::En).html();
    assert!(
        !html.contains("<script") && !html.contains('\u{202e}'),
        "{html}"
    );
    let text = text_of(&html);
    for part in [
        "Claude",
        "client.example",
        "Calls itself",
        "Access goes to: claude.ai",
        "Allowed: Read and change, Delete, Administer",
        "Allowed: Read only",
        "Connected on 1970-01-01",
        "last used on 1970-01-02",
        "from the network 203.0.113.0/24",
        "not used yet",
        "Unnamed application",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let names = Regex::new("<bdi class=\"strong\">([^<]*)</bdi>\n?<span class=\"aside\">").unwrap();
    let proven: Vec<_> = names
        .captures_iter(&html)
        .map(|name| name[1].to_owned())
        .collect();
    assert!(proven.contains(&"client.example".to_owned()), "{proven:?}");
}

#[test]
fn a_name_is_checked_only_if_every_place_of_the_client_belongs_to_it() {
    let elsewhere = AskingClient {
        is_known_host: false,
        redirect: RedirectTarget::Https {
            host: "evil.example".to_owned(),
        },
        ..known_client()
    };
    for clients in [
        vec![known_client(), elsewhere.clone()],
        vec![elsewhere, known_client()],
    ] {
        let html = AccountPage {
            connections: vec![line(clients)],
            ..page(Locale::En)
        };
        let text = text_of(&html.html());
        assert!(text.contains("The name is not verified."), "{text}");
        assert!(
            text.contains("claude.ai") && text.contains("evil.example"),
            "{text}"
        );
    }
}

#[test]
fn a_reason_to_act_on_is_an_alert_and_others_are_not() {
    for because in REASONS {
        let html = sign_in(Locale::En, Some(because)).html();
        let is_alert = because != SignedOut::ByUser;
        assert_eq!(html.contains("role=\"alert\""), is_alert, "{because:?}");
        assert_eq!(html.contains("role=\"status\""), !is_alert, "{because:?}");
    }
    assert!(!sign_in(Locale::En, None).html().contains("role="));
}

#[test]
fn a_token_is_on_the_page_that_made_it_and_in_no_debug_output() {
    for locale in Locale::ALL {
        for page in with_tokens(locale) {
            let shown = page.html().matches("bmh_pt_shown-once").count();
            assert_eq!(shown, usize::from(page.made.is_some()));
            assert!(!format!("{page:?}").contains("shown-once"));
        }
    }
}

#[test]
fn nothing_of_a_new_token_is_preselected_and_each_problem_is_named() {
    for locale in Locale::ALL {
        let html = page(locale).html();
        assert!(!html.contains("checked") && !html.contains("selected"));
        assert!(html.contains("<option value=\"\">"));
        for page in with_tokens(locale) {
            let html = page.html();
            let problem = page
                .tokens
                .as_ref()
                .and_then(|tokens| tokens.problem.as_ref());
            let alerts = usize::from(problem.is_some());
            let named = html.matches("class=\"error\" role=\"alert\"").count();
            let is_of_projects = matches!(problem, Some(TokenProblem::Projects(_)));
            assert_eq!(named, alerts - usize::from(is_of_projects), "{html}");
            assert!(!html.contains("<b>nightly") && !html.contains("<i>\"typed"));
        }
    }
}
