//! Limits how many connections a network may have open.
//!
//! A connection costs memory from its first byte on, so one above the limit is closed when it
//! opens. The connections of `TRUSTED_PROXIES` are not counted; the requests on them are
//! (`web::under_way`).

use std::{
    any::Any,
    net::{IpAddr, Shutdown},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use actix_web::{dev::Extensions, rt::net::TcpStream, web};
use socket2::SockRef;

use crate::web::{
    AppState,
    limits::concurrency::{Concurrency, Place},
};

const OF_A_NETWORK: usize = 256;

/// The count of open connections; cheap to clone.
#[derive(Clone)]
pub(super) struct Connections {
    hub: web::Data<AppState>,
    open: Concurrency<IpAddr>,
    warned: Arc<AtomicBool>,
}

/// The place that a connection holds while it is open.
struct Open {
    _place: Place<IpAddr>,
}

impl Connections {
    pub(super) fn new(hub: web::Data<AppState>) -> Self {
        Self {
            hub,
            open: Concurrency::new(OF_A_NETWORK),
            warned: Arc::default(),
        }
    }

    /// Counts a connection that has just opened, or closes it.
    pub(super) fn opened(&self, connection: &dyn Any, data: &mut Extensions) {
        let Some(stream) = connection.downcast_ref::<TcpStream>() else {
            return;
        };
        let Ok(peer) = stream.peer_addr() else {
            return;
        };
        let sender = self.hub.limits.connected_from(peer.ip());
        let Some(network) = sender.network() else {
            return;
        };
        match self.open.enter(network) {
            Some(place) => {
                data.insert(Open { _place: place });
            }
            None => self.refuse(stream, network),
        }
    }

    fn refuse(&self, stream: &TcpStream, network: IpAddr) {
        if !self.warned.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                %network,
                at_most = OF_A_NETWORK,
                "a network reached its limit of open connections; closing new ones. If it is your \
                 proxy, add it to TRUSTED_PROXIES"
            );
        }
        if let Err(error) = SockRef::from(stream).shutdown(Shutdown::Both) {
            tracing::debug!(%error, "the client closed the connection first");
        }
    }
}
