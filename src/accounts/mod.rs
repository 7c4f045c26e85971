//! When an account is live, in doubt or ended: decisions as pure functions of what is known.
//!
//! Only the Backlog user, at Backlog, ends an account. The hub sees that as a refused renewal,
//! and several things look alike:
//!
//! 1. Backlog answers a readable `invalid_grant`, and nobody else can hold a newer pair: the
//!    account ends ([`judge`]).
//! 2. The lease was taken over from a process that did not give it back. That process may hold
//!    the answer, so the account is in doubt, and Backlog is asked once more.
//! 3. Backlog answers a 400 without a readable code. The account is in doubt until it is
//!    renewed, or until the 400s went on for long enough ([`BARE_FOR`], [`BARE_FOR_ALONE`]).
//! 4. Many accounts of one space end within a minute: something else is wrong, so endings are
//!    paused ([`Endings`]).
//!
//! In doubt, nothing is erased. The lease itself is in `mcp::backlog_tokens::lease`, what is
//! stored in `db::accounts`.

mod endings;
mod judgement;
mod standing;

pub use endings::{Endings, PAUSE};
pub use judgement::{
    ASK_AGAIN_AFTER, BARE_FOR, BARE_FOR_ALONE, CONFIRM_AFTER, Case, Evidence, Judgement, Neighbors,
    judge,
};
pub use standing::{Doubt, EndReason, Standing};
