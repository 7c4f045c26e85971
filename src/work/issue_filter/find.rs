//! Finds the issues of a query.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{
    collected,
    found::{Found, Page},
    pages,
    query::IssueQuery,
};
use crate::toolkit::work::{Operations, WorkError};

impl IssueQuery {
    /// Finds a page of the issues that fit.
    ///
    /// # Errors
    /// Too many issues would have to be read, or Backlog does not return them.
    pub(crate) async fn find(
        &self,
        operations: &dyn Operations,
        page: &Page,
    ) -> Result<Found, WorkError> {
        let mut found = match self.is_plain() {
            true => pages::find(operations, &self.arguments, page).await?,
            false => collected::find(self, operations, page).await?,
        };
        found.notes.splice(0..0, self.notes.iter().cloned());
        if let Some(closings) = &self.closings {
            let ids = found.issues.iter().filter_map(|issue| issue["id"].as_i64());
            let of_page = ids.filter_map(|id| Some((id, closings.get(&id)?.clone())));
            found.closings = of_page.collect::<BTreeMap<_, _>>();
        }
        Ok(found)
    }

    /// Finds all issues that fit.
    ///
    /// # Errors
    /// They are more than [`MAX_ISSUES`](super::found::MAX_ISSUES), or Backlog does not return them.
    pub(crate) async fn all(&self, operations: &dyn Operations) -> Result<Vec<Value>, WorkError> {
        collected::all(self, operations).await
    }

    /// Finds the issues of a page without counting the others.
    ///
    /// # Errors
    /// As [`Self::find`].
    pub(crate) async fn first(
        &self,
        operations: &dyn Operations,
        page: &Page,
    ) -> Result<Vec<Value>, WorkError> {
        if self.is_plain() {
            let mut arguments = self.arguments.clone();
            arguments.insert("sort".to_owned(), page.sort.field().into());
            arguments.insert("order".to_owned(), page.sort.order().into());
            return pages::read(operations, &arguments, page.offset, page.limit).await;
        }
        Ok(self.find(operations, page).await?.issues)
    }
}
