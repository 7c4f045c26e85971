//! What the tests of several modules of this room share.

pub(super) mod arbitrary_json;
