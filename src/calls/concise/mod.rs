//! Writes the result of a classic tool in the concise form.
//!
//! 1. The space's time zone is read before the tool runs ([`shortening`]); it is cached.
//! 2. The result of a change is reduced to the item and the fields that the call set ([`change`]).
//! 3. Everything is shortened by the rules of [`mod@backlog_rendering::concise`]. The chosen page,
//!    fields and parts, and the limit, are applied as in the full form.
//! 4. An item by itself has the URL of its page ([`links`]).
//! 5. One note says what a reader has to know: the time zone, where issues have their page, and how
//!    a text that was cut is read whole ([`notes`]).

mod change;
mod links;
mod notes;
mod shortening;

pub(crate) use shortening::{Asked, Shortened, Shortening};
