//! What Backlog answers, or a proxy before it, or a site that means harm: headers, JSON, files and
//! tokens, down to the bytes of HTTP.

use std::{cell::Cell, rc::Rc, sync::Arc};

use actix_web::rt::{System, SystemRunner, spawn};
use backlog_client::{BacklogClient, BacklogUrl, ClientOptions, Credentials, SpaceOAuth};
use backlog_mcp_hub::{
    accounts::access::FixedAccess,
    calls::{
        caller::{Caller, ChallengeSlot},
        policy::Policy,
    },
    mcp::{plain::PlainCall, server::HubServer},
};
use foundation::clock::Clock;
use oauth_values::Scopes;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use crate::inputs::Inputs;

/// Answers every request with the same bytes and ends the connection.
struct Site {
    url: BacklogUrl,
    answer: Rc<Cell<Vec<u8>>>,
}

impl Site {
    fn open(system: &SystemRunner) -> Self {
        let answer = Rc::new(Cell::new(Vec::new()));
        let shown = Rc::clone(&answer);
        let url = system.block_on(async move {
            let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
            let address = listener.local_addr().expect("an address");
            spawn(async move {
                while let Ok((stream, _)) = listener.accept().await {
                    let bytes = shown.take();
                    shown.set(bytes.clone());
                    spawn(serve(stream, bytes));
                }
            });
            BacklogUrl::parse(&format!("http://{address}")).expect("a URL")
        });
        Self { url, answer }
    }
}

async fn serve(mut stream: TcpStream, answer: Vec<u8>) {
    let mut head = Vec::new();
    let mut buffer = [0; 4096];
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        match stream.read(&mut buffer).await {
            Ok(read @ 1..) => head.extend_from_slice(&buffer[..read]),
            Ok(0) | Err(_) => return,
        }
    }
    // The client may have seen enough.
    drop(stream.write_all(&answer).await);
    drop(stream.shutdown().await);
}

/// The tools whose answers are read in different ways.
fn call(word: &str) -> (&'static str, Map<String, Value>) {
    let (tool, arguments) = match word {
        "get_issues" => ("get_issues", json!({ "projectId": [1], "count": 5 })),
        "get_icon" => ("get_icon", json!({ "userId": 1 })),
        "attachment" => (
            "get_issue_attachment",
            json!({ "issueKey": "HARBOR-1", "attachmentId": 1 }),
        ),
        "get_document" => ("get_document", json!({ "documentId": "a1" })),
        _ => ("get_issue", json!({ "issueKey": "HARBOR-1" })),
    };
    let Value::Object(arguments) = arguments else {
        unreachable!("written above");
    };
    (tool, arguments)
}

/// The first line says what is asked; the rest is the answer, from its status line on.
#[test]
fn answers() {
    let system = System::new();
    let site = Site::open(&system);
    let client = BacklogClient::new(ClientOptions::default()).expect("a client");
    let server = HubServer::new(client.clone(), Clock::system());
    let number = Cell::new(0_u64);
    Inputs::of("answers").try_all(|input| {
        let end = input.iter().position(|byte| *byte == b'\n');
        let end = end.unwrap_or(input.len());
        let word = String::from_utf8_lossy(&input[..end]);
        site.answer
            .set(input.get(end + 1..).unwrap_or_default().to_vec());
        if word == "token" {
            return system.block_on(renew(&client, &site.url));
        }
        // Somebody else each time: what Backlog said of limits holds for one user.
        number.set(number.get() + 1);
        let key = SecretString::from(format!("key-{}", number.get()));
        let caller = Caller {
            scopes: Scopes::all(),
            policy: Policy::default(),
            access: Arc::new(FixedAccess::new(site.url.clone(), Credentials::ApiKey(key))),
            challenge: ChallengeSlot::default(),
            account_url: None,
            subscriber: None,
        };
        let (tool, arguments) = call(&word);
        let called =
            system.block_on(server.call_as_json(&caller, None, PlainCall::new(tool, arguments)));
        let result: Value = serde_json::from_slice(&called.expect("a tool")).expect("JSON");
        let content = result["content"].as_array().expect("content");
        assert!(!content.is_empty(), "{result}");
        assert!(!result.to_string().contains("key-"), "a credential");
    });
}

/// Tokens that are taken can be used: they are not empty.
async fn renew(client: &BacklogClient, url: &BacklogUrl) {
    let secret = SecretString::from("secret");
    let callback = url::Url::parse("https://hub.example/callback").expect("a URL");
    let application = SpaceOAuth {
        url: url.clone(),
        client_id: "hub".to_owned(),
        client_secret: secret.clone(),
        redirect_uri: callback,
    };
    if let Ok(tokens) = application.refresh(client, &secret).await {
        assert!(!tokens.access_token.expose_secret().is_empty());
        assert!(!tokens.refresh_token.expose_secret().is_empty());
    }
}
