//! The tokens of one account, with what renewing them requires.

use std::sync::Arc;

use super::{account::SharedAccount, context::RenewalContext};
use crate::domain::Space;

/// An account, and everything needed to renew its tokens.
#[derive(Clone, Debug)]
pub(super) struct AccountTokens {
    pub account: Arc<SharedAccount>,
    pub user: i64,
    pub space: Arc<Space>,
    pub renewals: Arc<RenewalContext>,
}
