//! The comparison: the cost of actix-web and reqwest with nothing between them.

use actix_web::{App, HttpResponse, HttpServer, web};
use reqwest::Client;
use url::Url;

/// Responds to every POST with one issue from Backlog; prints its own address.
pub(crate) async fn serve(backlog: Url) -> anyhow::Result<()> {
    let client = Client::builder().tcp_nodelay(true).build()?;
    let issue = backlog.join("api/v2/issues/HARBOR-1")?;
    let server = HttpServer::new(move || {
        let (client, issue) = (client.clone(), issue.clone());
        App::new().route(
            "/mcp",
            web::post()
                .to(move |request, body| forward(client.clone(), issue.clone(), request, body)),
        )
    })
    .tcp_nodelay(true)
    .bind(("127.0.0.1", 0))?;
    println!("{}", server.addrs()[0]);
    server.run().await?;
    Ok(())
}

async fn forward(
    client: Client,
    issue: Url,
    request: actix_web::HttpRequest,
    _body: web::Bytes,
) -> Result<HttpResponse, actix_web::Error> {
    let bearer = request.headers().get("authorization");
    let bearer = bearer.and_then(|value| value.to_str().ok()).unwrap_or("");
    let failed = actix_web::error::ErrorBadGateway::<reqwest::Error>;
    let response = client
        .get(issue)
        .header("authorization", bearer)
        .send()
        .await
        .map_err(failed)?;
    let status = response.status().as_u16();
    let body = response.bytes().await.map_err(failed)?;
    let status =
        actix_web::http::StatusCode::from_u16(status).map_err(actix_web::error::ErrorBadGateway)?;
    Ok(HttpResponse::build(status)
        .content_type("application/json")
        .body(body))
}
