//! The parts of a workbook that its sheets share.

use super::{strings::Strings, styles::Styles};

/// The parts that the cells of all sheets refer to.
pub(super) struct Book {
    pub(super) strings: Strings,
    pub(super) styles: Styles,
    /// Whether day 0 is in 1904, as in old workbooks from a Mac.
    pub(super) from_1904: bool,
}
