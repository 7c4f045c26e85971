//! Keeps the responses to batches on standard input until they are complete.

use rmcp::model::{ProtocolVersion, RequestId};

use crate::mcp::service::has_batches;

/// The batches with incomplete responses.
#[derive(Debug, Default)]
pub(super) struct Batches {
    spoken: bool,
    open: Vec<Open>,
}

#[derive(Debug)]
struct Open {
    /// The requests without a response yet.
    waiting: Vec<RequestId>,
    responses: Vec<Vec<u8>>,
}

impl Open {
    fn list(&self) -> Vec<u8> {
        [b"[", &*self.responses.join(&b','), b"]"].concat()
    }
}

impl Batches {
    /// Records the protocol version that the handshake negotiated.
    pub(super) fn speak(&mut self, version: &ProtocolVersion) {
        self.spoken = has_batches(Some(version.as_str()));
    }

    pub(super) fn are_spoken(&self) -> bool {
        self.spoken
    }

    /// Adds a batch with these requests, and with the responses that are already known. Returns its
    /// list if it is complete.
    pub(super) fn open(
        &mut self,
        waiting: Vec<RequestId>,
        responses: Vec<Vec<u8>>,
    ) -> Option<Vec<u8>> {
        let batch = Open { waiting, responses };
        if batch.waiting.is_empty() {
            return (!batch.responses.is_empty()).then(|| batch.list());
        }
        self.open.push(batch);
        None
    }

    /// Returns what to write for a response: itself, the list that it completes, or nothing yet.
    pub(super) fn pass(&mut self, id: &RequestId, response: Vec<u8>) -> Option<Vec<u8>> {
        match self.position(id) {
            None => Some(response),
            Some((batch, request)) => {
                self.open[batch].responses.push(response);
                self.settle(batch, request)
            }
        }
    }

    /// Does the same for a request that will have no response.
    pub(super) fn without(&mut self, id: &RequestId) -> Option<Vec<u8>> {
        let (batch, request) = self.position(id)?;
        self.settle(batch, request)
    }

    fn position(&self, id: &RequestId) -> Option<(usize, usize)> {
        self.open.iter().enumerate().find_map(|(batch, open)| {
            let request = open.waiting.iter().position(|waiting| waiting == id)?;
            Some((batch, request))
        })
    }

    fn settle(&mut self, batch: usize, request: usize) -> Option<Vec<u8>> {
        self.open[batch].waiting.swap_remove(request);
        if !self.open[batch].waiting.is_empty() {
            return None;
        }
        let complete = self.open.swap_remove(batch);
        (!complete.responses.is_empty()).then(|| complete.list())
    }
}
