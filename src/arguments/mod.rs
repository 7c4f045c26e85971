//! The arguments of a call, in the forms that models write.

pub(crate) mod project;
pub(crate) mod reading;
