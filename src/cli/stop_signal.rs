//! The signals that stop the program.

use tokio::signal::unix::{SignalKind, signal};

/// Returns at SIGTERM or SIGINT.
pub(super) async fn stop_signal() -> std::io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}

/// Returns when the program must stop. A server that cannot receive signals stops at once.
pub(super) async fn stop_requested() {
    if let Err(error) = stop_signal().await {
        tracing::error!(%error, "cannot receive signals; stopping");
    }
}
