//! Reads the ids of projects in JSON without building it.
//!
//! What the [filter](super::filter) reads in parsed JSON is always among them. There may be more:
//! of a name that an object repeats, parsed JSON has the last value only.

use std::{collections::BTreeSet, fmt};

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

/// Returns the ids; `None` if the JSON is deeper than the parser accepts.
pub(super) fn named_in(json: &str) -> Option<BTreeSet<i64>> {
    let mut ids = BTreeSet::new();
    let reading = Reading {
        ids: &mut ids,
        place: Place::Elsewhere,
    };
    let mut json = serde_json::Deserializer::from_str(json);
    reading.deserialize(&mut json).ok()?;
    Some(ids)
}

/// Where a value is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// It is the id of a project.
    ProjectId,
    /// If it is an object, it is a project with an `id`.
    Project,
    Elsewhere,
}

/// Reads one value.
struct Reading<'a> {
    ids: &'a mut BTreeSet<i64>,
    place: Place,
}

impl<'de> DeserializeSeed<'de> for Reading<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Reading<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, number: i64) -> Result<(), E> {
        if self.place == Place::ProjectId {
            self.ids.insert(number);
        }
        Ok(())
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<(), E> {
        match i64::try_from(number) {
            Ok(number) => self.visit_i64(number),
            Err(_) => Ok(()),
        }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        loop {
            let item = Reading {
                ids: &mut *self.ids,
                place: Place::Elsewhere,
            };
            if items.next_element_seed(item)?.is_none() {
                return Ok(());
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<(), A::Error> {
        let of_project = self.place == Place::Project;
        while let Some(place) = fields.next_key_seed(Name { of_project })? {
            fields.next_value_seed(Reading {
                ids: &mut *self.ids,
                place,
            })?;
        }
        Ok(())
    }
}

/// Reads the name of a field; of an object that is a project itself, or of another.
struct Name {
    of_project: bool,
}

impl<'de> DeserializeSeed<'de> for Name {
    type Value = Place;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Place, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Name {
    type Value = Place;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the name of a field")
    }

    fn visit_str<E>(self, name: &str) -> Result<Place, E> {
        Ok(match name {
            "projectId" => Place::ProjectId,
            "id" if self.of_project => Place::ProjectId,
            "project" => Place::Project,
            _ => Place::Elsewhere,
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;
    use crate::calls::{
        project_guard::filter::project_ids,
        tests::arbitrary_json::{seed, value_with_names, written},
    };

    #[test]
    fn every_form_of_an_id_is_found_and_nothing_else() {
        for (json, expected) in [
            (r#"{"projectId":1}"#, vec![1]),
            (r#"[{"projectId":1,"x":[{"projectId":-2}]}]"#, vec![-2, 1]),
            (r#"{"project":{"id":3,"x":{"id":4}},"id":5}"#, vec![3]),
            (
                r#"{"\u0070rojectId":6,"pro\u006aect":{"\u0069d":7}}"#,
                vec![6, 7],
            ),
            (
                r#"{"projectId":1,"projectId":2,"project":{"id":3,"id":4}}"#,
                vec![1, 2, 3, 4],
            ),
            (r#"{"project":[{"id":5}],"projectId":[6]}"#, vec![]),
            (r#"{"projectId":"1","project":null}"#, vec![]),
            (r#"{"projectId":1.0,"project":{"id":1e2}}"#, vec![]),
            (r#"{"projectId":18446744073709551615}"#, vec![]),
            (r#""projectId""#, vec![]),
        ] {
            let found: Vec<_> = named_in(json).unwrap().into_iter().collect();
            assert_eq!(found, expected, "{json}");
        }
        let deep = ["[".repeat(1_000), "]".repeat(1_000)].concat();
        assert_eq!(named_in(&deep), None);
    }

    proptest! {
        #[test]
        fn what_is_read_in_parsed_json_is_among_them(
            value in value_with_names("projectId|project|id|[a-c]"),
            seed in seed(),
        ) {
            let json = written(&value, seed);
            let parsed: Value = serde_json::from_str(&json).unwrap();
            let mut ids = BTreeSet::new();
            project_ids(&parsed, &mut ids);
            let named = named_in(&json).unwrap();
            prop_assert!(ids.is_subset(&named), "{:?} of {:?}", ids, named);
        }
    }
}
