//! Tests that apply to all pages.

mod account;
mod consent;
mod device;
mod locales;

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use oauth_values::Scopes;
use regex::Regex;
use url::Url;

use super::*;
use crate::{
    domain::{ClientPolicy, Operator, operator::Logo},
    toolkit::toolset::Toolset,
};

/// A page that can be requested again, of a hub with an operator.
fn frame(locale: Locale) -> Frame {
    Frame {
        locale,
        operator: Arc::new(Operator {
            name: Some("<Acme> & Co".to_owned()),
            logo: Logo::from_file("png", b"image"),
            contact: Some("it@example.com".to_owned()),
            help_url: Url::parse("https://wiki.example.com/?a=b&c=%22").ok(),
        }),
        here: Some("/authorize?state=a&x=\"<y>".to_owned()),
    }
}

fn known_client() -> AskingClient {
    AskingClient {
        document_host: None,
        published_elsewhere: false,
        name: Some("Claude".to_owned()),
        is_known_host: true,
        redirect: RedirectTarget::Https {
            host: "claude.ai".to_owned(),
        },
    }
}

fn levels(scopes: &str) -> Levels {
    Levels {
        offered: Scopes::parse(scopes),
        limits: AccessLimits::default(),
    }
}

fn consent(locale: Locale) -> ConsentPage {
    ConsentPage {
        frame: frame(locale),
        client: known_client(),
        space: SpaceChoice::One(space("acme")),
        levels: levels("backlog:read backlog:write backlog:delete backlog:admin"),
        projects: typed("", None),
        lifetimes: AccessLifetimes {
            idle: Duration::from_hours(720),
            longest: Some(Duration::from_hours(5)),
            remembered: Duration::from_mins(90),
        },
        request: "the-request".to_owned(),
        csrf: "the-csrf".to_owned(),
        form_action: "/consent".to_owned(),
        account: "/account".to_owned(),
    }
}

/// The choice of projects by typing.
fn typed(typed: &str, problem: Option<ProjectsProblem>) -> ProjectChoice {
    ProjectChoice {
        is_open: !typed.is_empty(),
        options: ProjectOptions::Typed(typed.to_owned()),
        problem,
    }
}

/// The choice of projects by boxes.
fn boxes() -> ProjectChoice {
    let boxes = [(false, "KURA"), (true, "OPS")];
    ProjectChoice {
        options: ProjectOptions::Boxes(boxes.map(|(on, key)| (on, key.to_owned())).to_vec()),
        ..ProjectChoice::default()
    }
}

fn projects_problems() -> [ProjectsProblem; 3] {
    [
        ProjectsProblem::Malformed("\"<b>".to_owned()),
        ProjectsProblem::NotAllowed("KURA".to_owned()),
        ProjectsProblem::TooMany,
    ]
}

/// The page for another client.
fn consent_for(locale: Locale, client: AskingClient) -> ConsentPage {
    ConsentPage {
        client,
        ..consent(locale)
    }
}

fn confirm(locale: Locale) -> ConfirmPage {
    ConfirmPage {
        frame: frame(locale),
        user: "</h1><b>Daniel\u{202e}".to_owned(),
        space: space("acme"),
        client: known_client(),
        granted: Scopes::all(),
        projects: Some(["KURA", "OPS"].map(str::to_owned).into()),
        page: "the-\"page\"".to_owned(),
        form_action: "/sign-in".to_owned(),
    }
}

fn switch(locale: Locale) -> SwitchPage {
    SwitchPage {
        frame: frame(locale),
        user: "</h1><b>Daniel".to_owned(),
        space: space("acme"),
        space_url: Url::parse("https://acme.backlog.com").ok(),
        again: Url::parse("https://hub.example/authorize?state=a%22b&x=<y>").ok(),
    }
}

fn client_refused(locale: Locale, policy: ClientPolicy) -> ClientRefusedPage {
    ClientRefusedPage {
        frame: frame(locale),
        client: AskingClient {
            document_host: Some("client.example".to_owned()),
            published_elsewhere: true,
            name: Some("</dd><b>Claude\u{202e}".to_owned()),
            is_known_host: false,
            redirect: RedirectTarget::Https {
                host: "evil.example".to_owned(),
            },
        },
        space: space("acme"),
        policy,
        back: None,
        request_id: Some("req-<1>".to_owned()),
    }
}

fn space(slug: &str) -> SpaceLine {
    SpaceLine {
        slug: slug.to_owned(),
        name: slug.to_uppercase(),
        domain: format!("{slug}.backlog.com"),
        read_only: false,
        user: None,
    }
}

fn open(shown: &[&str], problem: Option<NamingProblem>) -> SpaceChoice {
    SpaceChoice::Open {
        shown: shown.iter().map(|slug| space(slug)).collect(),
        problem,
    }
}

fn naming_problems() -> [NamingProblem; 4] {
    let typed = || "\"<b>".to_owned();
    [
        NamingProblem::Missing,
        NamingProblem::Unknown { typed: typed() },
        NamingProblem::Several { typed: typed() },
        NamingProblem::Both { typed: typed() },
    ]
}

fn problems() -> [Problem; 25] {
    [
        Problem::UnknownClient,
        Problem::ClientUnavailable,
        Problem::RedirectUriMismatch,
        Problem::InvalidRequest {
            detail: "<no> challenge".to_owned(),
        },
        Problem::RequestExpired,
        Problem::WrongBrowser,
        Problem::SpaceDisabled {
            name: "<Acme>".to_owned(),
        },
        Problem::NoSpace,
        Problem::NotFound,
        Problem::RateLimited { seconds: 42 },
        Problem::ServerError,
        Problem::DocumentsOff,
        Problem::ClientNotFetched {
            host: "<10.1.2.3>:8443".to_owned(),
        },
        Problem::Unavailable,
        Problem::UploadLinkUnknown,
        Problem::UploadLinkExpired,
        Problem::UploadLinkUsed,
        Problem::UploadInProgress,
        Problem::UploadNotAllowed,
        Problem::UploadWithoutFile,
        Problem::UploadIncomplete,
        Problem::UploadTooLarge { megabytes: 100 },
        Problem::UploadRefused {
            reason: "<The> file is too large.".to_owned(),
        },
        Problem::UploadFailed,
        Problem::FormForged,
    ]
}

fn error_page(locale: Locale, problem: Problem) -> ErrorPage {
    ErrorPage {
        frame: frame(locale),
        problem,
        again: Some(Url::parse("https://hub.example/authorize?state=a%22b&x=<y>").unwrap()),
        request_id: Some("req-<1>".to_owned()),
    }
}

fn restored(locale: Locale) -> RestoredPage {
    let connection = |name: Option<&str>, host: Option<&str>| ConnectionLine {
        id: "the-connection".to_owned(),
        client_name: name.map(str::to_owned),
        document_host: host.map(str::to_owned),
        made_at: DateTime::<Utc>::UNIX_EPOCH,
        last_used_at: host.map(|_| DateTime::<Utc>::UNIX_EPOCH + TimeDelta::days(1)),
    };
    RestoredPage {
        frame: frame(locale),
        target: Url::parse("https://claude.ai/api/mcp/auth_callback?code=1&state=2").unwrap(),
        page: "the-\"page\"".to_owned(),
        form_action: "/connections/end".to_owned(),
        connections: vec![
            connection(Some("</li><script>x</script>\u{202e}"), None),
            connection(None, Some("client.example")),
        ],
        account: Some("/account".to_owned()),
    }
}

fn upload(locale: Locale) -> UploadPage {
    UploadPage {
        frame: frame(locale),
        space: "https://acme.backlog.com".to_owned(),
        user: "<Hanako> Ito".to_owned(),
        file: Some("</dd><script>.pdf".to_owned()),
        minutes: 9,
        megabytes: 100,
    }
}

#[expect(clippy::too_many_lines, reason = "a table of pages")]
fn every_page(locale: Locale) -> Vec<String> {
    let url = |text: &str| Url::parse(text).unwrap();
    let mut pages = vec![
        consent(locale).html(),
        confirm(locale).html(),
        switch(locale).html(),
        ForwardPage {
            frame: frame(locale),
            target: url("cursor://anysphere.cursor-mcp/oauth/callback?code=1&state=2"),
            account: Some("/account".to_owned()),
        }
        .html(),
        RefusedPage {
            frame: frame(locale),
            target: url("https://unknown.example/cb?error=invalid_request"),
            detail: "<b>no</b> challenge".to_owned(),
        }
        .html(),
        client_refused(locale, ClientPolicy::Listed).html(),
        ClientRefusedPage {
            frame: Frame {
                locale,
                ..Frame::default()
            },
            client: AskingClient {
                name: None,
                ..known_client()
            },
            back: Some(url(
                "https://claude.ai/api/mcp/auth_callback?error=access_denied",
            )),
            request_id: None,
            ..client_refused(locale, ClientPolicy::Registered)
        }
        .html(),
        upload(locale).html(),
        UploadedPage {
            frame: frame(locale),
            name: "<報告>.pdf".to_owned(),
            size: 3_456_789,
        }
        .html(),
        restored(locale).html(),
        RestoredPage {
            connections: Vec::new(),
            ..restored(locale)
        }
        .html(),
        ConnectPage {
            frame: Frame {
                locale,
                ..Frame::default()
            },
            mcp_url: url("http://127.0.0.1:8080/mcp"),
            project_url: url("http://127.0.0.1:8080/projects/ACME/mcp"),
            account: "/account".to_owned(),
            demo: Some(DemoLinks {
                backlog_url: url("http://127.0.0.1:8081/"),
            }),
        }
        .html(),
    ];
    for redirect in [
        RedirectTarget::Https {
            host: "unknown.example".to_owned(),
        },
        RedirectTarget::PlainHttp {
            host: "chat.intra.example".to_owned(),
        },
        RedirectTarget::Loopback {
            host: "127.0.0.1:5000".to_owned(),
        },
        RedirectTarget::PrivateScheme {
            scheme: "cursor".to_owned(),
        },
    ] {
        for scopes in [
            "backlog:read",
            "backlog:write",
            "backlog:read backlog:write",
        ] {
            pages.push(
                ConsentPage {
                    space: open(&["acme", "globex"], None),
                    levels: levels(scopes),
                    ..consent_for(
                        locale,
                        AskingClient {
                            document_host: Some("client.example".to_owned()),
                            published_elsewhere: true,
                            is_known_host: false,
                            redirect: redirect.clone(),
                            ..known_client()
                        },
                    )
                }
                .html(),
            );
        }
    }
    let limited = ConsentPage {
        levels: Levels {
            offered: Scopes::parse("backlog:read"),
            limits: limits(),
        },
        space: SpaceChoice::One(SpaceLine {
            read_only: true,
            user: Some("<b>Daniel".to_owned()),
            ..space("acme")
        }),
        ..consent(locale)
    };
    pages.push(limited.html());
    let asking = |shown: &[&str], problem| ConsentPage {
        space: open(shown, problem),
        ..consent(locale)
    };
    pages.push(asking(&[], None).html());
    for problem in naming_problems() {
        pages.push(asking(&[], Some(problem.clone())).html());
        pages.push(asking(&["acme"], Some(problem)).html());
    }
    let of_projects = |projects| ConsentPage {
        projects,
        ..consent(locale)
    };
    let only = ProjectChoice {
        options: ProjectOptions::Only("KURA".to_owned()),
        ..ProjectChoice::default()
    };
    let known = [ProjectChoice::default(), only, boxes()];
    let wrong = projects_problems().map(|problem| typed("\"<b>", Some(problem)));
    let choices = known.into_iter().chain(wrong);
    pages.extend(choices.map(|projects| of_projects(projects).html()));
    pages.extend(account::every_page(locale));
    pages.extend(device::every_page(locale));
    pages.extend(problems().map(|problem| error_page(locale, problem).html()));
    let nameless = AskingClient {
        name: None,
        ..known_client()
    };
    pages.push(consent_for(locale, nameless).html());
    pages
}

fn limits() -> AccessLimits {
    AccessLimits {
        read_only: true,
        toolsets: Some(
            Toolset::NAMED
                .map(Toolset::as_str)
                .map(str::to_owned)
                .to_vec(),
        ),
        projects: Some(vec!["KURA".to_owned(), "OPS".to_owned()]),
    }
}

#[test]
fn pages_are_in_their_language_and_complete() {
    for locale in Locale::ALL {
        for html in every_page(locale) {
            assert!(html.contains(&format!("<html lang=\"{}\">", locale.tag())));
            assert!(html.contains("<main>") && html.matches("<h1").count() == 1);
            assert!(!html.contains("%{"), "an unfilled placeholder: {html}");
            let is_japanese = html.chars().any(|c| ('ぁ'..='ヿ').contains(&c));
            assert_eq!(is_japanese, locale == Locale::Ja);
        }
    }
}

#[test]
fn pages_obey_their_content_security_policy() {
    let forbidden = Regex::new(r"(?i)<script|<style|\sstyle=|\son\w+=|javascript:").unwrap();
    for html in Locale::ALL.into_iter().flat_map(every_page) {
        assert_eq!(forbidden.find(&html).map(|found| found.as_str()), None);
    }
}

#[test]
fn every_control_has_a_label_and_every_fieldset_a_legend() {
    let labelled =
        Regex::new(r#"<label class="choice">\s*<input type="(?:radio|checkbox)"[^>]*>\s*<span>"#)
            .unwrap();
    for html in Locale::ALL.into_iter().flat_map(every_page) {
        let [radios, boxes] =
            ["radio", "checkbox"].map(|kind| html.matches(&format!("type=\"{kind}\"")).count());
        assert_eq!(labelled.find_iter(&html).count(), radios + boxes);
        let hidden = html.matches("type=\"hidden\"").count();
        let named = html.matches("<label for=\"named-space\">").count();
        let texts = "id=\"named-space\"";
        assert_eq!(html.matches(texts).count(), named);
        let keys = html.matches("<label for=\"projects\">").count();
        assert_eq!(html.matches("id=\"projects\"").count(), keys);
        let files = html.matches("<input type=\"file\" id=\"file\"").count();
        assert_eq!(html.matches("<label for=\"file\">").count(), files);
        let tokens = html.matches("<label for=\"token-name\">").count();
        assert_eq!(html.matches("id=\"token-name\"").count(), tokens);
        let codes = html.matches("<label for=\"user-code\">").count();
        assert_eq!(html.matches("id=\"user-code\"").count(), codes);
        let days = html.matches("<label for=\"token-days\">").count();
        assert_eq!(html.matches("<select").count(), days);
        assert_eq!(
            html.matches("<input").count(),
            radios + boxes + hidden + named + keys + files + tokens + codes
        );
        assert_eq!(
            html.matches("<fieldset>\n<legend>").count(),
            html.matches("<fieldset>").count()
        );
    }
}

#[test]
fn a_page_that_offers_to_start_again_leads_there_and_others_do_not() {
    for locale in Locale::ALL {
        let page = error_page(locale, Problem::RequestExpired);
        let html = page.html();
        let link = "href=\"https://hub.example/authorize?state=a%22b&#38;x=%3Cy%3E\"";
        assert!(html.contains(link), "{html}");
        assert!(html.contains(&locale.text("problem.again")));
        let without = ErrorPage {
            again: None,
            ..page
        };
        assert!(!without.html().contains("hub.example/authorize"));
    }
}

#[test]
fn a_refusal_names_where_its_link_goes_and_goes_nowhere_by_itself() {
    for (target, named) in [
        ("https://unknown.example/cb?error=x", "unknown.example"),
        ("cursor://anysphere.cursor-mcp/cb?error=x", "cursor:"),
    ] {
        for locale in Locale::ALL {
            let html = RefusedPage {
                frame: Frame {
                    locale,
                    ..Frame::default()
                },
                target: Url::parse(target).unwrap(),
                detail: "<b>no</b> challenge".to_owned(),
            }
            .html();
            assert!(!html.contains("http-equiv") && !html.contains("<b>no"));
            let link = html.split("<a ").nth(1).expect("a link");
            assert!(link.contains(&format!("href=\"{target}\"")), "{link}");
            let text = link.split('>').nth(1).unwrap_or_default();
            assert!(link.contains(named) && !text.is_empty(), "{link}");
        }
    }
}

#[test]
fn a_refused_client_is_described_and_led_back_only_where_that_is_safe() {
    for (locale, rule) in [
        (Locale::En, "has listed"),
        (Locale::Ja, "管理者が許可したサイト"),
    ] {
        let refused = client_refused(locale, ClientPolicy::Listed);
        let html = refused.html();
        for said in [
            "client.example",
            "evil.example",
            "&#60;/dd&#62;&#60;b&#62;Claude",
            "ACME",
            "&#60;Acme&#62; &#38; Co",
            "it@example.com",
            "req-&#60;1&#62;",
            rule,
        ] {
            assert!(html.contains(said), "{locale:?}: no {said} in {html}");
        }
        assert!(!html.contains("href=\"https://evil.example") && !html.contains("http-equiv"));
        let target = "https://claude.ai/api/mcp/auth_callback?error=access_denied";
        let led_back = ClientRefusedPage {
            back: Url::parse(target).ok(),
            ..refused
        };
        let html = led_back.html();
        assert!(html.contains(&format!("href=\"{target}\"")), "{html}");
        assert!(!html.contains("http-equiv"));
    }
}

#[test]
fn every_problem_has_advice_and_quotes_its_values() {
    for locale in Locale::ALL {
        let pages = problems().map(|problem| error_page(locale, problem).html());
        let titles: BTreeSet<_> = pages
            .iter()
            .map(|html| html.split("</title>").next())
            .collect();
        assert_eq!(titles.len(), pages.len(), "two problems look alike");
        for html in &pages {
            assert!(html.contains(&locale.text("problem.what_to_do")));
            assert!(html.contains("req-&#60;1&#62;"));
        }
        assert!(pages[3].contains("<bdi>&#60;no&#62; challenge</bdi>"));
        assert!(pages[6].contains("<bdi>&#60;Acme&#62;</bdi>"));
        assert!(pages[9].contains("<bdi>42</bdi>"));
        assert!(pages[12].contains("<bdi>&#60;10.1.2.3&#62;:8443</bdi>"));
    }
}

#[test]
fn the_forward_page_goes_on_with_and_without_a_refresh() {
    let target = Url::parse("https://c.example/cb?code=a'b&state=\"c").unwrap();
    let html = ForwardPage {
        frame: Frame::default(),
        target: target.clone(),
        account: None,
    }
    .html();
    let escaped = target.as_str().replace('&', "&#38;");
    assert!(html.contains(&format!("content=\"0;url={escaped}\"")));
    assert!(html.contains(&format!("href=\"{escaped}\"")));
    assert!(html.contains("<bdi>c.example</bdi>"));
}

#[test]
fn hosted_clients_are_warned_that_they_cannot_reach_a_local_url() {
    let warned = |url: &str| {
        let page = ConnectPage {
            frame: Frame::default(),
            mcp_url: Url::parse(url).unwrap(),
            project_url: Url::parse(url).unwrap(),
            account: "/account".to_owned(),
            demo: None,
        };
        page.html()
            .contains("can be reached from this computer only")
    };
    assert!(warned("http://127.0.0.1:8080/mcp"));
    assert!(warned("http://[::1]:8080/mcp"));
    assert!(warned("http://localhost/mcp"));
    assert!(!warned("https://mcp.example.com/mcp"));
}

#[test]
fn each_connection_that_comes_back_can_be_ended() {
    for locale in Locale::ALL {
        let html = restored(locale).html();
        assert_eq!(html.matches("action=\"/connections/end\"").count(), 2);
        assert_eq!(
            html.matches("name=\"connection\" value=\"the-connection\"")
                .count(),
            2
        );
        assert!(
            html.contains("client.example") && html.contains("1970-01-02"),
            "{html}"
        );
        assert!(
            !html.contains("<script>") && !html.contains('\u{202e}'),
            "{html}"
        );
    }
}

/// The text of an HTML page without its elements, white space folded.
fn text_of(html: &str) -> String {
    let element = Regex::new("<[^>]*>").unwrap();
    let text = element.replace_all(html, " ");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn the_confirmation_names_each_part_of_the_access() {
    for (granted, expected) in [
        ("backlog:read", "Read only"),
        ("backlog:write", "Change"),
        (
            "backlog:read backlog:write backlog:admin",
            "Read and change, Administer",
        ),
        (
            "backlog:read backlog:write backlog:delete backlog:admin",
            "Read and change, Delete, Administer",
        ),
    ] {
        let page = ConfirmPage {
            granted: Scopes::parse(granted),
            ..confirm(Locale::En)
        };
        let shown = format!("<dd>{expected}</dd>");
        assert!(page.html().contains(&shown), "{granted}");
    }
}

#[test]
fn projects_are_a_closed_option_until_something_was_chosen() {
    for locale in Locale::ALL {
        let page = |projects| {
            let page = ConsentPage {
                projects,
                ..consent(locale)
            };
            page.html()
        };
        let is_open = |html: &str| html.contains("<details class=\"narrowing\" open>");
        let closed = page(typed("", None));
        assert!(closed.contains("<details class=\"narrowing\">") && !is_open(&closed));
        let kept = page(typed("KURA\"", None));
        assert!(is_open(&kept) && kept.contains("name=\"projects\" value=\"KURA&#34;\""));
        assert!(!kept.contains("aria-invalid"), "{kept}");
        for problem in projects_problems() {
            let html = page(typed("KURA", Some(problem)));
            let described = "aria-describedby=\"projects-problem projects-hint\"";
            assert!(
                is_open(&html) && html.contains("aria-invalid=\"true\""),
                "{html}"
            );
            assert!(
                html.contains(described) && html.contains("role=\"alert\""),
                "{html}"
            );
        }
        let html = page(boxes());
        assert!(
            html.contains("name=\"project_KURA\" value=\"allow\">"),
            "{html}"
        );
        assert!(
            html.contains("name=\"project_OPS\" value=\"allow\" checked>"),
            "{html}"
        );
        let only = ProjectChoice {
            options: ProjectOptions::Only("KURA".to_owned()),
            ..ProjectChoice::default()
        };
        let html = page(only);
        assert!(
            !html.contains("narrowing") && html.contains("<bdi>KURA</bdi>"),
            "{html}"
        );
        assert!(!page(ProjectChoice::default()).contains("narrowing"));
    }
}

#[test]
fn the_confirmation_names_the_only_projects() {
    let list = "<bdi>KURA, OPS</bdi>";
    assert!(confirm(Locale::En).html().contains(list));
    let page = ConfirmPage {
        projects: None,
        ..confirm(Locale::En)
    };
    assert!(!page.html().contains(&Locale::En.text("confirm.projects")));
}

#[test]
fn the_user_is_named_before_anything_continues() {
    for locale in Locale::ALL {
        let html = confirm(locale).html();
        assert!(html.contains("&#60;b&#62;Daniel") && !html.contains("<b>"));
        assert!(!html.contains('\u{202e}') && !html.contains("http-equiv"));
        assert!(html.contains("name=\"page\" value=\"the-&#34;page&#34;\""));
        for decision in ["continue", "switch"] {
            assert!(html.contains(&format!("name=\"decision\" value=\"{decision}\"")));
        }
        for shown in ["ACME", "acme.backlog.com", "Claude"] {
            assert!(html.contains(shown), "{shown}");
        }
        let switch = switch(locale).html();
        assert!(
            switch.contains("href=\"https://acme.backlog.com/\""),
            "{switch}"
        );
        assert!(
            switch.contains("hub.example/authorize?state=a%22b"),
            "{switch}"
        );
    }
}

#[test]
fn the_operator_is_named_and_shown_and_can_be_asked() {
    for html in Locale::ALL.map(|locale| consent(locale).html()) {
        assert!(html.contains("<bdi translate=\"no\">&#60;Acme&#62; &#38; Co</bdi>"));
        assert!(html.contains("src=\"data:image/png;base64,aW1hZ2U=\" alt=\"\""));
        assert!(html.contains("<a href=\"mailto:it@example.com\">it@example.com</a>"));
        assert!(html.contains("href=\"https://wiki.example.com/?a=b&#38;c=%22\""));
        assert!(!html.contains("Backlog MCP Hub"));
    }
    let extension = Frame {
        operator: Arc::new(Operator {
            contact: Some("javascript:alert(1)@x.example?a=<b>".to_owned()),
            ..Operator::default()
        }),
        ..Frame::default()
    };
    let page = ConsentPage {
        frame: extension,
        ..consent(Locale::En)
    };
    let html = page.html();
    assert!(!html.contains("mailto:") && !html.contains("<b>"), "{html}");
    assert!(html.contains("Backlog MCP Hub"));
}

#[test]
fn a_page_is_offered_in_the_other_language_with_all_its_parameters() {
    for (locale, other) in [(Locale::En, "ja"), (Locale::Ja, "en")] {
        let html = consent(locale).html();
        let back = "%2Fauthorize%3Fstate%3Da%26x%3D%22%3Cy%3E";
        let link = format!("href=\"/language?to={other}&#38;back={back}\"");
        assert_eq!(html.matches("href=\"/language").count(), 1, "{html}");
        assert!(html.contains(&link), "{html}");
        let once = ConsentPage {
            frame: Frame {
                locale,
                ..Frame::default()
            },
            ..consent(locale)
        };
        assert!(!once.html().contains("/language"));
    }
}
