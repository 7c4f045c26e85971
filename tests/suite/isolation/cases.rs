//! What endpoints that take a credential are sent of another issuer, as the client of there
//! and as one of here that got hold of it; and the refusal that each gets.

use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::json;
use url::Url;

use crate::support::{
    hub::REDIRECT_URI,
    issuer::{Credentials, Issuer},
    mcp,
    person::{Page, Person, VERIFIER},
    reply::Reply,
};

/// How a credential of another issuer is presented, and what is answered.
pub(super) struct Case<'a> {
    pub handler: &'static str,
    pub what: &'static str,
    /// Whose browser it is.
    pub person: Option<&'a Person>,
    pub request: RequestBuilder,
    pub refusal: Refusal,
}

pub(super) enum Refusal {
    OAuth(u16, &'static str),
    /// 401, with the way to the metadata of this issuer.
    Challenge,
    Unauthorized,
    /// A page with one of these.
    Page(&'static [u16]),
    /// The browser is sent on to the host where the sign-in began, or gets a page.
    NotHere,
    /// 200: of another client's token nothing is told, and nothing happens to it.
    Ignored,
}

impl Case<'_> {
    pub(super) async fn check(self, here: &Issuer, from: &Issuer, shown: &str) {
        if let Some(person) = self.person {
            let page = person.send(self.request).await;
            match self.refusal {
                Refusal::Page(statuses) => {
                    let status = page.status.as_u16();
                    assert!(
                        statuses.contains(&status),
                        "{shown}: {status}\n{}",
                        page.body
                    );
                    assert_eq!(page.location, None, "{shown}");
                }
                Refusal::NotHere => match page.location {
                    Some(onward) => assert!(
                        onward.starts_with(&format!("{}/callback?", from.url)),
                        "{shown}: {onward}"
                    ),
                    None => assert!(page.status.is_client_error(), "{shown}: {}", page.status),
                },
                _ => unreachable!("a browser's endpoint answers with pages"),
            }
            return;
        }
        let reply = Reply::to(self.request).await;
        match self.refusal {
            Refusal::OAuth(status, error) => {
                let actual = (reply.status.as_u16(), reply.json()["error"].clone());
                assert_eq!(actual, (status, json!(error)), "{shown}");
                reply.oauth_error(status, error);
            }
            Refusal::Challenge => {
                assert_eq!(reply.status, StatusCode::UNAUTHORIZED, "{shown}");
                let challenge = mcp::challenge(&reply);
                assert_eq!(challenge["error"], "invalid_token", "{shown}");
                let metadata = &challenge["resource_metadata"];
                let origin = Url::parse(&here.url).expect("a URL").origin();
                assert!(
                    metadata.starts_with(&origin.ascii_serialization()),
                    "{shown}"
                );
                let own_path = here.url.ends_with("/spaces/second");
                assert_eq!(metadata.contains("/spaces/second"), own_path, "{shown}");
            }
            Refusal::Unauthorized => {
                assert_eq!(reply.status, StatusCode::UNAUTHORIZED, "{shown}");
            }
            Refusal::Ignored => assert_eq!(reply.status, StatusCode::OK, "{shown}"),
            Refusal::Page(_) | Refusal::NotHere => unreachable!("a page needs a person"),
        }
    }
}

/// Everything of another issuer, at the endpoints of this one that take such a thing.
pub(super) fn cases<'a>(
    here: &Issuer,
    own: &'a Credentials,
    foreign: &'a Credentials,
) -> Vec<Case<'a>> {
    let mut cases = pages(here, own, foreign);
    cases.extend(token(here, own, foreign));
    cases.extend(revoke(here, own, foreign));
    cases.extend(registration(here, own, foreign));
    cases.push(Case {
        handler: "device_authorization::post",
        what: "client",
        person: None,
        request: here
            .request(Method::POST, "/device_authorization")
            .form(&[("client_id", foreign.client_id.as_str())]),
        refusal: Refusal::OAuth(401, "invalid_client"),
    });
    let call = json!({ "name": "get_myself", "arguments": {} });
    for (what, token) in every(foreign) {
        cases.push(Case {
            handler: "mcp::service",
            what,
            person: None,
            request: here
                .request(Method::POST, "/mcp")
                .header("accept", "application/json, text/event-stream")
                .bearer_auth(token)
                .json(&mcp::message("tools/call", call.clone())),
            refusal: Refusal::Challenge,
        });
    }
    cases
}

/// What a browser sends.
fn pages<'a>(here: &Issuer, own: &'a Credentials, foreign: &'a Credentials) -> Vec<Case<'a>> {
    let case = |handler, what, person, request, refusal| Case {
        handler,
        what,
        person: Some(person),
        request,
        refusal,
    };
    let form = |page: &Page, space: String| {
        let form = [
            ("request", page.field("request")),
            ("csrf", page.field("csrf")),
            ("space", space),
            ("access", "read_write".to_owned()),
            ("decision", "approve".to_owned()),
        ];
        here.request(Method::POST, "/consent").form(&form)
    };
    let its_form = || form(&foreign.consent, foreign.consent.field("space"));
    let callback = Url::parse(&foreign.callback).expect("a URL");
    let callback = |host: &str| {
        let at = format!(
            "{}?{}",
            origin_path(here),
            callback.query().expect("a query")
        );
        here.http.get(at).header("host", host)
    };
    vec![
        case(
            "authorize::get",
            "client",
            &own.person,
            here.authorize_request(&foreign.client_id),
            Refusal::Page(&[400]),
        ),
        case(
            "authorize::get",
            "client with a secret",
            &own.person,
            here.authorize_request(&foreign.managed_id),
            Refusal::Page(&[400]),
        ),
        case(
            "consent::post",
            "its page, in its browser",
            &foreign.person,
            its_form(),
            Refusal::Page(&[400, 403]),
        ),
        case(
            "consent::post",
            "its page, in another browser",
            &own.person,
            its_form(),
            Refusal::Page(&[400, 403]),
        ),
        case(
            "consent::post",
            "its space, on our page",
            &own.person,
            form(&own.consent, foreign.consent.field("space")),
            Refusal::Page(&[400]),
        ),
        case(
            "callback::get",
            "its answer of Backlog, in another browser",
            &own.person,
            callback(&here.host),
            Refusal::NotHere,
        ),
    ]
}

/// The callback of the host where an issuer is reached.
fn origin_path(here: &Issuer) -> String {
    let reach = Url::parse(&here.reach).expect("a URL");
    format!("{}/callback", reach.origin().ascii_serialization())
}

fn token<'a>(here: &Issuer, own: &'a Credentials, foreign: &'a Credentials) -> Vec<Case<'a>> {
    let case = |what, form: &[(&str, &str)], refusal| Case {
        handler: "token::post",
        what,
        person: None,
        request: here.request(Method::POST, "/token").form(form),
        refusal,
    };
    let code = |what, client: &[(&'static str, &str)], code: &str, refusal| {
        let mut form = vec![
            ("grant_type", "authorization_code"),
            ("code", code),
            ("code_verifier", VERIFIER),
            ("redirect_uri", REDIRECT_URI),
        ];
        form.extend(client.iter().map(|(name, value)| (*name, *value)));
        case(what, &form, refusal)
    };
    let refresh = |what, client: &[(&'static str, &str)], token: &str, refusal| {
        let mut form = vec![("grant_type", "refresh_token"), ("refresh_token", token)];
        form.extend(client.iter().map(|(name, value)| (*name, *value)));
        case(what, &form, refusal)
    };
    let there = [("client_id", foreign.client_id.as_str())];
    let local = [("client_id", own.client_id.as_str())];
    let its_secret = [
        ("client_id", foreign.managed_id.as_str()),
        ("client_secret", &foreign.managed_secret),
    ];
    let our_client_its_secret = [
        ("client_id", own.managed_id.as_str()),
        ("client_secret", &foreign.managed_secret),
    ];
    let client = || Refusal::OAuth(401, "invalid_client");
    let grant = || Refusal::OAuth(400, "invalid_grant");
    vec![
        code("its client, its code", &there, &foreign.code, client()),
        code("its client, our code", &there, &own.code, client()),
        code("our client, its code", &local, &foreign.code, grant()),
        code(
            "our client, its access token",
            &local,
            &foreign.access_token,
            grant(),
        ),
        code("its client and secret", &its_secret, &own.code, client()),
        code(
            "our client, its secret",
            &our_client_its_secret,
            &own.code,
            client(),
        ),
        refresh(
            "its client, its token",
            &there,
            &foreign.refresh_token,
            client(),
        ),
        refresh(
            "no client, its token",
            &[],
            &foreign.refresh_token,
            client(),
        ),
        refresh(
            "its client, our token",
            &there,
            &own.refresh_token,
            client(),
        ),
        refresh(
            "our client, its token",
            &local,
            &foreign.refresh_token,
            grant(),
        ),
        refresh(
            "our client, its access token",
            &local,
            &foreign.access_token,
            grant(),
        ),
        refresh("our client, its code", &local, &foreign.code, grant()),
        refresh(
            "its client and secret",
            &its_secret,
            &foreign.refresh_token,
            client(),
        ),
    ]
}

fn revoke<'a>(here: &Issuer, own: &'a Credentials, foreign: &'a Credentials) -> Vec<Case<'a>> {
    let case = |what, client: Option<&str>, token: &str, refusal| {
        let mut form = vec![("token", token)];
        form.extend(client.map(|id| ("client_id", id)));
        Case {
            handler: "revoke::post",
            what,
            person: None,
            request: here.request(Method::POST, "/revoke").form(&form),
            refusal,
        }
    };
    let (there, local) = (
        Some(foreign.client_id.as_str()),
        Some(own.client_id.as_str()),
    );
    let mut cases = Vec::new();
    for (what, token) in [
        ("access token", &foreign.access_token),
        ("refresh token", &foreign.refresh_token),
    ] {
        cases.push(case(
            what,
            there,
            token,
            Refusal::OAuth(401, "invalid_client"),
        ));
        cases.push(case(what, local, token, Refusal::Ignored));
    }
    // What can be no token has ended already (RFC 7009 §2.2), whoever asks.
    for (what, token) in [
        ("code", &foreign.code),
        ("registration token", &foreign.management_token),
    ] {
        cases.push(case(what, there, token, Refusal::Ignored));
        cases.push(case(what, local, token, Refusal::Ignored));
    }
    for (what, token) in [
        ("no client, access token", &foreign.access_token),
        ("no client, refresh token", &foreign.refresh_token),
    ] {
        cases.push(case(
            what,
            None,
            token,
            Refusal::OAuth(401, "invalid_client"),
        ));
    }
    // Nor may its client end what is ours.
    for (what, token) in [
        ("its client, our access token", &own.access_token),
        ("its client, our refresh token", &own.refresh_token),
    ] {
        cases.push(case(
            what,
            there,
            token,
            Refusal::OAuth(401, "invalid_client"),
        ));
    }
    cases
}

fn registration<'a>(
    here: &Issuer,
    own: &'a Credentials,
    foreign: &'a Credentials,
) -> Vec<Case<'a>> {
    let mut cases = Vec::new();
    for (handler, method) in [
        ("manage_registration::get", Method::GET),
        ("manage_registration::put", Method::PUT),
        ("manage_registration::delete", Method::DELETE),
    ] {
        for (what, client, token) in [
            ("its client", &foreign.managed_id, &foreign.management_token),
            (
                "our client, its token",
                &own.managed_id,
                &foreign.management_token,
            ),
            (
                "its client, our token",
                &foreign.managed_id,
                &own.management_token,
            ),
        ] {
            cases.push(Case {
                handler,
                what,
                person: None,
                request: here.manage_request(method.clone(), client, token),
                refusal: Refusal::Unauthorized,
            });
        }
    }
    cases
}

/// All that an issuer has given out.
pub(super) fn every(of: &Credentials) -> [(&'static str, &str); 6] {
    [
        ("client", &of.client_id),
        ("client secret", &of.managed_secret),
        ("code", &of.code),
        ("access token", &of.access_token),
        ("refresh token", &of.refresh_token),
        ("registration token", &of.management_token),
    ]
}
