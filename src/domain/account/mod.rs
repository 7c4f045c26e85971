//! When an account is live, in doubt or ended: decisions as pure functions of the known facts.
//!
//! Only the Backlog user, at Backlog, ends an account. The hub sees a rejected renewal, which can
//! have several causes:
//!
//! 1. Backlog returns a readable `invalid_grant`, and no other process can hold a newer pair: the
//!    account ends ([`judge`]).
//! 2. The lease was taken over from a process that had not released it. That process may have
//!    Backlog's response, so the account is in doubt, and the renewal is tried once more.
//! 3. Backlog returns a 400 without a readable code. The account is in doubt until it is renewed,
//!    or until the 400s have lasted long enough ([`BARE_FOR`], [`BARE_FOR_ALONE`]).
//! 4. Many accounts of one space end within a minute: the cause is elsewhere, so endings are
//!    paused ([`Endings`]).
//!
//! While an account is in doubt, nothing is erased. The lease is in `mcp::backlog_tokens::lease`,
//! the stored state in `db::accounts`.

mod endings;
mod judgement;
mod standing;

pub use endings::{Endings, PAUSE};
pub use judgement::{
    ASK_AGAIN_AFTER, BARE_FOR, BARE_FOR_ALONE, CONFIRM_AFTER, Case, Evidence, Judgement, Neighbors,
    judge,
};
pub use standing::{Doubt, EndReason, Standing};
