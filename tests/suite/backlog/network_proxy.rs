//! In a network that has a proxy and certificates of its own: `HTTPS_PROXY` and `SSL_CERT_FILE`.

use backlog_sim::seed;
use serde_json::json;

use crate::support::{
    connect_proxy::ConnectProxy,
    document_host::{Document, DocumentHost},
    hub::{REDIRECT_URI, sim},
    person::{Person, authorize_url},
    process::{Deployment, Process, program},
    stdio::StdioClient,
};

const HOST: &str = "acme.backlog.com";
/// A host that only the proxy knows; its form is that of a public one.
const CLIENT_HOST: &str = "client.backlog-mcp-hub-tests.dev";

#[tokio::test(flavor = "multi_thread")]
async fn backlog_is_reached_by_the_networks_proxy_and_with_its_certificates() {
    let sim = sim().await;
    let key = sim.control().issue_api_key(seed::DANIEL);
    let proxy = ConnectProxy::start(HOST, &sim.url()).await;
    let configured = |domain: &str| {
        let mut command = program(&["stdio"]);
        command
            .env("BACKLOG_DOMAIN", domain)
            .env("BACKLOG_API_KEY", &key)
            .env("HTTP_PROXY", &proxy.url)
            .env("HTTPS_PROXY", &proxy.url)
            .env("SSL_CERT_FILE", proxy.root());
        command
    };
    let mut client = StdioClient::start(configured(HOST)).await;
    let me = client.json("get_myself", json!({})).await;
    assert_eq!(me["id"], json!(seed::DANIEL));
    let expected = format!("CONNECT {HOST}:443 HTTP/1.1");
    assert_eq!(proxy.asked(), [expected.as_str()]);

    // Whoever signs the proxy's certificates is believed only if the operator says so.
    let strangers = ConnectProxy::start(HOST, &sim.url()).await;
    let mut command = configured(HOST);
    command.env("SSL_CERT_FILE", strangers.root());
    let mut client = StdioClient::start(command).await;
    let before = sim.control().journal().len();
    let (failed, text) = client.call("get_myself", json!({})).await;
    assert!(failed, "{text}");
    assert_eq!(sim.control().journal().len(), before);
    assert!(proxy.asked().len() > 1);

    // What is on this computer is no matter of the network's.
    let before = proxy.asked().len();
    let mut client = StdioClient::start(configured(sim.url().as_str())).await;
    let me = client.json("get_myself", json!({})).await;
    assert_eq!(me["id"], json!(seed::DANIEL));
    assert_eq!(proxy.asked().len(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn metadata_documents_are_fetched_by_the_networks_proxy_and_never_from_inside() {
    let host = DocumentHost::open().await;
    let client_id = format!("https://{CLIENT_HOST}/client.json");
    let document = json!({
        "client_id": client_id,
        "client_name": "Client Behind The Proxy",
        "redirect_uris": [REDIRECT_URI],
        "token_endpoint_auth_method": "none",
    });
    host.set("/client.json", Document::json(&document));
    let behind = host.url("").parse().expect("a URL");
    let proxy = ConnectProxy::start(CLIENT_HOST, &behind).await;
    let deployment = Deployment::new().await;
    let mut command = deployment.command();
    command
        .env("HTTPS_PROXY", &proxy.url)
        .env("SSL_CERT_FILE", proxy.root());
    let hub = Process::start(command, deployment.site.base_url.clone()).await;

    let person = Person::default();
    for _ in 0..2 {
        let page = person
            .get(&authorize_url(&deployment.site, &client_id))
            .await;
        page.assert_says(200, "Client Behind The Proxy");
    }
    let once = format!("CONNECT {CLIENT_HOST}:443 HTTP/1.1");
    assert_eq!(proxy.asked(), [once.as_str()]);
    assert_eq!(host.fetches("/client.json"), 1);

    for inside in [
        "vault.corp",
        "intranet",
        "metadata.google.internal",
        "printer.local",
        "10.0.0.1",
        "169.254.169.254",
        "[fd00::1]",
    ] {
        let client_id = format!("https://{inside}/client.json");
        let page = person
            .get(&authorize_url(&deployment.site, &client_id))
            .await;
        assert!(page.status.is_client_error() || page.status.is_server_error());
        assert_eq!(page.location, None, "{inside}");
    }
    assert_eq!(proxy.asked().len(), 1, "{:?}", proxy.asked());
    assert_eq!(host.fetches("/client.json"), 1);
    hub.kill().await;
}
