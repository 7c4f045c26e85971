//! In a network that has a proxy and certificates of its own: `HTTPS_PROXY` and `SSL_CERT_FILE`.

use backlog_sim::seed;
use serde_json::json;

use crate::support::{connect_proxy::ConnectProxy, hub::sim, process::program, stdio::StdioClient};

const HOST: &str = "acme.backlog.com";

#[tokio::test(flavor = "multi_thread")]
async fn backlog_is_reached_by_the_networks_proxy_and_with_its_certificates() {
    let sim = sim().await;
    let key = sim.control().issue_api_key(seed::DANIEL);
    let proxy = ConnectProxy::start(HOST, &sim).await;
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
    let strangers = ConnectProxy::start(HOST, &sim).await;
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
