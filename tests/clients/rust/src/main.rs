//! A client on the Rust SDK, driven like the other ones (`../README.md` has the protocol).
//!
//! 1. Load the tokens from the state file, or discover, register and sign in: the URL
//!    is printed, and the redirect comes to a listener on loopback.
//! 2. Connect; say so, and which tools there are.
//! 3. Carry out the commands on standard input, one JSON object a line.

mod state;

use std::path::PathBuf;

use anyhow::{Context, bail};
use clap::Parser;
use rmcp::{
    RoleClient,
    model::{
        ArgumentInfo, CallToolRequestParams, CompleteRequestParams, GetPromptRequestParams,
        ProtocolVersion, ReadResourceRequestParams, Reference,
    },
    service::{ClientCacheConfig, ClientLifecycleMode, ClientServiceExt, RunningService},
    transport::{
        AuthClient, AuthorizationManager, AuthorizationSession, StreamableHttpClientTransport,
        auth::AuthorizationRequest, streamable_http_client::StreamableHttpClientTransportConfig,
    },
};
use serde_json::{Value, json};
use state::StateFile;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::TcpListener,
};

#[derive(Parser)]
struct Options {
    /// The MCP endpoint
    #[arg(long)]
    url: String,
    /// Where the registration and the tokens are kept
    #[arg(long)]
    state: PathBuf,
}

type Connection = RunningService<RoleClient, ()>;

#[tokio::main]
async fn main() {
    if let Err(error) = run(Options::parse()).await {
        emit(&failure("fatal", &error));
        std::process::exit(1);
    }
    emit(&json!({ "event": "closed" }));
    // Standard input may still be open and would keep the process alive.
    std::process::exit(0);
}

async fn run(options: Options) -> anyhow::Result<()> {
    let state = StateFile::new(options.state);
    let manager = signed_in(&options.url, &state).await?;
    let transport = StreamableHttpClientTransport::with_client(
        AuthClient::new(reqwest::Client::new(), manager),
        StreamableHttpClientTransportConfig::with_uri(options.url),
    );
    let lifecycle = ClientLifecycleMode::Auto {
        preferred_versions: vec![ProtocolVersion::V_2026_07_28],
        legacy_version: None,
    };
    let connection = ().serve_with_lifecycle(transport, lifecycle).await?;
    // A test wants the server's answer, each time.
    connection
        .set_response_cache_config(ClientCacheConfig::disabled())
        .await;
    let server = connection.peer_info().context("the server said nothing")?;
    emit(&json!({
        "event": "connected",
        "protocol": server.protocol_version,
        "server": server.server_info,
    }));
    list_tools(&connection).await?;

    let mut commands = BufReader::new(tokio::io::stdin()).lines();
    while let Some(line) = commands.next_line().await? {
        let command: Value = serde_json::from_str(&line)?;
        if command["close"] == true {
            break;
        }
        if let Err(error) = execute(&connection, &state, &command).await {
            emit(&failure("error", &error));
        }
    }
    connection.cancel().await?;
    Ok(())
}

/// A manager with tokens: those of the state file, or those of a person who signs in now.
async fn signed_in(url: &str, state: &StateFile) -> anyhow::Result<AuthorizationManager> {
    let mut manager = AuthorizationManager::new(url).await?;
    manager.set_credential_store(state.clone());
    if manager.initialize_from_store().await? {
        return Ok(manager);
    }
    let found = manager.resolve_metadata().await?;
    manager.set_metadata(found.metadata);
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let origin = format!("http://{}", listener.local_addr()?);
    let request = AuthorizationRequest::new(format!("{origin}/callback"))
        .with_client_name("Rust SDK")
        .with_initial_scope_selection();
    let session = AuthorizationSession::new(manager, request)
        .await
        .map_err(|(_, error)| error)?;
    emit(&json!({ "event": "authorize", "url": session.get_authorization_url() }));
    let target = redirect(&listener).await?;
    session
        .handle_callback_url(&format!("{origin}{target}"))
        .await?;
    Ok(session.auth_manager)
}

/// Answers requests until the redirect comes; its path and query.
async fn redirect(listener: &TcpListener) -> anyhow::Result<String> {
    loop {
        let (stream, _) = listener.accept().await?;
        let mut stream = BufReader::new(stream);
        let mut request = String::new();
        // A browser opens connections that it may never use.
        while stream.read_line(&mut request).await? > 0 && !request.ends_with("\r\n\r\n") {}
        let Some(target) = request.split(' ').nth(1) else {
            continue;
        };
        let page = "<!doctype html><title>Signed in</title><p>You can close this page.</p>";
        let answer = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {}\r\n\
             Connection: close\r\n\r\n{page}",
            page.len()
        );
        stream.write_all(answer.as_bytes()).await?;
        if target.starts_with("/callback?") {
            return Ok(target.to_owned());
        }
    }
}

async fn list_tools(connection: &Connection) -> anyhow::Result<()> {
    let tools = connection.list_all_tools().await?;
    let names: Vec<_> = tools.iter().map(|tool| &tool.name).collect();
    emit(&json!({ "event": "tools", "names": names }));
    Ok(())
}

async fn execute(
    connection: &Connection,
    state: &StateFile,
    command: &Value,
) -> anyhow::Result<()> {
    if let Some(tool) = command["call"].as_str() {
        let mut request = CallToolRequestParams::new(tool.to_owned());
        request.arguments = command["arguments"].as_object().cloned();
        let result = connection.call_tool(request).await?;
        emit(&json!({ "event": "result", "tool": tool, "result": result }));
    } else if command["list"] == true {
        list_tools(connection).await?;
    } else if command["resources"] == true {
        let resources = connection.list_all_resources().await?;
        let uris: Vec<_> = resources.iter().map(|resource| &resource.uri).collect();
        emit(&json!({ "event": "resources", "uris": uris }));
    } else if let Some(uri) = command["read"].as_str() {
        let request = ReadResourceRequestParams::new(uri);
        let result = connection.read_resource(request).await?;
        emit(&json!({ "event": "resource", "result": result }));
    } else if let Some(prompt) = command["prompt"].as_str() {
        let mut request = GetPromptRequestParams::new(prompt);
        request.arguments = command["arguments"].as_object().cloned();
        let result = connection.get_prompt(request).await?;
        emit(&json!({ "event": "prompt", "result": result }));
    } else if let Some(prompt) = command["complete"].as_str() {
        let text = |name: &str| command[name].as_str().unwrap_or_default();
        let argument = ArgumentInfo::new(text("argument"), text("value"));
        let request = CompleteRequestParams::new(Reference::for_prompt(prompt), argument);
        let completed = connection.complete(request).await?;
        emit(&json!({ "event": "completion", "values": completed.completion.values }));
    } else if command["refresh"] == true {
        let before = state.expire().await?;
        connection.list_all_tools().await?;
        let after = state.tokens().await?;
        emit(&json!({
            "event": "refreshed",
            "access_token_changed": after["access_token"] != before["access_token"],
            "refresh_token_changed": after["refresh_token"] != before["refresh_token"],
        }));
    } else {
        bail!("unknown command");
    }
    Ok(())
}

/// What a test may assert about an error: never a token, only the SDK's own words.
fn failure(event: &str, error: &anyhow::Error) -> Value {
    json!({
        "event": event,
        "name": "Error",
        "code": null,
        "message": error.to_string(),
        "cause": error.source().map(ToString::to_string),
    })
}

fn emit(event: &Value) {
    println!("{event}");
}
