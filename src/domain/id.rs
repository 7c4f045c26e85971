//! Row ids, one type per table: UUID version 7, which sorts by creation time.

use std::fmt;

use uuid::Uuid;

use foundation::{clock::Clock, random::Random};

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, sqlx::Type)]
        #[sqlx(transparent)]
        pub struct $name(pub Uuid);

        impl $name {
            pub fn new(clock: &Clock, random: &Random) -> Self {
                Self(uuid_v7(clock, random))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    )*};
}

ids! {
    /// A row of `hub.spaces`.
    SpaceId;
    /// A row of `hub.clients`; not the OAuth `client_id`.
    ClientKey;
    /// A row of `hub.authorization_requests`.
    AuthorizationRequestId;
    /// A row of `hub.consents`.
    ConsentId;
    /// A row of `hub.accounts`.
    AccountId;
    /// A row of `hub.grants`.
    GrantId;
    /// A row of `hub.identity_providers`.
    IdentityProviderId;
    /// A row of `hub.upload_links`.
    UploadLinkId;
    /// A row of `hub.device_codes`.
    DeviceCodeId;
}

fn uuid_v7(clock: &Clock, random: &Random) -> Uuid {
    let millis = u64::try_from(clock.now().timestamp_millis()).unwrap_or_default();
    uuid::Builder::from_unix_timestamp_millis(millis, &random.bytes()).into_uuid()
}
