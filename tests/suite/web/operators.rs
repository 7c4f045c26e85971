//! The pages say who operates the hub, or the space.

use backlog_mcp_hub::domain::{Operator, operator::Logo};
use sqlx::AssertSqlSafe;

use crate::support::{
    hub::TestHub,
    person::{Person, authorize_url},
};

const LOGO: &str = "data:image/png;base64,aW1hZ2U=";

#[tokio::test(flavor = "multi_thread")]
async fn a_space_has_an_operator_of_its_own_where_it_says_so() {
    let hub = TestHub::start_with(|settings| {
        settings.operator = Operator {
            name: Some("Acme IT".to_owned()),
            logo: Logo::parse(LOGO),
            contact: Some("it@example.com".to_owned()),
            help_url: None,
        };
    })
    .await;
    let (person, client) = (Person::default(), hub.register().await);
    let consent = || async {
        let page = person.get(&authorize_url(&hub, &client)).await;
        page.assert_says(200, "csrf");
        page.body
    };
    let start = person.get(&hub.base_url).await;
    let error = person.get(&hub.url("/authorize?client_id=nothing")).await;
    for body in [&start.body, &error.body, &consent().await] {
        for shown in ["Acme IT", LOGO, "mailto:it@example.com"] {
            assert!(body.contains(shown), "no {shown} in {body}");
        }
    }
    hub.sql(
        "SELECT admin.set_space_operator('default', name => 'Harbour desk',
             contact => 'Extension 12', help_url => 'https://wiki.example.com/')",
    )
    .await;
    let own = consent().await;
    for shown in [
        "Harbour desk",
        LOGO,
        "Extension 12",
        "https://wiki.example.com/",
    ] {
        assert!(own.contains(shown), "no {shown} in {own}");
    }
    assert!(
        !own.contains("Acme IT") && !own.contains("mailto:"),
        "{own}"
    );
    // An empty text removes a value, an absent one keeps it.
    hub.sql("SELECT admin.set_space_operator('default', contact => '')")
        .await;
    let own = consent().await;
    assert!(own.contains("Harbour desk") && own.contains("mailto:it@example.com"));
    let shown = "SELECT operator_name || ' ' || operator_help_url || ' '
                     || coalesce(operator_contact, '-') || ' ' || coalesce(logo_characters, 0)
                 FROM admin.space_operators WHERE slug = 'default'";
    assert_eq!(
        hub.value(shown).await.as_deref(),
        Some("Harbour desk https://wiki.example.com/ - 0")
    );
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_page_cannot_show_is_refused() {
    let hub = TestHub::start().await;
    let long = "x".repeat(201);
    for (argument, value, problem) in [
        ("logo", "https://example.com/logo.png", "not a data URL"),
        ("logo", "data:text/html;base64,eA==", "not a data URL"),
        (
            "help_url",
            "javascript:alert(1)",
            "does not begin with https",
        ),
        ("name", &long, "longer than 100"),
        ("contact", &long, "longer than 200"),
    ] {
        let call = format!("SELECT admin.set_space_operator('default', {argument} => '{value}')");
        let refused = sqlx::raw_sql(AssertSqlSafe(call))
            .execute(hub.database.pool())
            .await;
        let error = refused.expect_err(argument).to_string();
        assert!(error.contains(problem), "{error}");
    }
    hub.stop().await;
}
