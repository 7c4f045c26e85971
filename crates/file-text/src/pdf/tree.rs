//! The pages of a PDF, in order.

use std::collections::HashSet;

use super::{file::File, object::Object};
use crate::{error::LimitReached, limits::Meter};

/// Pages beyond this number are not read.
pub(super) const MAX_PAGES: usize = 5000;

/// The nodes of the tree that are visited.
const MAX_NODES: usize = 20_000;

/// The nodes that wait for their visit.
const MAX_WAITING: usize = 500_000;

/// A page, by the number of its object.
#[derive(Clone, Copy)]
pub(super) struct Page {
    pub(super) number: u32,
    /// The nearest object above that has resources, for a page without its own.
    pub(super) above: Option<u32>,
}

/// Finds the pages in their tree, or all objects that are pages if there is no tree.
pub(super) fn pages(file: &File<'_>, meter: &Meter) -> Result<Vec<Page>, LimitReached> {
    let mut pages = Vec::new();
    if let Some(number) = file.catalog()
        && let Some(catalog) = file.dict(Some(&Object::Reference(number)), meter)?
        && let Some(Object::Reference(root)) = catalog.get("Pages")
    {
        walk(file, *root, &mut pages, meter)?;
    }
    if pages.is_empty() {
        for number in file.numbers() {
            meter.check_time()?;
            meter.release();
            let dict = file.dict(Some(&Object::Reference(number)), meter)?;
            if dict.is_some_and(|it| it.has_name("Type", "Page")) && pages.len() < MAX_PAGES {
                pages.push(Page {
                    number,
                    above: None,
                });
            }
        }
    }
    Ok(pages)
}

fn walk(
    file: &File<'_>,
    root: u32,
    pages: &mut Vec<Page>,
    meter: &Meter,
) -> Result<(), LimitReached> {
    let mut visited = HashSet::new();
    let mut waiting = vec![(root, None)];
    while let Some((number, above)) = waiting.pop() {
        meter.check_time()?;
        meter.release();
        if !visited.insert(number) {
            continue;
        }
        if visited.len() > MAX_NODES || pages.len() >= MAX_PAGES {
            break;
        }
        let Some(dict) = file.dict(Some(&Object::Reference(number)), meter)? else {
            continue;
        };
        let Some(kids) = dict.get("Kids") else {
            pages.push(Page { number, above });
            continue;
        };
        let above = dict.get("Resources").map(|_| number).or(above);
        if let Some(found) = file.resolve(kids, meter)?
            && let Object::Array(kids) = found.object
        {
            // A kid that is written in place could not be visited only once.
            for kid in kids.iter().rev() {
                if let Object::Reference(kid) = kid
                    && waiting.len() < MAX_WAITING
                {
                    waiting.push((*kid, above));
                }
            }
        }
    }
    Ok(())
}
