//! The HTTP server of one simulated space, on a thread of its own, so that it runs the same under
//! any runtime of the caller.

use std::{
    any::Any,
    io,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    os::fd::AsFd,
    sync::Arc,
    thread::{self, JoinHandle},
    time::Duration,
};

use actix_web::{
    App, HttpServer,
    dev::{Extensions, ServerHandle},
    middleware::from_fn,
    rt::{System, net::TcpStream},
    web::{self, Data, PayloadConfig},
};
use tokio::sync::oneshot;
use url::Url;

use crate::{
    api, control::Control, control_http, error, home, oauth, options::SimOptions,
    pipeline::pipeline, sim::Sim,
};

/// The largest request body, in bytes.
const BODY_LIMIT: usize = 101 << 20;

/// How long an idle connection stays open, as at a common load balancer.
const KEEP_ALIVE: Duration = Duration::from_mins(1);

/// A running simulated Backlog space. Dropping it stops it.
#[derive(Debug)]
pub struct BacklogSim {
    addr: SocketAddr,
    control: Control,
    server: ServerHandle,
    thread: Option<JoinHandle<io::Result<()>>>,
}

impl BacklogSim {
    /// Starts serving and returns once connections are accepted.
    ///
    /// # Errors
    /// The address cannot be bound, or the server cannot start.
    pub async fn start(options: SimOptions) -> io::Result<Self> {
        let listener = TcpListener::bind(options.addr)?;
        let addr = listener.local_addr()?;
        let sim = Arc::new(Sim::new(&options));
        let (started, handle) = oneshot::channel();

        let data = Data::from(Arc::clone(&sim));
        let thread = thread::Builder::new()
            .name(format!("backlog-sim {}", addr.port()))
            .spawn(move || {
                System::new().block_on(async move {
                    let server = HttpServer::new(move || {
                        App::new()
                            .app_data(data.clone())
                            .app_data(PayloadConfig::new(BODY_LIMIT))
                            .wrap(from_fn(pipeline))
                            .configure(home::routes)
                            .configure(oauth::routes)
                            .configure(control_http::routes)
                            .configure(api::routes)
                            .default_service(web::to(error::not_found))
                    })
                    .workers(options.workers)
                    .tcp_nodelay(true)
                    .keep_alive(KEEP_ALIVE)
                    // A disconnect is noticed at once, so the client's request is no longer held.
                    .h1_allow_half_closed(false)
                    .disable_signals()
                    .on_connect(keep_connection)
                    .listen(listener)?
                    .run();
                    // If the starter is gone, the server is not needed.
                    if started.send(server.handle()).is_ok() {
                        server.await?;
                    }
                    Ok(())
                })
            })?;
        let Ok(server) = handle.await else {
            return Err(join(thread)
                .err()
                .unwrap_or_else(|| io::Error::other("the server ended at once")));
        };
        Ok(Self {
            addr,
            control: Control::new(sim),
            server,
            thread: Some(thread),
        })
    }

    /// The server's URL: `http://127.0.0.1:PORT/`, also if it listens on every address.
    ///
    /// # Panics
    /// Never: an IP address and a port always make a URL.
    pub fn url(&self) -> Url {
        let addr = match self.addr.ip().is_unspecified() {
            true => SocketAddr::from((Ipv4Addr::LOCALHOST, self.addr.port())),
            false => self.addr,
        };
        Url::parse(&format!("http://{addr}")).expect("an address makes a URL")
    }

    /// The controls for tests.
    pub fn control(&self) -> &Control {
        &self.control
    }

    /// Stops at once, without waiting for open requests, and returns when the port is free.
    pub async fn stop(mut self) {
        self.control.release();
        self.server.stop(false).await;
        if let Some(thread) = self.thread.take() {
            let (joined, wait) = oneshot::channel();
            thread::spawn(move || joined.send(join(thread)));
            // The result of a stopped server does not matter.
            let _ = wait.await;
        }
    }
}

impl Drop for BacklogSim {
    fn drop(&mut self) {
        // The call sends the command; the future only waits for the result.
        drop(self.server.stop(false));
    }
}

fn join(thread: JoinHandle<io::Result<()>>) -> io::Result<()> {
    thread
        .join()
        .unwrap_or_else(|_| Err(io::Error::other("the server thread panicked")))
}

/// Keeps a second handle of the connection's socket, so that `pipeline.rs` can close it.
fn keep_connection(connection: &dyn Any, data: &mut Extensions) {
    let stream = connection.downcast_ref::<TcpStream>();
    if let Some(Ok(socket)) = stream.map(|stream| stream.as_fd().try_clone_to_owned()) {
        data.insert(std::net::TcpStream::from(socket));
    }
}
