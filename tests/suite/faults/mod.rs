//! What fails around the hub: the network, the database, Backlog, the clock, the hub's own
//! processes, and strangers.
//!
//! 1. A [`world::World`] is replicas of the program as an operator runs it, with a link to the
//!    database and one to Backlog that a test disturbs.
//! 2. Users are signed in before, and nobody has to sign in again after: that is what each test
//!    asserts in the end. One test of `kills` is about the only exception.
//! 3. A test has a short form, which runs with all others, and where that says too little a long
//!    one, which is ignored there and run by `scripts/soak`.
//!
//! No test asserts how long something took; only the long form of `strangers` does, which is about
//! that.

mod clocks;
mod crowd;
mod disk;
mod documents;
mod fail_over;
mod gateway;
mod kills;
mod network;
mod strangers;
mod users;
mod world;
