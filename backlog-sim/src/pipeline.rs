//! The processing of every request except those of the controls (`/_sim/`):
//!
//! 1. The body is read and parameters are decoded.
//! 2. The journal records the request.
//! 3. Faults apply: held, delayed, failed, or dropped.
//! 4. For the API: authentication, then the rate limit.
//! 5. The handler of the endpoint responds.
//! 6. Rate-limit headers are added and the journal records the status.

use std::net::{Shutdown, TcpStream};

use actix_web::{
    Error, HttpMessage, HttpRequest, HttpResponse, ResponseError,
    body::{BoxBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::{
        Method,
        header::{CONTENT_DISPOSITION, CONTENT_TYPE, HeaderName, HeaderValue},
    },
    middleware::Next,
    web::{Bytes, Data},
};

use crate::{
    auth::{Call, authenticate, credential},
    error::ApiError,
    faults::Ending,
    multipart,
    params::Params,
    rate_limit::{Class, Quota},
    sim::Sim,
};

const API: &str = "/api/v2/";
const TOKEN_ENDPOINT: &str = "/api/v2/oauth2/token";

/// The form parameters of a request outside the API's authentication.
#[derive(Clone, Debug)]
pub(crate) struct Form(pub Params);

pub(crate) async fn pipeline(
    sim: Data<Sim>,
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    if request.path().starts_with("/_sim/") {
        return Ok(next.call(request).await?.map_into_boxed_body());
    }

    let body = request.extract::<Bytes>().await?;
    let query = Params::parse(request.query_string().as_bytes());
    let content_type = request.headers().get(CONTENT_TYPE);
    let content_type = content_type.and_then(|value| value.to_str().ok());
    let upload = multipart::file(content_type.unwrap_or_default(), &body);
    let form = if request.content_type() == "application/x-www-form-urlencoded" {
        Params::parse(&body)
    } else {
        let name = upload.as_ref().map(|upload| upload.name.as_str());
        name.map(Params::of_upload).unwrap_or_default()
    };
    if let Some(upload) = upload {
        request.extensions_mut().insert(upload);
    }
    let method = request.method().clone();
    let path = request.uri().path().to_owned();

    let sequence = sim
        .journal
        .received(method.as_str(), &path, &query, &form, || {
            credential(request.headers(), &query)
        });

    let plan = sim.faults.plan(method.as_str(), &path);
    if let Some(held) = plan.held {
        held.released().await;
    }
    if let Some(delay) = plan.delay {
        tokio::time::sleep(delay).await;
    }
    let response = match plan.ending {
        Some(Ending::DropRequest) => {
            close_connection(request.request());
            return Ok(request.into_response(HttpResponse::ServiceUnavailable()));
        }
        Some(Ending::Fail { status, body }) => {
            let kind = if body.starts_with(['{', '[']) {
                "application/json;charset=utf-8"
            } else {
                "text/html;charset=utf-8"
            };
            request.into_response(HttpResponse::build(status).content_type(kind).body(body))
        }
        Some(Ending::Serve(file)) => {
            let mut response = HttpResponse::Ok();
            response.insert_header((CONTENT_TYPE, file.content_type));
            if let Some(disposition) = file.disposition {
                response.insert_header((CONTENT_DISPOSITION, disposition));
            }
            request.into_response(response.body(file.bytes))
        }
        Some(Ending::DropResponse) => {
            let response = handle(&sim, request, &method, &path, query, form, next).await?;
            close_connection(response.request());
            return Ok(response);
        }
        None => handle(&sim, request, &method, &path, query, form, next).await?,
    };
    if let Some(sequence) = sequence {
        sim.journal.completed(sequence, response.status().as_u16());
    }
    Ok(response)
}

/// Authenticates and limits requests of the API, and calls the endpoint.
async fn handle(
    sim: &Sim,
    request: ServiceRequest,
    method: &Method,
    path: &str,
    query: Params,
    form: Params,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    if !path.starts_with(API) || path == TOKEN_ENDPOINT {
        request.extensions_mut().insert(Form(form));
        return Ok(next.call(request).await?.map_into_boxed_body());
    }

    let user = match authenticate(sim, request.headers(), &query) {
        Ok(user) => user,
        Err(refusal) => return Ok(request.into_response(refusal.response())),
    };
    let quota = sim
        .rate_limiter
        .count(user, Class::of(method.as_str(), path), sim.clock.now());
    let mut response = if quota.exceeded {
        request.into_response(ApiError::too_many_requests().error_response())
    } else {
        let params = match *method {
            Method::GET => query,
            Method::DELETE => {
                let mut both = query;
                both.extend(form);
                both
            }
            _ => form,
        };
        request.extensions_mut().insert(Call { user, params });
        next.call(request).await?.map_into_boxed_body()
    };
    add_rate_limit_headers(&mut response, quota);
    Ok(response)
}

fn add_rate_limit_headers(response: &mut ServiceResponse<BoxBody>, quota: Quota) {
    let headers = response.headers_mut();
    for (name, value) in [
        ("x-ratelimit-limit", i64::from(quota.limit)),
        ("x-ratelimit-remaining", i64::from(quota.remaining)),
        ("x-ratelimit-reset", quota.reset),
    ] {
        headers.insert(HeaderName::from_static(name), HeaderValue::from(value));
    }
}

/// Closes the TCP connection; a later response cannot be sent.
fn close_connection(request: &HttpRequest) {
    if let Some(connection) = request.conn_data::<TcpStream>() {
        // An error means that the peer has already closed it.
        let _ = connection.shutdown(Shutdown::Both);
    }
}
