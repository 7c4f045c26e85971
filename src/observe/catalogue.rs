//! Every metric there is: one table, from which they are registered and described, and
//! with which a test compares `docs/metrics.md`, the dashboard and the alerts.

/// What kind of number it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Counter,
    Gauge,
    Histogram,
}

impl Kind {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
        }
    }
}

/// One family of time series.
#[derive(Clone, Copy, Debug)]
pub struct Metric {
    pub name: &'static str,
    pub kind: Kind,
    pub labels: &'static [&'static str],
    pub help: &'static str,
}

macro_rules! catalogue {
    ($($(#[$doc:meta])* $id:ident = $kind:ident $name:literal [$($label:literal),*] $help:literal;)*) => {
        $($(#[$doc])* pub const $id: Metric = Metric {
            name: $name,
            kind: Kind::$kind,
            labels: &[$($label),*],
            help: $help,
        };)*
        /// All of them, in the order of `docs/metrics.md`.
        pub const ALL: &[Metric] = &[$($id),*];
    };
}

catalogue! {
    BUILD_INFO = Gauge "bmh_build_info" ["version"]
        "Always 1; the version that runs";
    HTTP_REQUEST_DURATION = Histogram "bmh_http_request_duration_seconds" ["route", "status"]
        "Time from the end of a request's headers to its answer, by route and class of status";
    TOOL_CALLS = Counter "bmh_tool_calls_total" ["tool", "outcome"]
        "Tool calls, by how they ended";
    TOOL_CALL_DURATION = Histogram "bmh_tool_call_duration_seconds" ["tool"]
        "Time that a tool call took, Backlog included";
    BACKLOG_REQUEST_DURATION = Histogram "bmh_backlog_request_duration_seconds" ["class", "outcome"]
        "Time that Backlog took to answer, the wait for one of the space's slots included";
    SESSION_LOOKUPS = Counter "bmh_session_lookups_total" ["result"]
        "Access tokens looked up: a hit in memory, or a miss that asked the database";
    UNCHECKED_CREDENTIALS = Counter "bmh_unchecked_credentials_total" ["kind", "outcome"]
        "Presented credentials without the hub's check, which older versions issued or a stranger made up";
    REFRESH_REPEATS = Counter "bmh_refresh_repeats_total" ["outcome", "late"]
        "Refresh tokens presented again, by what came of it and how long after their first use";
    RENEWALS = Counter "bmh_backlog_token_renewals_total" ["outcome"]
        "Renewals of Backlog tokens, by how they ended";
    UNSTORED_PAIRS = Gauge "bmh_unstored_token_pairs" []
        "Pairs of Backlog tokens that this replica keeps until the database takes them";
    ACCOUNTS = Gauge "bmh_accounts" ["space", "state"]
        "Accounts of a space by their state, counted once a minute; every replica says the same";
    ENDINGS_PAUSED = Gauge "bmh_account_endings_paused" ["space"]
        "1 while no account of a space ends, because too many did at once; every replica says the same";
    SESSIONS = Gauge "bmh_sessions" ["space"]
        "Live grants of a space, counted once a minute; every replica says the same";
    DATABASE_CONNECTIONS = Gauge "bmh_database_connections" ["state"]
        "Connections of the pool that are used, or idle";
    DATABASE_CONNECTIONS_MAX = Gauge "bmh_database_connections_max" []
        "The most connections that the pool opens";
    DATABASE_WAIT = Gauge "bmh_database_connection_wait_seconds" []
        "How long this scrape waited for a connection of the pool; -1 if it got none";
    LISTENER_UP = Gauge "bmh_listener_up" []
        "1 while changes in the database are heard of; while it is 0, no cache is used";
    JOURNAL_WAITING = Gauge "bmh_audit_queue_events" []
        "Audit events that wait to be written";
    JOURNAL_DROPPED = Counter "bmh_audit_dropped_events_total" []
        "Audit events lost because the queue was full";
    SECURITY_EVENTS = Counter "bmh_security_events_total" ["kind"]
        "Requests that were refused, or that gave an attack away, by kind";
    CLEANUP_REMOVED = Counter "bmh_cleanup_removed_rows_total" ["kind"]
        "Rows that the cleanup of this replica removed";
    CLEANUP_LAST_SUCCESS = Gauge "bmh_cleanup_last_success_timestamp_seconds" []
        "When this replica last finished a round of the cleanup, its own or by leave of another's; 0 before the first";
}
