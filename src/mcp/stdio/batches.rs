//! Batches on standard input: their responses, until all are there.

use rmcp::model::{ProtocolVersion, RequestId};

use crate::mcp::service::has_batches;

/// The batches whose responses are not complete.
#[derive(Debug, Default)]
pub(super) struct Batches {
    spoken: bool,
    open: Vec<Open>,
}

#[derive(Debug)]
struct Open {
    /// The requests that have no response yet.
    waiting: Vec<RequestId>,
    responses: Vec<Vec<u8>>,
}

impl Open {
    fn list(&self) -> Vec<u8> {
        [b"[", &*self.responses.join(&b','), b"]"].concat()
    }
}

impl Batches {
    /// Notes the version that the handshake has settled on.
    pub fn speak(&mut self, version: &ProtocolVersion) {
        self.spoken = has_batches(Some(version.as_str()));
    }

    pub fn are_spoken(&self) -> bool {
        self.spoken
    }

    /// A batch with these requests, and with the responses that are known already. What is
    /// written at once, if nothing is to come.
    pub fn open(&mut self, waiting: Vec<RequestId>, responses: Vec<Vec<u8>>) -> Option<Vec<u8>> {
        let batch = Open { waiting, responses };
        if batch.waiting.is_empty() {
            return (!batch.responses.is_empty()).then(|| batch.list());
        }
        self.open.push(batch);
        None
    }

    /// What is written for a response: itself, the list that it completes, or nothing yet.
    pub fn pass(&mut self, id: &RequestId, response: Vec<u8>) -> Option<Vec<u8>> {
        match self.position(id) {
            None => Some(response),
            Some((batch, request)) => {
                self.open[batch].responses.push(response);
                self.settle(batch, request)
            }
        }
    }

    /// The same for a request that will have no response.
    pub fn without(&mut self, id: &RequestId) -> Option<Vec<u8>> {
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
