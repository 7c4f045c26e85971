//! The comparison: the cost of actix-web and reqwest with nothing between them.
//!
//! A POST to `/mcp` reads an issue, as `get_issue` does. Any other request is passed on as it is.

use actix_web::{
    App, HttpRequest, HttpResponse, HttpServer,
    web::{self, Data},
};
use reqwest::Client;
use url::Url;

/// Responds to every POST to `/mcp` with one issue from Backlog; prints its own address.
pub(crate) async fn serve(backlog: Url) -> anyhow::Result<()> {
    let client = Client::builder().tcp_nodelay(true).build()?;
    let issue = backlog.join("api/v2/issues/HARBOR-1")?;
    let server = HttpServer::new(move || {
        let (client, issue) = (client.clone(), issue.clone());
        let target = Data::new((client.clone(), backlog.clone()));
        App::new()
            .app_data(target)
            .route(
                "/mcp",
                web::post().to(move |request, body| {
                    read_issue(client.clone(), issue.clone(), request, body)
                }),
            )
            .default_service(web::to(pass_on))
    })
    .tcp_nodelay(true)
    .bind(("127.0.0.1", 0))?;
    println!("{}", server.addrs()[0]);
    server.run().await?;
    Ok(())
}

async fn read_issue(
    client: Client,
    issue: Url,
    request: HttpRequest,
    _body: web::Bytes,
) -> Result<HttpResponse, actix_web::Error> {
    respond(client.get(issue), &request).await
}

async fn pass_on(
    target: Data<(Client, Url)>,
    request: HttpRequest,
    body: web::Bytes,
) -> Result<HttpResponse, actix_web::Error> {
    let (client, backlog) = target.get_ref();
    let url = backlog.join(&request.uri().to_string());
    let url = url.map_err(actix_web::error::ErrorBadRequest)?;
    let method = reqwest::Method::from_bytes(request.method().as_str().as_bytes());
    let method = method.map_err(actix_web::error::ErrorBadRequest)?;
    let mut onward = client.request(method, url);
    if let Some(kind) = header(&request, "content-type") {
        onward = onward.header("content-type", kind).body(body);
    }
    respond(onward, &request).await
}

/// Sends a request to Backlog with the token of the one that was received.
async fn respond(
    onward: reqwest::RequestBuilder,
    request: &HttpRequest,
) -> Result<HttpResponse, actix_web::Error> {
    let failed = actix_web::error::ErrorBadGateway::<reqwest::Error>;
    let bearer = header(request, "authorization").unwrap_or_default();
    let onward = onward.header("authorization", bearer);
    let response = onward.send().await.map_err(failed)?;
    let status = response.status().as_u16();
    let body = response.bytes().await.map_err(failed)?;
    let status =
        actix_web::http::StatusCode::from_u16(status).map_err(actix_web::error::ErrorBadGateway)?;
    Ok(HttpResponse::build(status)
        .content_type("application/json")
        .body(body))
}

fn header<'a>(request: &'a HttpRequest, name: &str) -> Option<&'a str> {
    request.headers().get(name)?.to_str().ok()
}
