//! The bytes of a file, from its sender to the task that sends them on.
//!
//! The channel between the two holds a few parts, so that a sender is as slow as Backlog. Its end is
//! said in words: a sender that hangs up closes the channel without them, and the stream then ends
//! with an error, so that Backlog never stores a part of a file as a whole one.

use std::io;

use actix_web::{error::PayloadError, web::Bytes};
use futures_util::{Stream, StreamExt, stream};
use tokio::sync::mpsc::{Receiver, Sender};

/// The number of parts in the channel; a part is at most what the server reads at once.
pub(super) const CHANNEL_PARTS: usize = 2;

/// The messages of the channel.
#[derive(Debug)]
pub(super) enum Part {
    Bytes(Bytes),
    End,
}

/// How the arrival of a body ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Arrival {
    Whole,
    TooLarge,
    /// The sender hung up, or was too slow.
    Broken,
    /// The other side needs no more bytes.
    NotWanted,
}

/// Passes a body of at most `limit` bytes on.
pub(super) async fn pass_on(
    mut payload: impl Stream<Item = Result<Bytes, PayloadError>> + Unpin,
    sender: Sender<Part>,
    limit: u64,
) -> Arrival {
    let mut length = 0;
    while let Some(bytes) = payload.next().await {
        let Ok(bytes) = bytes else {
            return Arrival::Broken;
        };
        length += bytes.len() as u64;
        if length > limit {
            return Arrival::TooLarge;
        }
        if sender.send(Part::Bytes(bytes)).await.is_err() {
            return Arrival::NotWanted;
        }
    }
    match sender.send(Part::End).await {
        Ok(()) => Arrival::Whole,
        Err(_) => Arrival::NotWanted,
    }
}

/// The bytes that arrive; an error if the channel closes before their end.
pub(super) fn bytes(parts: Receiver<Part>) -> stream::BoxStream<'static, io::Result<Bytes>> {
    stream::unfold(Some(parts), |parts| async {
        let mut parts = parts?;
        match parts.recv().await {
            Some(Part::Bytes(bytes)) => Some((Ok(bytes), Some(parts))),
            Some(Part::End) => None,
            None => Some((Err(io::ErrorKind::UnexpectedEof.into()), None)),
        }
    })
    .boxed()
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use futures_util::{FutureExt, TryStreamExt};
    use tokio::sync::mpsc;

    use super::*;

    const PART: &[u8] = b"part";

    #[tokio::test]
    async fn a_sender_is_as_slow_as_the_other_side() {
        let read = Cell::new(0);
        let endless = stream::repeat_with(|| {
            read.set(read.get() + 1);
            Ok(Bytes::from_static(PART))
        });
        let (sender, mut parts) = mpsc::channel(CHANNEL_PARTS);
        let mut passing = Box::pin(pass_on(endless, sender, u64::MAX));
        for taken in 0..5 {
            assert!((&mut passing).now_or_never().is_none());
            // Those in the channel, and one that waits for its place.
            assert_eq!(read.get(), taken + CHANNEL_PARTS + 1);
            assert!(parts.recv().await.is_some());
        }
        drop(parts);
        assert_eq!(passing.await, Arrival::NotWanted);
    }

    #[tokio::test]
    async fn the_end_of_an_arrival_says_why() {
        let parts = |last| stream::iter([Ok(Bytes::from_static(PART)), last]);
        for (last, expected) in [
            (Ok(Bytes::new()), Arrival::Whole),
            (Ok(Bytes::from_static(b"!")), Arrival::TooLarge),
            (Err(PayloadError::Incomplete(None)), Arrival::Broken),
        ] {
            let (sender, _parts) = mpsc::channel(3);
            let arrival = pass_on(parts(last), sender, PART.len() as u64).await;
            assert_eq!(arrival, expected);
        }
    }

    #[tokio::test]
    async fn only_an_end_that_was_said_is_an_end() {
        for is_whole in [true, false] {
            let (sender, parts) = mpsc::channel(3);
            let part = Part::Bytes(Bytes::from_static(b"half"));
            sender.send(part).await.expect("room");
            if is_whole {
                sender.send(Part::End).await.expect("room");
            }
            drop(sender);
            let read: io::Result<Vec<_>> = bytes(parts).try_collect().await;
            assert_eq!(read.is_ok(), is_whole);
        }
    }
}
