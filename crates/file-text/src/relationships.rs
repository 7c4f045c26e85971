//! The relationships of a part of an office document: ids to the names of other parts.

use std::collections::HashMap;

use crate::{
    archive::Archive,
    error::ExtractError,
    limits::Meter,
    xml::{Node, Xml},
};

/// A relationship of a part.
pub(crate) struct Relationship {
    /// The last part of its type, such as `notesSlide`.
    pub(crate) kind: String,
    /// The name of the other part in the archive.
    pub(crate) part: String,
}

/// Reads the relationships of a part by id. A part may have none.
pub(crate) fn of(
    archive: &mut Archive<'_>,
    part: &str,
    meter: &Meter,
) -> Result<HashMap<String, Relationship>, ExtractError> {
    let (folder, file) = part.rsplit_once('/').unwrap_or(("", part));
    let mut found = HashMap::new();
    let kind = archive.kind();
    let Some(entry) = archive.entry(&format!("{folder}/_rels/{file}.rels"), meter)? else {
        return Ok(found);
    };
    let mut xml = Xml::new(kind, entry);
    loop {
        let relationship = match xml.next()? {
            Node::Start(element) if element.local() == "Relationship" => element,
            Node::Eof => return Ok(found),
            _ => continue,
        };
        let (Some(id), Some(target)) = (
            relationship.attribute("Id"),
            relationship.attribute("Target"),
        ) else {
            continue;
        };
        let kind = relationship.attribute("Type").unwrap_or_default();
        let kind = kind.rsplit('/').next().unwrap_or_default().to_owned();
        let part = resolved(folder, &target);
        if found.len() < meter.limits().max_entries {
            found.insert(id, Relationship { kind, part });
        }
    }
}

/// The name of a part from a target, which is relative to a folder or starts with a slash.
fn resolved(folder: &str, target: &str) -> String {
    let (start, target) = match target.strip_prefix('/') {
        Some(target) => ("", target),
        None => (folder, target),
    };
    let mut path: Vec<_> = start.split('/').filter(|it| !it.is_empty()).collect();
    for step in target.split('/') {
        match step {
            "" | "." => {}
            ".." => {
                path.pop();
            }
            step => path.push(step),
        }
    }
    path.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_relative_to_the_folder() {
        for (target, expected) in [
            ("worksheets/sheet1.xml", "xl/worksheets/sheet1.xml"),
            ("/xl/a.xml", "xl/a.xml"),
            ("../notes/n.xml", "notes/n.xml"),
            ("../../../etc/passwd", "etc/passwd"),
        ] {
            assert_eq!(resolved("xl", target), expected);
        }
    }
}
