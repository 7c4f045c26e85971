//! The request parameters of the OAuth endpoints, from a query or a form. Only `resource` may be
//! repeated.

use std::{borrow::Cow, collections::HashMap};

use super::{ErrorCode, OAuthError};

/// May be repeated (RFC 8707 §2).
const RESOURCE: &str = "resource";
/// The maximum number of different resources in one request; no client has so many servers.
const MAX_RESOURCES: usize = 16;

/// Parameters by name. A repeated name is rejected, an empty value counts as absent, and an unknown
/// name is ignored (RFC 6749 §3.1, §3.2). A NUL is rejected as well: no value of OAuth contains
/// one, and PostgreSQL cannot store it.
#[derive(Default)]
pub struct Params {
    values: HashMap<String, String>,
    /// The different resources, in the order of the request.
    resources: Vec<String>,
}

impl Params {
    /// Parses `application/x-www-form-urlencoded` text.
    pub fn parse(encoded: &[u8]) -> Result<Self, OAuthError> {
        Self::collect(form_urlencoded::parse(encoded))
    }

    /// Parses only the parameters with these names, regardless of errors in the others.
    pub fn parse_only(encoded: &[u8], names: &[&str]) -> Result<Self, OAuthError> {
        let pairs = form_urlencoded::parse(encoded);
        Self::collect(pairs.filter(|(name, _)| names.contains(&name.as_ref())))
    }

    fn collect<'a>(
        pairs: impl Iterator<Item = (Cow<'a, str>, Cow<'a, str>)>,
    ) -> Result<Self, OAuthError> {
        let wrong = |name: &str, what: &str| {
            OAuthError::new(
                ErrorCode::InvalidRequest,
                format!("The parameter '{}' {what}.", display(name)),
            )
        };
        let mut params = Self::default();
        for (name, value) in pairs {
            if value.contains('\0') {
                return Err(wrong(&name, "contains a NUL"));
            }
            if name == RESOURCE {
                params.add_resource(value.into_owned())?;
                continue;
            }
            let before = params
                .values
                .insert(name.clone().into_owned(), value.into_owned());
            if before.is_some() {
                return Err(wrong(&name, "is repeated"));
            }
        }
        params.values.retain(|_, value| !value.is_empty());
        Ok(params)
    }

    fn add_resource(&mut self, resource: String) -> Result<(), OAuthError> {
        if resource.is_empty() || self.resources.contains(&resource) {
            return Ok(());
        }
        if self.resources.len() == MAX_RESOURCES {
            return Err(OAuthError::new(
                ErrorCode::InvalidRequest,
                format!("The parameter 'resource' has more than {MAX_RESOURCES} different values."),
            ));
        }
        self.resources.push(resource);
        Ok(())
    }

    /// The value of any parameter but `resource`.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str)
    }

    /// The parameters whose names begin with `prefix`, by the rest of the name, in no order.
    pub fn with_prefix<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        let named = move |(name, value): (&'a String, &'a String)| {
            Some((name.strip_prefix(prefix)?, value.as_str()))
        };
        self.values.iter().filter_map(named)
    }

    /// The values of `resource`; empty if there is none.
    pub fn resources(&self) -> &[String] {
        &self.resources
    }

    /// The value, or an `invalid_request` that names the parameter.
    pub fn require(&self, name: &'static str) -> Result<&str, OAuthError> {
        self.get(name).ok_or_else(|| {
            OAuthError::new(
                ErrorCode::InvalidRequest,
                format!("The parameter '{name}' is missing."),
            )
        })
    }
}

/// Untrusted text, shortened and reduced to the characters that RFC 6749 allows in a description.
pub fn display(text: &str) -> String {
    text.chars()
        .filter(|c| matches!(c, ' '..='~') && !matches!(c, '"' | '\\'))
        .take(64)
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_repeated_name_is_refused_and_an_empty_value_is_absent() {
        assert!(Params::parse(b"a=1&a=2").is_err());
        assert!(Params::parse(b"a=&a=2").is_err());
        assert!(Params::parse(b"a=1%002").is_err());
        let only = Params::parse_only(b"a=1&a=2&b=3", &["b"]).expect("params");
        assert_eq!((only.get("a"), only.get("b")), (None, Some("3")));
        assert!(Params::parse_only(b"a=1&b=2&b=3", &["b"]).is_err());
        let params = Params::parse(b"a=&b=x+y%21").expect("params");
        assert_eq!((params.get("a"), params.get("b")), (None, Some("x y!")));
        assert_eq!(
            params.require("a").expect_err("missing").code,
            ErrorCode::InvalidRequest
        );
    }

    #[test]
    fn parameters_are_found_by_the_beginning_of_their_names() {
        let params = Params::parse(b"a_x=1&a_y=2&a_z=&b_x=3&xa_=4").expect("params");
        let mut found: Vec<_> = params.with_prefix("a_").collect();
        found.sort_unstable();
        assert_eq!(found, [("x", "1"), ("y", "2")]);
    }

    #[test]
    fn a_resource_may_be_repeated_and_nothing_else() {
        let params = Params::parse(b"resource=a&resource=b&resource=a&resource=").expect("params");
        assert_eq!(params.resources(), ["a", "b"]);
        assert!(
            Params::parse(b"a=1")
                .expect("params")
                .resources()
                .is_empty()
        );
        let many: String = (0..=MAX_RESOURCES)
            .map(|number| format!("resource={number}&"))
            .collect();
        let error = Params::parse(many.as_bytes()).err().expect("too many");
        assert_eq!(error.code, ErrorCode::InvalidRequest);
        let same = "resource=a&".repeat(2 * MAX_RESOURCES);
        let params = Params::parse(same.as_bytes()).expect("params");
        assert_eq!(params.resources(), ["a"]);
        assert!(Params::parse(b"resource=a%00").is_err());
        assert!(Params::parse(b"resource=a&scope=b&scope=b").is_err());
    }

    proptest! {
        #[test]
        fn no_input_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = Params::parse(&bytes);
        }

        #[test]
        fn a_description_stays_in_the_grammar(text in "\\PC*") {
            prop_assert!(display(&text).bytes().all(|b| (0x20..0x7f).contains(&b)));
        }
    }
}
