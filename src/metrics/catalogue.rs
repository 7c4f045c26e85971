//! The table of all metrics. They are registered and described from it, and a test compares
//! `docs/metrics.md`, the dashboard and the alerts with it.

/// The type of a metric.
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
        /// All metrics, in the order of `docs/metrics.md`.
        pub const ALL: &[Metric] = &[$($id),*];
    };
}

catalogue! {
    BUILD_INFO = Gauge "bmh_build_info" ["version"]
        "Always 1; the label is the running version";
    HTTP_REQUEST_DURATION = Histogram "bmh_http_request_duration_seconds" ["route", "status"]
        "Time from the end of a request's headers to its response, by route and class of status";
    TOOL_CALLS = Counter "bmh_tool_calls_total" ["tool", "outcome"]
        "Tool calls, by outcome";
    TOOL_CALL_DURATION = Histogram "bmh_tool_call_duration_seconds" ["tool"]
        "Duration of a tool call, Backlog included";
    CALLS_IN_PROGRESS = Gauge "bmh_calls_in_progress" []
        "MCP requests with a valid token in progress at this replica, without subscriptions; at most 4,096";
    BACKLOG_REQUEST_DURATION = Histogram "bmh_backlog_request_duration_seconds" ["class", "outcome"]
        "Duration of a request to Backlog, the wait for one of the user's slots included";
    SESSION_LOOKUPS = Counter "bmh_session_lookups_total" ["result"]
        "Access token lookups: a hit in memory, or a miss that queried the database";
    UNCHECKED_CREDENTIALS = Counter "bmh_unchecked_credentials_total" ["kind", "outcome"]
        "Presented credentials without the hub's check, issued by older versions or forged";
    REFRESH_REPEATS = Counter "bmh_refresh_repeats_total" ["outcome", "late"]
        "Repeated uses of refresh tokens, by outcome and time since the first use";
    RENEWALS = Counter "bmh_backlog_token_renewals_total" ["outcome"]
        "Renewals of Backlog tokens, by outcome";
    UNSTORED_PAIRS = Gauge "bmh_unstored_token_pairs" []
        "Pairs of Backlog tokens that this replica holds until the database stores them";
    ACCOUNTS = Gauge "bmh_accounts" ["space", "state"]
        "Accounts of a space by state, counted once a minute; every replica reports the same";
    ENDINGS_PAUSED = Gauge "bmh_account_endings_paused" ["space"]
        "1 while a space's endings are paused, because too many came at once; every replica reports the same";
    SIGN_INS = Counter "bmh_sign_ins_total" ["outcome"]
        "Sign-ins that began or ended, by outcome";
    ACCOUNT_SIGN_INS = Counter "bmh_account_sign_ins_total" ["outcome"]
        "Sign-ins to the connections page that began or ended, by outcome";
    SESSIONS = Gauge "bmh_sessions" ["space"]
        "Live grants of a space, counted once a minute; every replica reports the same";
    PERSONAL_TOKENS = Gauge "bmh_personal_tokens" ["space"]
        "Live personal tokens of a space, which are among its grants, counted once a minute; every replica reports the same";
    DATABASE_CONNECTIONS = Gauge "bmh_database_connections" ["state"]
        "Connections of the pool, used or idle";
    DATABASE_CONNECTIONS_MAX = Gauge "bmh_database_connections_max" []
        "Maximum number of connections of the pool";
    DATABASE_WAIT = Gauge "bmh_database_connection_wait_seconds" []
        "How long this scrape waited for a connection of the pool; -1 if it got none";
    LISTENER_UP = Gauge "bmh_listener_up" []
        "1 while change notifications arrive from the database; while it is 0, no cache is used";
    JOURNAL_WAITING = Gauge "bmh_audit_queue_events" []
        "Audit events waiting to be written";
    JOURNAL_DROPPED = Counter "bmh_audit_dropped_events_total" []
        "Audit events lost because the queue was full";
    SECURITY_EVENTS = Counter "bmh_security_events_total" ["kind"]
        "Requests that were rejected, or that revealed an attack, by kind";
    CLEANUP_REMOVED = Counter "bmh_cleanup_removed_rows_total" ["kind"]
        "Rows deleted by this replica's cleanup, by kind";
    CLEANUP_LAST_SUCCESS = Gauge "bmh_cleanup_last_success_timestamp_seconds" []
        "When this replica last finished a cleanup or left it to another replica; 0 before the first";
}
