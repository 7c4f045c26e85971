//! The `Authorization` header with a bearer token (RFC 6750 §2.1).

/// The token in the value of the header; `None` for another scheme. The name of the scheme is
/// case-insensitive.
pub fn token_of(header: &str) -> Option<&str> {
    let (scheme, token) = header.split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("bearer")
        .then_some(token.trim())
}
