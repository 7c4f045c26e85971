//! MCP on standard input and output: one message per line. The protocol's library drops a line that
//! it cannot parse, and the client waits forever; here every invalid line gets an error.
//!
//! 1. Input is split into lines of limited length ([`lines`]); empty ones are skipped.
//! 2. The envelope of a line is parsed like that of an HTTP body (`envelope`): an invalid message
//!    gets an error, unless it looks like a response.
//! 3. A batch is split if the protocol version has batches; its responses are kept until they are
//!    complete, and written as one list ([`mod@batches`]).
//! 4. Until a client has identified itself, only requests are passed on: the library would close
//!    the connection for anything else.
//! 5. One task writes all lines, so that no line is cut when the library stops waiting for one.

mod batches;
mod lines;

use std::{
    collections::VecDeque,
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use futures_util::StreamExt;
use rmcp::{
    RoleServer,
    model::{
        ClientJsonRpcMessage, ClientNotification, ClientRequest, GetMeta, JsonRpcMessage,
        ServerJsonRpcMessage, ServerResult,
    },
    transport::Transport,
};
use tokio::{
    io::{AsyncRead, AsyncWrite, AsyncWriteExt},
    sync::mpsc,
    task::JoinHandle,
};
use tokio_util::codec::FramedRead;

use super::{
    envelope::Received,
    message::{self, Message, MessageKind, Refused},
    params,
    service::{NO_BATCHES, check_element},
};
use batches::Batches;
use lines::{Line, Lines, MAX_LINE};

/// The maximum number of lines that wait to be written.
const UNWRITTEN: usize = 64;

/// A transport for the protocol's library.
pub struct Stdio<R> {
    input: FramedRead<R, Lines>,
    /// The messages of a batch.
    received: VecDeque<ClientJsonRpcMessage>,
    /// Errors that are not sent yet.
    refusals: VecDeque<Vec<u8>>,
    /// Whether the client has identified itself.
    begun: bool,
    batches: Arc<Mutex<Batches>>,
    output: Option<mpsc::Sender<Vec<u8>>>,
    writer: Option<JoinHandle<io::Result<()>>>,
}

impl<R: AsyncRead + Send + Unpin> Stdio<R> {
    pub fn new(input: R, output: impl AsyncWrite + Send + Unpin + 'static) -> Self {
        let (sender, lines) = mpsc::channel(UNWRITTEN);
        Self {
            input: FramedRead::new(input, Lines::default()),
            received: VecDeque::new(),
            refusals: VecDeque::new(),
            begun: false,
            batches: Arc::default(),
            output: Some(sender),
            writer: Some(tokio::spawn(write(lines, output))),
        }
    }

    fn take(&mut self, line: Line) {
        let received = match line {
            Line::Whole(line) if line.trim_ascii().is_empty() => return,
            Line::Whole(line) => Received::read(&line),
            Line::TooLong => Err(message::not_json(format!(
                "the line is longer than {MAX_LINE} bytes"
            ))),
        };
        match received {
            Ok(Received::One(message)) => match parsed(&message) {
                Ok(message) => self.accept(message),
                Err(refused) => self.refuse(&refused),
            },
            Ok(Received::Batch(_)) if !batches(&self.batches).are_spoken() => {
                self.refuse(&message::no_request(None, NO_BATCHES));
            }
            Ok(Received::Batch(messages)) => self.take_batch(messages),
            Err(refused) => self.refuse(&refused),
        }
    }

    fn take_batch(&mut self, messages: Vec<Result<Message, Refused>>) {
        let (mut requests, mut refused) = (Vec::new(), Vec::new());
        let mut accepted = Vec::new();
        for message in messages {
            let message = check_element(message).and_then(|message| parsed(&message));
            match message {
                Ok(JsonRpcMessage::Request(request)) if requests.contains(&request.id) => {
                    let problem = "the batch has this id more than once";
                    refused.push(message::no_request(Some(request.id), problem).write());
                }
                Ok(message) => {
                    if let JsonRpcMessage::Request(request) = &message {
                        requests.push(request.id.clone());
                    }
                    accepted.push(message);
                }
                Err(error) if error.response => {}
                Err(error) => refused.push(error.write()),
            }
        }
        // Opened before, because one message may cancel another.
        let complete = batches(&self.batches).open(requests, refused);
        self.refusals.extend(complete);
        for message in accepted {
            self.accept(message);
        }
    }

    fn accept(&mut self, message: ClientJsonRpcMessage) {
        match &message {
            JsonRpcMessage::Request(request) => {
                let says_who = match &request.request {
                    ClientRequest::InitializeRequest(_) => true,
                    ClientRequest::PingRequest(_) | ClientRequest::DiscoverRequest(_) => false,
                    other => other.get_meta().protocol_version().is_some(),
                };
                self.begun |= says_who;
            }
            _ if !self.begun => return,
            JsonRpcMessage::Notification(notification) => {
                if let ClientNotification::CancelledNotification(cancelled) =
                    &notification.notification
                    && let Some(id) = &cancelled.params.request_id
                {
                    // No response will come.
                    let complete = batches(&self.batches).without(id);
                    self.refusals.extend(complete);
                }
            }
            _ => {}
        }
        self.received.push_back(message);
    }

    fn refuse(&mut self, refused: &Refused) {
        if !refused.response {
            self.refusals.push_back(refused.write());
        }
    }
}

/// Parses a message with the types of the protocol's library.
fn parsed(message: &Message) -> Result<ClientJsonRpcMessage, Refused> {
    let parsed = serde_json::from_slice(&message.text).map_err(|error| Refused {
        response: !matches!(message.kind, MessageKind::Request { .. }),
        ..params::unreadable(message, &error.to_string())
    })?;
    // Before the handshake, the library expects the members of 2026-07-28 in any other request.
    if let JsonRpcMessage::Request(request) = &parsed
        && let ClientRequest::CustomRequest(custom) = &request.request
        && custom.method == "initialize"
    {
        let error = params::refusal(&custom.method, custom.params.clone());
        return Err(Refused::new(Some(request.id.clone()), error));
    }
    Ok(parsed)
}

fn batches(shared: &Mutex<Batches>) -> MutexGuard<'_, Batches> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Returns what to write now for a message.
fn outgoing(item: &ServerJsonRpcMessage, shared: &Mutex<Batches>) -> io::Result<Option<Vec<u8>>> {
    let text = serde_json::to_vec(item)?;
    let id = match item {
        JsonRpcMessage::Response(response) => {
            if let ServerResult::InitializeResult(result) = &response.result {
                batches(shared).speak(&result.protocol_version);
            }
            Some(&response.id)
        }
        JsonRpcMessage::Error(error) => error.id.as_ref(),
        JsonRpcMessage::Request(_) | JsonRpcMessage::Notification(_) => None,
    };
    match id {
        Some(id) => Ok(batches(shared).pass(id, text)),
        None => Ok(Some(text)),
    }
}

async fn write(
    mut lines: mpsc::Receiver<Vec<u8>>,
    mut output: impl AsyncWrite + Unpin,
) -> io::Result<()> {
    while let Some(mut line) = lines.recv().await {
        line.push(b'\n');
        output.write_all(&line).await?;
        output.flush().await?;
    }
    Ok(())
}

impl<R: AsyncRead + Send + Unpin> Transport<RoleServer> for Stdio<R> {
    type Error = io::Error;

    fn send(
        &mut self,
        item: ServerJsonRpcMessage,
    ) -> impl Future<Output = io::Result<()>> + Send + 'static {
        let (output, batches) = (self.output.clone(), Arc::clone(&self.batches));
        async move {
            let output = output.ok_or(io::ErrorKind::NotConnected)?;
            match outgoing(&item, &batches)? {
                None => Ok(()),
                Some(text) => output
                    .send(text)
                    .await
                    .map_err(|_| io::ErrorKind::BrokenPipe.into()),
            }
        }
    }

    /// It may be dropped at any await: nothing is removed before it has a place to go.
    async fn receive(&mut self) -> Option<ClientJsonRpcMessage> {
        loop {
            while !self.refusals.is_empty() {
                let place = self.output.as_ref()?.reserve().await.ok()?;
                if let Some(refusal) = self.refusals.pop_front() {
                    place.send(refusal);
                }
            }
            if let Some(message) = self.received.pop_front() {
                return Some(message);
            }
            match self.input.next().await? {
                Ok(line) => self.take(line),
                Err(error) => {
                    tracing::error!(%error, "could not read standard input");
                    return None;
                }
            }
        }
    }

    async fn close(&mut self) -> io::Result<()> {
        self.output = None;
        match self.writer.take() {
            None => Ok(()),
            Some(writer) => writer.await.map_err(io::Error::other)?,
        }
    }
}

#[cfg(test)]
mod tests;
