//! The consent page: who asks, what is offered, and what the form sends.

use super::*;

#[test]
fn a_hostile_client_cannot_write_html_or_hide() {
    let client = AskingClient {
        name: Some(format!(
            "</h1><script>alert('x')</script>\u{202e}\u{200b}{}",
            "A".repeat(500)
        )),
        is_known_host: false,
        redirect: RedirectTarget::Https {
            host: format!("claude.ai.{}\"><img src=x>.evil.example", "a".repeat(300)),
        },
        ..known_client()
    };
    let html = ConsentPage {
        request: "\"><b>".to_owned(),
        csrf: "'><i>".to_owned(),
        ..consent_for(Locale::En, client)
    }
    .html();
    for forbidden in [
        "<script",
        "<img src=x",
        "<b>",
        "<i>",
        "\u{202e}",
        "\u{200b}",
        "javascript:",
    ] {
        assert!(!html.contains(forbidden), "{forbidden:?} got through");
    }
    assert!(html.contains("&#60;/h1&#62;&#60;script&#62;alert"));
    assert!(!html.contains(&"A".repeat(60)) && html.contains(".evil.example"));
}

#[test]
fn a_known_host_is_named_without_a_warning_and_others_with_one() {
    let known = consent(Locale::En).html();
    assert!(!known.contains("class=\"notice\"") && !known.contains("is not verified"));
    let page = |redirect: RedirectTarget| {
        let known_host_only_counts_on_the_web = !matches!(redirect, RedirectTarget::Https { .. });
        let client = AskingClient {
            redirect,
            is_known_host: known_host_only_counts_on_the_web,
            ..known_client()
        };
        consent_for(Locale::En, client).html()
    };
    let host = || "other.example".to_owned();
    for web in [
        RedirectTarget::Https { host: host() },
        RedirectTarget::PlainHttp { host: host() },
    ] {
        let html = page(web);
        assert!(html.contains("class=\"notice\"") && html.contains("is not verified"));
    }
    // Most clients run on the user's own device: a line says that any program can ask.
    for (device, line) in [
        (RedirectTarget::Loopback { host: host() }, "Any program"),
        (RedirectTarget::PrivateScheme { scheme: host() }, "Any app"),
    ] {
        let html = page(device);
        assert!(!html.contains("class=\"notice\"") && html.contains("is not verified"));
        assert!(html.contains(line), "{html}");
    }
}

#[test]
fn verified_facts_of_a_client_precede_its_claims() {
    for locale in Locale::ALL {
        let client = AskingClient {
            document_host: Some("evil.example".to_owned()),
            name: Some("Claude Code".to_owned()),
            is_known_host: false,
            redirect: RedirectTarget::Loopback {
                host: "127.0.0.1".to_owned(),
            },
            ..known_client()
        };
        let html = consent_for(locale, client).html();
        let heading = html
            .split("<h1>")
            .nth(1)
            .and_then(|rest| rest.split("</h1>").next());
        let heading = heading.expect("a heading");
        assert!(
            heading.contains("evil.example") && !heading.contains("Claude"),
            "{heading}"
        );
        let at = |text: &str| {
            html.find(text)
                .unwrap_or_else(|| panic!("no {text} in {html}"))
        };
        let proven = at("<bdi class=\"strong\">evil.example</bdi>");
        assert!(proven < at("Claude Code"));
        assert!(html.contains(&locale.text("consent.any_program")));
    }
    // If the response goes to an assistant that the hub knows, its name is the better one, and the
    // host of the document is shown as well.
    let known = AskingClient {
        document_host: Some("evil.example".to_owned()),
        ..known_client()
    };
    let html = consent_for(Locale::En, known).html();
    assert!(
        html.contains("<bdi>Claude</bdi> wants to use") && html.contains("<bdi>evil.example</bdi>")
    );
}

#[test]
fn the_form_carries_what_the_decision_needs() {
    let offers = |html: &str, name: &str| -> Vec<(String, String)> {
        Regex::new(&format!(r#"type="(\w+)" name="{name}" value="([^"]*)""#))
            .unwrap()
            .captures_iter(html)
            .map(|found| (found[1].to_owned(), found[2].to_owned()))
            .collect()
    };
    let pair = |kind: &str, value: &str| (kind.to_owned(), value.to_owned());
    let of = |scopes: &str| {
        ConsentPage {
            levels: levels(scopes),
            ..consent(Locale::Ja)
        }
        .html()
    };

    let both = of("backlog:read backlog:write");
    assert_eq!(offers(&both, "request"), [pair("hidden", "the-request")]);
    assert_eq!(offers(&both, "csrf"), [pair("hidden", "the-csrf")]);
    assert_eq!(offers(&both, "space"), [pair("hidden", "acme")]);
    let choice = [pair("radio", "read"), pair("radio", "read_write")];
    assert_eq!(offers(&both, "access"), choice);
    let decisions = [pair("submit", "approve"), pair("submit", "deny")];
    assert_eq!(offers(&both, "decision"), decisions);

    let read = of("backlog:read");
    assert_eq!(offers(&read, "access"), [pair("checkbox", "read")]);
    let write = of("backlog:write");
    assert_eq!(offers(&write, "access"), [pair("checkbox", "read_write")]);

    for (added, delete, admin) in [
        ("", 0, 0),
        (" backlog:delete", 1, 0),
        (" backlog:delete backlog:admin", 1, 1),
    ] {
        let html = of(&format!("backlog:write{added}"));
        let allow = pair("checkbox", "allow");
        assert_eq!(offers(&html, "allow_delete"), vec![allow.clone(); delete]);
        assert_eq!(offers(&html, "allow_admin"), vec![allow; admin]);
        assert!(!html.contains("checked"), "nothing is preselected");
    }

    let several = ConsentPage {
        space: open(&["acme", "globex"], None),
        ..consent(Locale::Ja)
    }
    .html();
    let spaces = ["acme", "globex", ""].map(|slug| pair("radio", slug));
    assert_eq!(offers(&several, "space"), spaces);
    assert_eq!(offers(&several, "named_space"), [pair("text", "")]);
    assert!(several.contains("value=\"deny\" formnovalidate"));
    // No space is preselected.
    assert!(several.contains("name=\"space\" value=\"\" required>"));
}

#[test]
fn the_question_for_a_space_names_none_and_keeps_what_was_typed() {
    for locale in Locale::ALL {
        let page = |problem| {
            let space = open(&[], problem);
            ConsentPage {
                space,
                ..consent(locale)
            }
            .html()
        };
        let asked = page(None);
        assert!(!asked.contains("name=\"space\""), "{asked}");
        assert!(asked.contains("name=\"named_space\" value=\"\""), "{asked}");
        assert!(!asked.contains("role=\"alert\""), "{asked}");
        for problem in naming_problems() {
            let is_typed = !matches!(problem, NamingProblem::Missing);
            let html = page(Some(problem));
            assert!(
                html.contains("id=\"space-problem\" role=\"alert\""),
                "{html}"
            );
            assert!(html.contains("aria-describedby=\"space-problem space-hint\""));
            assert!(!html.contains("<b>"), "{html}");
            let kept = "name=\"named_space\" value=\"&#34;&#60;b&#62;\"";
            assert_eq!(html.contains(kept), is_typed, "{html}");
        }
    }
}

#[test]
fn nothing_is_approved_by_a_click_in_one_place() {
    let focusable = Regex::new(r"<(?:a|button|input|select|summary|textarea)\b[^>]*>").unwrap();
    for html in Locale::ALL.into_iter().flat_map(every_page) {
        assert!(!html.contains("autofocus") && !html.contains("tabindex"));
        if !html.contains("value=\"approve\"") {
            continue;
        }
        let mut controls = focusable.find_iter(&html).map(|found| found.as_str());
        let first = controls.find(|control| !control.contains("type=\"hidden\""));
        let first = first.expect("a control");
        let is_entry = ["radio", "checkbox", "text"]
            .iter()
            .any(|kind| first.contains(&format!("type=\"{kind}\"")));
        assert!(is_entry && first.ends_with("required>"), "{first}");
        let access = focusable.find_iter(&html).map(|found| found.as_str());
        let mut access = access.filter(|control| control.contains("name=\"access\""));
        assert!(
            access.all(|control| control.ends_with("required>") && !control.contains(" checked")),
            "{html}"
        );
        assert!(html.contains("value=\"deny\" formnovalidate"), "{html}");
    }
}

#[test]
fn a_description_from_another_host_than_the_callbacks_is_warned_of() {
    for locale in Locale::ALL {
        let page = |published_elsewhere| {
            let client = AskingClient {
                document_host: Some("docs.example".to_owned()),
                published_elsewhere,
                ..known_client()
            };
            consent_for(locale, client).html()
        };
        let warned = page(true);
        let notice = warned.split("class=\"notice\"").nth(1).expect("a notice");
        assert!(notice.contains("<bdi>docs.example</bdi>"), "{notice}");
        assert!(!page(false).contains("class=\"notice\""));
    }
}

#[test]
fn the_page_offers_what_the_limits_leave_and_names_them() {
    for locale in Locale::ALL {
        let page = ConsentPage {
            levels: Levels {
                offered: Scopes::parse("backlog:read"),
                limits: limits(),
            },
            ..consent(locale)
        };
        let html = page.html();
        assert!(!html.contains("value=\"read_write\""), "{html}");
        assert!(html.contains("type=\"checkbox\" name=\"access\" value=\"read\" required>"));
        let text = text_of(&html);
        assert!(text.contains(&locale.text("consent.limited_reading")));
        for toolset in Toolset::ALL {
            let name = locale.text(&format!("toolset.{toolset}"));
            assert!(text.contains(&name), "{toolset}");
        }
        assert!(text.contains("KURA") && text.contains("OPS"), "{text}");
        let unlimited = text_of(&consent(locale).html());
        assert!(!unlimited.contains(&locale.text("consent.limited_reading")));
    }
}

#[test]
fn the_page_says_how_long_access_lasts_and_where_to_end_it() {
    let text = text_of(&consent(Locale::En).html());
    for part in [
        "does not use it for 30 days .",
        "Access ends after 5 hours in any case.",
        "To end it sooner",
        "the same application for 2 hours .",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let html = consent(Locale::En).html();
    // The sign-in stays open beside it.
    assert!(
        html.contains("<a href=\"/account\" target=\"_blank\" rel=\"noopener"),
        "{html}"
    );
}

#[test]
fn the_decision_precedes_what_it_does_not_need() {
    for locale in Locale::ALL {
        let html = consent(locale).html();
        let at = |text: &str| html.find(text).unwrap_or_else(|| panic!("no {text}"));
        assert!(at("value=\"approve\"") < at("class=\"next\""));
    }
}

#[test]
fn a_known_browser_sees_who_signs_in() {
    for locale in Locale::ALL {
        let known = || SpaceLine {
            user: Some("<b>Daniel\u{202e}".to_owned()),
            ..space("acme")
        };
        for space in [
            SpaceChoice::One(known()),
            SpaceChoice::Open {
                shown: vec![known()],
                problem: None,
            },
        ] {
            let page = ConsentPage {
                space,
                ..consent(locale)
            };
            let html = page.html();
            assert!(html.contains("<bdi>&#60;b&#62;Daniel</bdi>"), "{html}");
        }
    }
}
