//! Pages of issues that Backlog filters, sorts and counts.
//!
//! Backlog does not say where issues without a due date or which priorities come first, so such an
//! order is made of several lists, one after the other ([`lists`]).

use std::ops::Range;

use futures_util::{StreamExt, TryStreamExt, stream};
use serde_json::{Value, json};

use super::{
    found::{Found, Page},
    order::{Sort, SortKey},
    query::Arguments,
};
use crate::{
    toolkit::work::{Operations, WorkError},
    work::requests,
};

/// The maximum number of issues on a page of Backlog's.
pub(super) const PAGE: usize = 100;
/// The number of pages that are read at the same time.
pub(super) const AT_ONCE: usize = 4;
/// Before any due date.
const FIRST_DAY: &str = "1970-01-01";
const PRIORITIES: [i64; 3] = [2, 3, 4];

pub(super) async fn find(
    operations: &dyn Operations,
    arguments: &Arguments,
    page: &Page,
) -> Result<Found, WorkError> {
    if page.limit == 0 {
        let total = count(operations, arguments.clone()).await?;
        return Ok(Found {
            total,
            ..Found::default()
        });
    }
    let lists = lists(arguments, page.sort);
    if let [list] = lists.as_slice() {
        let issues = read(operations, list, page.offset, page.limit).await?;
        let is_whole = issues.len() < page.limit && (page.offset == 0 || !issues.is_empty());
        let total = match is_whole {
            true => page.offset + issues.len(),
            false => count(operations, arguments.clone()).await?,
        };
        return Ok(Found {
            issues,
            total,
            ..Found::default()
        });
    }
    let counts = stream::iter(lists.clone())
        .map(|list| count(operations, list))
        .buffered(AT_ONCE);
    let counts: Vec<usize> = counts.try_collect().await?;
    let mut found = Found {
        total: counts.iter().sum(),
        ..Found::default()
    };
    let (mut offset, mut limit) = (page.offset, page.limit);
    for (list, count) in lists.iter().zip(counts) {
        let here = count.saturating_sub(offset).min(limit);
        if here > 0 {
            found
                .issues
                .extend(read(operations, list, offset, here).await?);
        }
        offset = offset.saturating_sub(count);
        limit -= here;
    }
    Ok(found)
}

/// The lists that are in order one after the other.
fn lists(arguments: &Arguments, sort: Sort) -> Vec<Arguments> {
    let sorted = |sort: Sort, more: &[(&str, Value)]| {
        let mut list = arguments.clone();
        list.insert("sort".to_owned(), sort.field().into());
        list.insert("order".to_owned(), sort.order().into());
        for (name, value) in more {
            list.insert((*name).to_owned(), value.clone());
        }
        list
    };
    let has = |name: &str| arguments.contains_key(name);
    match sort.key {
        SortKey::Due if has("hasDueDate") => vec![sorted(Sort::NEWEST, &[])],
        SortKey::Due if !has("dueDateSince") && !has("dueDateUntil") => vec![
            sorted(sort, &[("dueDateSince", FIRST_DAY.into())]),
            sorted(Sort::NEWEST, &[("hasDueDate", false.into())]),
        ],
        SortKey::Priority => {
            let mut ids = match arguments.get("priorityId").and_then(Value::as_array) {
                Some(ids) => ids.iter().filter_map(Value::as_i64).collect(),
                None => PRIORITIES.to_vec(),
            };
            ids.sort_unstable();
            if sort.is_descending {
                ids.reverse();
            }
            let list = |id: i64| sorted(Sort::NEWEST, &[("priorityId", json!([id]))]);
            ids.into_iter().map(list).collect()
        }
        _ => vec![sorted(sort, &[])],
    }
}

/// Reads the issues of a list from `offset` on: the first page alone, because it is often the last
/// one, and then as many as the number of issues requires.
pub(super) async fn read(
    operations: &dyn Operations,
    arguments: &Arguments,
    offset: usize,
    limit: usize,
) -> Result<Vec<Value>, WorkError> {
    let first = PAGE.min(limit);
    let mut issues = one(operations, arguments, offset, first).await?;
    if issues.len() < first || limit == first {
        return Ok(issues);
    }
    let total = count(operations, arguments.clone()).await?;
    let rest = offset + first..total.min(offset + limit);
    issues.extend(read_range(operations, arguments, rest).await?);
    Ok(issues)
}

/// Reads the issues of a list at these places, which are known to exist.
pub(super) async fn read_range(
    operations: &dyn Operations,
    arguments: &Arguments,
    places: Range<usize>,
) -> Result<Vec<Value>, WorkError> {
    let end = places.end;
    let pages: Vec<_> = places
        .step_by(PAGE)
        .map(|start| (start, PAGE.min(end - start)))
        .collect();
    if pages.len() > 1 {
        requests::check(operations, pages.len()).await?;
    }
    let read = stream::iter(pages)
        .map(|(offset, count)| one(operations, arguments, offset, count))
        .buffered(AT_ONCE);
    let read: Vec<Vec<Value>> = read.try_collect().await?;
    Ok(read.into_iter().flatten().collect())
}

async fn one(
    operations: &dyn Operations,
    arguments: &Arguments,
    offset: usize,
    count: usize,
) -> Result<Vec<Value>, WorkError> {
    let mut arguments = arguments.clone();
    arguments.insert("offset".to_owned(), offset.into());
    arguments.insert("count".to_owned(), count.into());
    match operations.run("get_issues", arguments.into()).await?.value {
        Value::Array(issues) => Ok(issues),
        _ => Ok(Vec::new()),
    }
}

pub(super) async fn count(
    operations: &dyn Operations,
    mut arguments: Arguments,
) -> Result<usize, WorkError> {
    arguments.remove("sort");
    arguments.remove("order");
    let counted = operations.run("count_issues", arguments.into()).await?;
    let count = counted.value["count"].as_u64().unwrap_or_default();
    Ok(usize::try_from(count).unwrap_or(usize::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(arguments: Value) -> Arguments {
        match arguments {
            Value::Object(arguments) => arguments,
            other => panic!("{other} is no object"),
        }
    }

    #[test]
    fn an_order_that_backlog_does_not_document_is_made_of_several_lists() {
        for (arguments, sort, expected) in [
            (json!({}), "due", vec!["dueDateSince", "hasDueDate"]),
            (json!({}), "-due", vec!["dueDateSince", "hasDueDate"]),
            (
                json!({"dueDateUntil": "2026-12-01"}),
                "due",
                vec!["dueDateUntil"],
            ),
            (json!({"hasDueDate": false}), "due", vec!["hasDueDate"]),
            (json!({}), "priority", vec!["priorityId"; 3]),
            (json!({"priorityId": [3]}), "priority", vec!["priorityId"]),
            (json!({"keyword": "a"}), "updated", vec!["keyword"]),
        ] {
            let lists = lists(&of(arguments.clone()), Sort::read(sort).unwrap());
            assert_eq!(lists.len(), expected.len(), "{arguments} {sort}");
            for (list, argument) in lists.iter().zip(expected) {
                assert!(list.contains_key(argument), "{arguments} {sort}");
            }
        }
        let lists = lists(&Arguments::new(), Sort::read("-priority").unwrap());
        let ids: Vec<_> = lists
            .iter()
            .map(|list| list["priorityId"][0].clone())
            .collect();
        assert_eq!(ids, [4, 3, 2]);
    }
}
