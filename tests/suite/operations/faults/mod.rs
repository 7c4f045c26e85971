//! Faults of what the hub depends on: the network, the database, Backlog, the clock, and the hub's
//! own processes; and unauthenticated load.
//!
//! 1. A [`world::World`] is replicas of the program as an operator runs it, with a link to the
//!    database and one to Backlog that a test disturbs.
//! 2. Users sign in before the fault, and no user has to sign in again after it: each test asserts
//!    that in the end. One test of `kills` is about the only exception.
//! 3. A test has a short form, which runs with all others. Where that is too short to show the
//!    effect, it has a long form, which is ignored there and run by `scripts/soak`.
//!
//! No test asserts a duration, except the long form of `unauthenticated_load`, which measures one.

mod clocks;
mod crowd;
mod disk;
mod documents;
mod fail_over;
mod gateway;
mod kills;
mod network;
mod unauthenticated_load;
mod users;
mod world;
