//! The socket that the service listens on.

use std::net::{SocketAddr, TcpListener};

use actix_web::dev::Server;

use super::{error::StartError, http::HttpService};

pub(super) struct Socket {
    listener: TcpListener,
    /// The bound address, with the port that was chosen if the setting is 0.
    pub address: SocketAddr,
}

impl Socket {
    pub(super) fn bind(address: SocketAddr) -> Result<Self, StartError> {
        let failed = |error| StartError::Listen { address, error };
        let listener = TcpListener::bind(address).map_err(failed)?;
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
