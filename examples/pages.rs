//! Writes every page, in every language, as files to look at in a browser:
//! `cargo run --example pages -- some/directory`.

use std::{env, fs, io, path::PathBuf, time::Duration};

use backlog_mcp_hub::web::pages::{
    AccessLifetimes, AccessLimits, AccountPage, AccountSignInPage, AccountSpacePage, AskedFrom,
    AskingClient, CodeProblem, ConfirmPage, ConnectPage, ConnectionLine, ConsentPage, DemoLinks,
    DeviceConsentPage, DevicePage, ErrorPage, ForwardPage, Frame, Levels, Locale, MadeToken,
    Making, NamingProblem, OwnConnectionLine, OwnTokenLine, Problem, ProjectChoice, ProjectOptions,
    RedirectTarget, RefusedPage, RestoredPage, STYLESHEET, SpaceChoice, SpaceLine, SwitchPage,
    TokenSection, UploadPage, UploadedPage,
};
use chrono::{DateTime, TimeDelta, Utc};
use oauth_values::Scopes;
use url::Url;

fn main() -> io::Result<()> {
    let out = PathBuf::from(env::args().nth(1).unwrap_or_else(|| "pages".to_owned()));
    fs::create_dir_all(out.join("static"))?;
    fs::write(out.join("static/hub.css"), STYLESHEET)?;
    for locale in Locale::ALL {
        for (name, html) in pages(locale) {
            fs::write(out.join(format!("{name}.{}.html", locale.tag())), html)?;
        }
    }
    Ok(())
}

/// A page of a server without an operator's name.
fn frame(locale: Locale) -> Frame {
    Frame {
        locale,
        here: Some("/authorize?client_id=c".to_owned()),
        ..Frame::default()
    }
}

fn restored(locale: Locale) -> RestoredPage {
    let connection = |name: &str, host: Option<&str>, day: i64| ConnectionLine {
        id: day.to_string(),
        client_name: Some(name.to_owned()),
        document_host: host.map(str::to_owned),
        made_at: DateTime::<Utc>::UNIX_EPOCH + TimeDelta::days(20_700 + day),
        last_used_at: Some(DateTime::<Utc>::UNIX_EPOCH + TimeDelta::days(20_760)),
    };
    RestoredPage {
        frame: frame(locale),
        target: url("https://claude.ai/api/mcp/auth_callback?code=x"),
        page: "sealed".to_owned(),
        form_action: "/connections/end".to_owned(),
        connections: vec![
            connection("Claude Code", None, 1),
            connection("Editor", Some("editor.example"), 9),
        ],
        account: Some("/account".to_owned()),
    }
}

fn pages(locale: Locale) -> Vec<(String, String)> {
    let mut pages = vec![
        ("connect".to_owned(), connect(locale, None)),
        (
            "connect-demo".to_owned(),
            connect(
                locale,
                Some(DemoLinks {
                    backlog_url: url("http://127.0.0.1:8081/"),
                }),
            ),
        ),
        (
            "forward".to_owned(),
            ForwardPage {
                frame: frame(locale),
                target: url("https://acme.backlog.com/OAuth2AccessRequest.action?state=x"),
                account: None,
            }
            .html(),
        ),
        (
            "refused".to_owned(),
            RefusedPage {
                frame: frame(locale),
                target: url("https://unknown.example/callback?error=invalid_request"),
                detail: "code_challenge is missing".to_owned(),
            }
            .html(),
        ),
    ];
    pages.push(("restored".to_owned(), restored(locale).html()));
    let asking = consents(locale).next();
    if let Some((_, ConsentPage { client, .. })) = asking {
        let acme = || SpaceLine {
            slug: "acme".to_owned(),
            name: "Acme".to_owned(),
            domain: "acme.backlog.com".to_owned(),
            read_only: false,
            user: None,
        };
        let confirm = ConfirmPage {
            frame: frame(locale),
            user: "佐藤 遥".to_owned(),
            space: acme(),
            client,
            granted: Scopes::all(),
            projects: Some(["OPS", "WEB"].map(str::to_owned).into()),
            page: "sealed".to_owned(),
            form_action: "/sign-in".to_owned(),
        };
        let switch = SwitchPage {
            frame: frame(locale),
            user: "佐藤 遥".to_owned(),
            space: acme(),
            space_url: Some(url("https://acme.backlog.com")),
            again: Some(url("https://mcp.acme.example/authorize?client_id=c")),
        };
        pages.extend(account(locale, &confirm.client, &acme()));
        pages.extend(device(locale, &confirm.client, &acme()));
        pages.push(("confirm".to_owned(), confirm.html()));
        pages.push(("switch".to_owned(), switch.html()));
    }
    pages.push(("upload".to_owned(), upload(locale).html()));
    let uploaded = UploadedPage {
        frame: frame(locale),
        name: "四半期報告.pdf".to_owned(),
        size: 3_456_789,
    };
    pages.push(("uploaded".to_owned(), uploaded.html()));
    pages.extend(consents(locale).map(|(name, page)| (format!("consent-{name}"), page.html())));
    pages.extend(problems().into_iter().map(|(name, problem)| {
        let again = matches!(problem, Problem::RequestExpired)
            .then(|| url("https://mcp.acme.example/authorize?client_id=c"));
        let page = ErrorPage {
            frame: frame(locale),
            problem,
            again,
            request_id: Some("0198c1f0-6a52-7d3e-9a41-5b0f4f1c2e77".to_owned()),
        };
        (format!("problem-{name}"), page.html())
    }));
    pages
}

fn account(locale: Locale, client: &AskingClient, space: &SpaceLine) -> [(String, String); 4] {
    let account = AccountPage {
        frame: frame(locale),
        user: "佐藤 遥".to_owned(),
        space: space.clone(),
        connections: vec![OwnConnectionLine {
            projects: Some(["KURA".to_owned()].into()),
            id: "1".to_owned(),
            clients: vec![client.clone()],
            scopes: Scopes::all(),
            made_at: DateTime::<Utc>::UNIX_EPOCH + TimeDelta::days(20_700),
            last_used_at: None,
            last_used_from: Some("203.0.113.0/24".to_owned()),
        }],
        tokens: None,
        levels: levels(),
        projects: ProjectChoice::default(),
        made: None,
        done: None,
        page: "sealed".to_owned(),
        form_action: "/spaces/acme/account".to_owned(),
    };
    let tokens = AccountPage {
        tokens: Some(tokens()),
        made: Some(MadeToken {
            token: "bmh_pt_not-a-token".into(),
            endpoint: "https://mcp.acme.example/mcp".to_owned(),
            expires_at: DateTime::<Utc>::UNIX_EPOCH + TimeDelta::days(20_790),
        }),
        ..account.clone()
    };
    let sign_in = AccountSignInPage {
        frame: frame(locale),
        space: space.clone(),
        because: None,
        for_device: false,
        page: "sealed".to_owned(),
        form_action: "/spaces/acme/account/sign-in".to_owned(),
    };
    let name_space = AccountSpacePage {
        frame: frame(locale),
        problem: None,
        for_device: false,
        form_action: "/account".to_owned(),
    };
    [
        ("account".to_owned(), account.html()),
        ("account-tokens".to_owned(), tokens.html()),
        ("account-sign-in".to_owned(), sign_in.html()),
        ("account-space".to_owned(), name_space.html()),
    ]
}

fn levels() -> Levels {
    Levels {
        offered: Scopes::all(),
        limits: AccessLimits::default(),
    }
}

fn tokens() -> TokenSection {
    TokenSection {
        own: vec![OwnTokenLine {
            id: "2".to_owned(),
            name: "夜間ビルド".to_owned(),
            scopes: Scopes::all(),
            projects: Some(["KURA".to_owned()].into()),
            expires_at: DateTime::<Utc>::UNIX_EPOCH + TimeDelta::days(20_760),
            is_expired: false,
            last_used_at: None,
            last_used_from: None,
        }],
        making: Making::Form,
        name: String::new(),
        problem: None,
    }
}

fn device(locale: Locale, client: &AskingClient, space: &SpaceLine) -> [(String, String); 2] {
    let entry = DevicePage {
        frame: frame(locale),
        user: "佐藤 遥".to_owned(),
        space: space.clone(),
        typed: "WDJB-MJH".to_owned(),
        problem: Some(CodeProblem::Malformed),
        outcome: None,
        page: "sealed".to_owned(),
        form_action: "/spaces/acme/device".to_owned(),
        account: "/spaces/acme/account".to_owned(),
    };
    let consent = DeviceConsentPage {
        frame: frame(locale),
        user: "佐藤 遥".to_owned(),
        space: space.clone(),
        client: client.clone(),
        place: AskedFrom {
            is_own_network: Some(false),
            network: Some("203.0.113.0/24".to_owned()),
            minutes: 2,
        },
        code: "WDJB-MJHT".to_owned(),
        levels: levels(),
        projects: ProjectChoice::default(),
        access_missing: false,
        page: "sealed".to_owned(),
        form_action: "/spaces/acme/device".to_owned(),
    };
    [
        ("device".to_owned(), entry.html()),
        ("device-consent".to_owned(), consent.html()),
    ]
}

fn upload(locale: Locale) -> UploadPage {
    UploadPage {
        frame: frame(locale),
        space: "https://acme.backlog.com".to_owned(),
        user: "伊藤 花子".to_owned(),
        file: Some("四半期報告.pdf".to_owned()),
        minutes: 10,
        megabytes: 100,
    }
}

fn connect(locale: Locale, demo: Option<DemoLinks>) -> String {
    let mcp_url = match demo {
        Some(_) => url("http://127.0.0.1:8080/mcp"),
        None => url("https://mcp.acme.example/mcp"),
    };
    let mut project_url = mcp_url.clone();
    project_url.set_path("/projects/ACME/mcp");
    ConnectPage {
        frame: frame(locale),
        mcp_url,
        account: "/account".to_owned(),
        project_url,
        demo,
    }
    .html()
}

#[expect(clippy::too_many_lines, reason = "a table of pages")]
fn consents(locale: Locale) -> impl Iterator<Item = (&'static str, ConsentPage)> {
    let space = |slug: &str, name: &str, domain: &str| SpaceLine {
        slug: slug.to_owned(),
        name: name.to_owned(),
        domain: domain.to_owned(),
        read_only: false,
        user: None,
    };
    let acme = space("acme", "Acme", "acme.backlog.com");
    let client = |name: &str, redirect| AskingClient {
        document_host: None,
        published_elsewhere: false,
        name: Some(name.to_owned()),
        is_known_host: false,
        redirect,
    };
    let loopback = || RedirectTarget::Loopback {
        host: "localhost:33418".to_owned(),
    };
    let known = ConsentPage {
        frame: frame(locale),
        client: AskingClient {
            is_known_host: true,
            ..client(
                "Claude",
                RedirectTarget::Https {
                    host: "claude.ai".to_owned(),
                },
            )
        },
        space: SpaceChoice::One(acme.clone()),
        levels: Levels {
            offered: Scopes::all(),
            limits: AccessLimits::default(),
        },
        projects: ProjectChoice {
            options: ProjectOptions::Typed(String::new()),
            ..ProjectChoice::default()
        },
        lifetimes: AccessLifetimes {
            idle: Duration::from_hours(24 * 30),
            longest: None,
            remembered: Duration::from_hours(24 * 90),
        },
        request: "request".to_owned(),
        csrf: "csrf".to_owned(),
        form_action: "/consent".to_owned(),
        account: "/account".to_owned(),
    };
    let open = |shown, problem| ConsentPage {
        space: SpaceChoice::Open { shown, problem },
        ..known.clone()
    };
    let globex = space("globex", "グローベックス株式会社", "globex.backlog.jp");
    let several = ConsentPage {
        client: client("Claude Code (plugin:backlog)", loopback()),
        ..open(
            vec![
                acme,
                globex.clone(),
                space("initech", "Initech Support", "initech.backlogtool.com"),
            ],
            None,
        )
    };
    let asking = open(Vec::new(), None);
    let unknown_space = open(
        Vec::new(),
        Some(NamingProblem::Unknown {
            typed: "acme.backlog.co".to_owned(),
        }),
    );
    let two_spaces = open(
        vec![globex],
        Some(NamingProblem::Both {
            typed: "acme.backlog.com".to_owned(),
        }),
    );
    let limited = ConsentPage {
        client: client(
            "Cursor",
            RedirectTarget::PrivateScheme {
                scheme: "cursor".to_owned(),
            },
        ),
        levels: Levels {
            offered: Scopes::parse("backlog:read"),
            limits: AccessLimits {
                read_only: true,
                toolsets: Some(vec!["issue".to_owned(), "wiki".to_owned()]),
                projects: Some(vec!["OPS".to_owned(), "HARBOR".to_owned()]),
            },
        },
        ..known.clone()
    };
    let document = ConsentPage {
        client: AskingClient {
            document_host: Some("mcp.example.net".to_owned()),
            ..client("Claude Code", loopback())
        },
        ..known.clone()
    };
    let hostile = ConsentPage {
        client: client(
            &format!("<b>Backlog</b>\u{202e} official\n{}", "W".repeat(200)),
            RedirectTarget::Https {
                host: format!("claude.ai.{}.evil.example", "a".repeat(180)),
            },
        ),
        ..known.clone()
    };
    [
        ("known", known),
        ("loopback", several),
        ("asking", asking),
        ("unknown-space", unknown_space),
        ("two-spaces", two_spaces),
        ("limited", limited),
        ("document", document),
        ("hostile", hostile),
    ]
    .into_iter()
}

fn problems() -> [(&'static str, Problem); 15] {
    [
        ("form-forged", Problem::FormForged),
        ("unknown-client", Problem::UnknownClient),
        ("client-unavailable", Problem::ClientUnavailable),
        ("redirect-uri", Problem::RedirectUriMismatch),
        (
            "invalid-request",
            Problem::InvalidRequest {
                detail: "code_challenge is missing".to_owned(),
            },
        ),
        ("request-expired", Problem::RequestExpired),
        ("wrong-browser", Problem::WrongBrowser),
        (
            "space-disabled",
            Problem::SpaceDisabled {
                name: "Acme".to_owned(),
            },
        ),
        ("not-found", Problem::NotFound),
        ("rate-limited", Problem::RateLimited { seconds: 30 }),
        ("server-error", Problem::ServerError),
        ("unavailable", Problem::Unavailable),
        ("upload-expired", Problem::UploadLinkExpired),
        ("upload-used", Problem::UploadLinkUsed),
        (
            "upload-refused",
            Problem::UploadRefused {
                reason: "it is larger than the plan of the space allows.".to_owned(),
            },
        ),
    ]
}

fn url(text: &str) -> Url {
    text.parse().expect("a sample URL")
}
