//! Request parameters of the OAuth endpoints: a query or a form, each name once.

use std::{borrow::Cow, collections::HashMap};

use super::{ErrorCode, OAuthError};

/// Parameters by name. A repeated name is refused, an empty value counts as
/// absent, and a name nobody asks for is ignored (RFC 6749 §3.1, §3.2). A NUL is
/// refused as well: no value of OAuth has one, and PostgreSQL stores none.
pub struct Params(HashMap<String, String>);

impl Params {
    /// Reads `application/x-www-form-urlencoded` text.
    pub fn parse(encoded: &[u8]) -> Result<Self, OAuthError> {
        Self::collect(form_urlencoded::parse(encoded))
    }

    /// Reads only the parameters of these names, whatever is wrong with the others.
    pub fn parse_only(encoded: &[u8], names: &[&str]) -> Result<Self, OAuthError> {
        let pairs = form_urlencoded::parse(encoded);
        Self::collect(pairs.filter(|(name, _)| names.contains(&name.as_ref())))
    }

    fn collect<'a>(
        pairs: impl Iterator<Item = (Cow<'a, str>, Cow<'a, str>)>,
    ) -> Result<Self, OAuthError> {
        let mut params = HashMap::new();
        for (name, value) in pairs {
            if value.contains('\0') {
                return Err(OAuthError::new(
                    ErrorCode::InvalidRequest,
                    format!("The parameter '{}' contains a NUL.", display(&name)),
                ));
            }
            if params
                .insert(name.clone().into_owned(), value.into_owned())
                .is_some()
            {
                return Err(OAuthError::new(
                    ErrorCode::InvalidRequest,
                    format!("The parameter '{}' is repeated.", display(&name)),
                ));
            }
        }
        params.retain(|_, value| !value.is_empty());
        Ok(Self(params))
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
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

/// A stranger's text, short and in the characters RFC 6749 allows in a description.
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
