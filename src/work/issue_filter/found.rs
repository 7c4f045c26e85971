//! Pages of issues.

use std::collections::BTreeMap;

use serde_json::Value;

use super::order::Sort;
use crate::work::closings::Closing;

/// The maximum number of issues that a call reads.
pub(crate) const MAX_ISSUES: usize = 2000;

/// Which of the issues that fit are returned, in which order.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Page {
    pub sort: Sort,
    pub offset: usize,
    /// 0 only counts.
    pub limit: usize,
}

/// The issues that fit.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// Those of the page, as Backlog returns them.
    pub issues: Vec<Value>,
    /// The number of all that fit.
    pub total: usize,
    /// How inputs were read where it was not obvious.
    pub notes: Vec<String>,
    /// Who closed the issues when, by their ids, if the filter has `closed`.
    pub closings: BTreeMap<i64, Closing>,
}
