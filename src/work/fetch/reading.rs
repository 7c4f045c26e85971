//! A call of `fetch` while it runs.

use backlog_rendering::Renderer;

use crate::{
    toolkit::work::{Operations, WorkError},
    work::reference::Reference,
};

/// A call while it runs.
pub(super) struct Reading<'a> {
    pub operations: &'a dyn Operations,
    pub renderer: Renderer,
    pub reference: Reference,
}

/// Creates the renderer of a space.
///
/// # Errors
/// Backlog does not return the time zone of the space.
pub(crate) async fn renderer(operations: &dyn Operations) -> Result<Renderer, WorkError> {
    let time_zone = operations.time_zone().await?;
    Ok(Renderer::new(operations.space().as_str(), time_zone))
}
