//! Writes every page, in every language, as files to look at in a browser:
//! `cargo run --example pages -- some/directory`.

use std::path::PathBuf;
use std::{env, fs, io};

use backlog_mcp_hub::oauth::Scopes;
use backlog_mcp_hub::web::pages::{
    ConnectPage, ConnectionLine, ConsentPage, DemoLinks, ErrorPage, ForwardPage, Locale,
    NamingProblem, Problem, RedirectTarget, RefusedPage, RestoredPage, STYLESHEET, SpaceChoice,
    SpaceLine,
};
use chrono::{DateTime, TimeDelta, Utc};
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

fn restored(locale: Locale) -> RestoredPage {
    let connection = |name: &str, host: Option<&str>, day: i64| ConnectionLine {
        id: day.to_string(),
        client_name: Some(name.to_owned()),
        document_host: host.map(str::to_owned),
        made_at: DateTime::<Utc>::UNIX_EPOCH + TimeDelta::days(20_700 + day),
        last_used_at: Some(DateTime::<Utc>::UNIX_EPOCH + TimeDelta::days(20_760)),
    };
    RestoredPage {
        locale,
        target: url("https://claude.ai/api/mcp/auth_callback?code=x"),
        page: "sealed".to_owned(),
        form_action: "/connections/end".to_owned(),
        connections: vec![
            connection("Claude Code", None, 1),
            connection("Editor", Some("editor.example"), 9),
        ],
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
                locale,
                target: url("https://acme.backlog.com/OAuth2AccessRequest.action?state=x"),
            }
            .html(),
        ),
        (
            "refused".to_owned(),
            RefusedPage {
                locale,
                target: url("https://unknown.example/callback?error=invalid_request"),
                detail: "code_challenge is missing".to_owned(),
            }
            .html(),
        ),
    ];
    pages.push(("restored".to_owned(), restored(locale).html()));
    pages.extend(consents(locale).map(|(name, page)| (format!("consent-{name}"), page.html())));
    pages.extend(problems().into_iter().map(|(name, problem)| {
        let again = matches!(problem, Problem::RequestExpired)
            .then(|| url("https://mcp.acme.example/authorize?client_id=c"));
        let page = ErrorPage {
            locale,
            problem,
            again,
            request_id: Some("0198c1f0-6a52-7d3e-9a41-5b0f4f1c2e77".to_owned()),
        };
        (format!("problem-{name}"), page.html())
    }));
    pages
}

fn connect(locale: Locale, demo: Option<DemoLinks>) -> String {
    let mcp_url = match demo {
        Some(_) => url("http://127.0.0.1:8080/mcp"),
        None => url("https://mcp.acme.example/mcp"),
    };
    ConnectPage {
        locale,
        mcp_url,
        demo,
    }
    .html()
}

fn consents(locale: Locale) -> impl Iterator<Item = (&'static str, ConsentPage)> {
    let space = |slug: &str, name: &str, domain: &str| SpaceLine {
        slug: slug.to_owned(),
        name: name.to_owned(),
        domain: domain.to_owned(),
    };
    let acme = space("acme", "Acme", "acme.backlog.com");
    let known = ConsentPage {
        locale,
        document_host: None,
        published_elsewhere: false,
        client_name: Some("Claude".to_owned()),
        client_uri: Some(url("https://claude.ai/")),
        client_is_known_host: true,
        redirect: RedirectTarget::Https {
            host: "claude.ai".to_owned(),
        },
        space: SpaceChoice::One(acme.clone()),
        scopes: Scopes::all(),
        request: "request".to_owned(),
        csrf: "csrf".to_owned(),
        form_action: "/consent".to_owned(),
    };
    let loopback = ConsentPage {
        client_name: Some("Claude Code (plugin:backlog)".to_owned()),
        client_uri: None,
        client_is_known_host: false,
        redirect: RedirectTarget::Loopback {
            host: "localhost:33418".to_owned(),
        },
        space: SpaceChoice::Open {
            shown: vec![
                acme,
                space("globex", "グローベックス株式会社", "globex.backlog.jp"),
                space("initech", "Initech Support", "initech.backlogtool.com"),
            ],
            problem: None,
        },
        ..known.clone()
    };
    let asking = ConsentPage {
        space: SpaceChoice::Open {
            shown: Vec::new(),
            problem: None,
        },
        ..known.clone()
    };
    let unknown_space = ConsentPage {
        space: SpaceChoice::Open {
            shown: Vec::new(),
            problem: Some(NamingProblem::Unknown {
                typed: "acme.backlog.co".to_owned(),
            }),
        },
        ..known.clone()
    };
    let two_spaces = ConsentPage {
        space: SpaceChoice::Open {
            shown: vec![space(
                "globex",
                "グローベックス株式会社",
                "globex.backlog.jp",
            )],
            problem: Some(NamingProblem::Both {
                typed: "acme.backlog.com".to_owned(),
            }),
        },
        ..known.clone()
    };
    let device = ConsentPage {
        client_name: Some("Cursor".to_owned()),
        client_uri: Some(url("https://cursor.com/")),
        client_is_known_host: false,
        redirect: RedirectTarget::PrivateScheme {
            scheme: "cursor".to_owned(),
        },
        scopes: Scopes::parse("backlog:read"),
        ..known.clone()
    };
    let document = ConsentPage {
        document_host: Some("mcp.example.net".to_owned()),
        client_name: Some("Claude Code".to_owned()),
        client_uri: Some(url("https://claude.com/")),
        client_is_known_host: false,
        redirect: RedirectTarget::Loopback {
            host: "localhost:33418".to_owned(),
        },
        ..known.clone()
    };
    let hostile = ConsentPage {
        client_name: Some(format!(
            "<b>Backlog</b>\u{202e} official\n{}",
            "W".repeat(200)
        )),
        client_uri: Some(url("https://nulab.example/")),
        client_is_known_host: false,
        redirect: RedirectTarget::Https {
            host: format!("claude.ai.{}.evil.example", "a".repeat(180)),
        },
        ..known.clone()
    };
    [
        ("known", known),
        ("loopback", loopback),
        ("asking", asking),
        ("unknown-space", unknown_space),
        ("two-spaces", two_spaces),
        ("device", device),
        ("document", document),
        ("hostile", hostile),
    ]
    .into_iter()
}

fn problems() -> [(&'static str, Problem); 11] {
    [
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
    ]
}

fn url(text: &str) -> Url {
    text.parse().expect("a sample URL")
}
