//! The hub, in this process: its clock is that of the simulated Backlog.

use backlog_client::BacklogUrl;
use backlog_mcp_hub::{
    calls::{
        options::ToolOptions,
        policy::{Policy, UsualList},
        response_format::ResponseFormat,
    },
    config::{LocalBacklog, LocalSpace, LocalSpaces, ToolSettings},
    local,
};
use chrono::{DateTime, Utc};
use foundation::clock::Clock;
use tokio::{io, task};
use url::Url;

use super::connection::Connection;

/// The number of bytes that may be on the way.
const BUFFER: usize = 1 << 16;

/// The tools that are listed, and the form of their results.
#[derive(Clone, Copy, Debug)]
pub(super) struct Choice {
    pub(super) usual: UsualList,
    pub(super) format: ResponseFormat,
}

/// Starts the server for a user of the simulated Backlog. It ends with the connection.
pub(super) async fn start(
    backlog: &Url,
    api_key: String,
    now: DateTime<Utc>,
    choice: Choice,
) -> anyhow::Result<Connection> {
    let settings = LocalBacklog {
        spaces: LocalSpaces::One(LocalSpace {
            url: BacklogUrl::parse(backlog.as_str())?,
            domain: backlog.to_string(),
            api_key: api_key.into(),
        }),
        tools: ToolSettings {
            options: ToolOptions {
                response_format: choice.format,
                ..ToolOptions::default()
            },
            policy: Policy {
                usual: Some(choice.usual),
                ..Policy::default()
            },
        },
    };
    let (ours, theirs) = io::duplex(BUFFER);
    let (input, output) = io::split(theirs);
    task::spawn_local(local::connection(
        settings,
        Clock::from_fn(move || now),
        input,
        output,
    ));
    let (input, output) = io::split(ours);
    Connection::open(input, output).await
}
