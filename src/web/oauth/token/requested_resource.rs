//! The resource of a request to `/token` (RFC 8707).

use oauth_values::{Params, resource};

use crate::web::{
    Issuer,
    protected_resource::{canonical, project_of},
};

/// Whether the request may get a token for the resource of the grant (RFC 8707). A bare host names
/// the endpoint of all projects.
pub(super) fn is_admitted(issuer: &Issuer, params: &Params, stored: &str) -> bool {
    let requested = params.resources().iter();
    let requested: Vec<_> = requested.map(|one| canonical(one).into_owned()).collect();
    let is_host_enough = issuer.owns_host && project_of(stored).is_none();
    resource::admit(&requested, stored, is_host_enough)
}
