//! The side of today on which days are looked for.

/// The side of today on which a day without a year, month or week is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Toward {
    /// The next such day, today included: for due dates that are set.
    Future,
    /// The last such day, today included: for times at which something happened.
    Past,
    /// A day or month of every year is the nearest one, any other the next: for due dates that are
    /// looked for, which may have passed.
    Nearest,
}
