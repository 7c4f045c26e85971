//! The socket that the service listens on.

use std::net::{SocketAddr, TcpListener};

use actix_web::dev::Server;
use socket2::SockRef;

use super::{error::StartError, http::HttpService, open_files};

/// How many new connections may wait to be accepted: after a restart, those of all clients come at
/// once. One more would wait for a second, until its first packet is sent again.
const QUEUE: i32 = 1024;

pub(super) struct Socket {
    listener: TcpListener,
    /// The bound address, with the port that was chosen if the setting is 0.
    pub address: SocketAddr,
}

impl Socket {
    /// Binds the socket, and lets the process have the connections that will come.
    pub(super) fn bind(address: SocketAddr) -> Result<Self, StartError> {
        open_files::raise_limit();
        let failed = |error| StartError::Listen { address, error };
        let listener = TcpListener::bind(address).map_err(failed)?;
        // The standard library chose a shorter queue; the last call decides.
        SockRef::from(&listener).listen(QUEUE).map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        Ok(Self { listener, address })
    }

    /// A second handle of the socket, for the shutdown.
    pub(super) fn share(&self) -> Result<TcpListener, StartError> {
        let address = self.address;
        let shared = self.listener.try_clone();
        shared.map_err(|error| StartError::Listen { address, error })
    }

    pub(super) fn serve(self, service: HttpService) -> Result<Server, StartError> {
        let address = self.address;
        let server = service.listen(self.listener);
        server.map_err(|error| StartError::Listen { address, error })
    }
}
