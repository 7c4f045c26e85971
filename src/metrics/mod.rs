//! Metrics for Prometheus.
//!
//! The recorder is a value, not a global: each hub has its own, and a disabled one costs nothing.
//! Labels are routes, tools, outcomes and spaces; never a client, a user or a value that an
//! unauthenticated sender chooses.

mod accounts;
pub mod catalogue;
mod process;
mod sign_ins;

use std::{
    collections::{BTreeSet, HashMap},
    fmt,
    sync::{Arc, Mutex, PoisonError, RwLock},
    time::Duration,
};

use metrics::{Counter, Gauge, Histogram, Key, Label, Level, Metadata, Recorder};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusRecorder};

use crate::domain::security::SecurityEvent;
use catalogue::{Kind, Metric};
pub use sign_ins::SignInOutcome;

static METADATA: Metadata<'static> = Metadata::new("backlog_mcp_hub", Level::INFO, None);

/// From a cached response to the longest wait for Backlog, in seconds.
const BUCKETS: [f64; 12] = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0,
];

/// The outcomes of a renewal of Backlog's tokens.
const RENEWAL_OUTCOMES: [&str; 5] = ["renewed", "ended", "doubted", "spared", "failed"];

/// Where metrics are recorded. Cheap to clone; the default discards them.
#[derive(Clone, Default)]
pub struct Metrics(Option<Arc<Inner>>);

struct Inner {
    recorder: PrometheusRecorder,
    hits: Counter,
    misses: Counter,
    tool_calls: Known<Counter>,
    tool_times: Known<Histogram>,
    backlog_times: Known<Histogram>,
    /// The spaces with a number of sessions, so that one is reported as 0 when none is left.
    spaces: Mutex<BTreeSet<String>>,
}

impl Metrics {
    /// Creates a recorder that keeps metrics.
    pub fn new() -> Self {
        let mut builder = PrometheusBuilder::new();
        for metric in catalogue::ALL {
            if metric.kind == Kind::Histogram {
                let matcher = Matcher::Full(metric.name.to_owned());
                builder = builder
                    .set_buckets_for_metric(matcher, &BUCKETS)
                    .unwrap_or_else(|error| unreachable!("there are buckets: {error}"));
            }
        }
        let recorder = builder.build_recorder();
        for metric in catalogue::ALL {
            let (name, help) = (metric.name.into(), metric.help.into());
            match metric.kind {
                Kind::Counter => recorder.describe_counter(name, None, help),
                Kind::Gauge => recorder.describe_gauge(name, None, help),
                Kind::Histogram => recorder.describe_histogram(name, None, help),
            }
        }
        process::describe(&recorder);
        let lookups = |result: &'static str| {
            let key = key(&catalogue::SESSION_LOOKUPS, [result.into()]);
            recorder.register_counter(&key, &METADATA)
        };
        let metrics = Self(Some(Arc::new(Inner {
            hits: lookups("hit"),
            misses: lookups("miss"),
            tool_calls: Known::default(),
            tool_times: Known::default(),
            backlog_times: Known::default(),
            recorder,
            spaces: Mutex::default(),
        })));
        metrics.gauge(
            &catalogue::BUILD_INFO,
            [env!("CARGO_PKG_VERSION").into()],
            1.0,
        );
        metrics.listening(false);
        metrics.journal(0, 0);
        metrics.unstored_pairs(0.0);
        // Prometheus sees an increase only from an existing sample.
        for outcome in RENEWAL_OUTCOMES {
            metrics.count(&catalogue::RENEWALS, [outcome.into()], 0);
        }
        for outcome in SignInOutcome::ALL {
            metrics.count(&catalogue::SIGN_INS, [outcome.as_str().into()], 0);
            metrics.count(&catalogue::ACCOUNT_SIGN_INS, [outcome.as_str().into()], 0);
        }
        for event in SecurityEvent::ALL {
            metrics.security_event(*event, 0);
        }
        metrics
    }

    /// Whether metrics are kept.
    pub fn are_kept(&self) -> bool {
        self.0.is_some()
    }

    /// `route` is a pattern, such as `/spaces/{space}/mcp`, never a path.
    pub fn http_request(&self, route: &str, status: u16, took: Duration) {
        let class = match status {
            ..200 => "1xx",
            200..300 => "2xx",
            300..400 => "3xx",
            400..500 => "4xx",
            500.. => "5xx",
        };
        let labels = [route.to_owned().into(), class.into()];
        self.time(&catalogue::HTTP_REQUEST_DURATION, labels, took);
    }

    pub fn tool_call(&self, tool: &'static str, outcome: &'static str, took: Duration) {
        let Some(inner) = &self.0 else {
            return;
        };
        let labels = [tool, outcome];
        let calls = |counter: &Counter| counter.increment(1);
        inner.tool_calls.with(labels, calls, || {
            inner.counter(&catalogue::TOOL_CALLS, labels.map(Text::from))
        });
        let times = |histogram: &Histogram| histogram.record(took.as_secs_f64());
        inner.tool_times.with([tool, ""], times, || {
            inner.histogram(&catalogue::TOOL_CALL_DURATION, [tool.into()])
        });
    }

    pub fn backlog_request(&self, class: &'static str, outcome: &'static str, took: Duration) {
        if let Some(inner) = &self.0 {
            let labels = [class, outcome];
            let times = |histogram: &Histogram| histogram.record(took.as_secs_f64());
            inner.backlog_times.with(labels, times, || {
                let metric = &catalogue::BACKLOG_REQUEST_DURATION;
                inner.histogram(metric, labels.map(Text::from))
            });
        }
    }

    pub fn session_lookup(&self, hit: bool) {
        if let Some(inner) = &self.0 {
            let counter = if hit { &inner.hits } else { &inner.misses };
            counter.increment(1);
        }
    }

    /// Counts a credential without the hub's check.
    pub fn unchecked_credential(&self, kind: &'static str, outcome: &'static str) {
        let labels = [kind.into(), outcome.into()];
        self.count(&catalogue::UNCHECKED_CREDENTIALS, labels, 1);
    }

    /// Counts a repeated use of a refresh token.
    pub fn refresh_repeated(&self, outcome: &'static str, late: &'static str) {
        let labels = [outcome.into(), late.into()];
        self.count(&catalogue::REFRESH_REPEATS, labels, 1);
    }

    pub fn renewal(&self, outcome: &'static str) {
        debug_assert!(RENEWAL_OUTCOMES.contains(&outcome), "{outcome}");
        self.count(&catalogue::RENEWALS, [outcome.into()], 1);
    }

    pub fn sign_in(&self, outcome: SignInOutcome) {
        self.count(&catalogue::SIGN_INS, [outcome.as_str().into()], 1);
    }

    pub fn account_sign_in(&self, outcome: SignInOutcome) {
        self.count(&catalogue::ACCOUNT_SIGN_INS, [outcome.as_str().into()], 1);
    }

    pub fn security_event(&self, event: SecurityEvent, occurrences: u32) {
        let labels = [event.as_str().into()];
        self.count(&catalogue::SECURITY_EVENTS, labels, occurrences.into());
    }

    /// Registers the kinds of rows of the cleanup, with nothing deleted yet.
    pub fn cleans_up(&self, kinds: impl IntoIterator<Item = &'static str>) {
        for kind in kinds {
            self.count(&catalogue::CLEANUP_REMOVED, [kind.into()], 0);
        }
        self.gauge(&catalogue::CLEANUP_LAST_SUCCESS, [], 0.0);
    }

    /// Records the deleted rows by kind, and the time of the round in seconds since 1970.
    pub fn cleaned_up(&self, removed: &[(&'static str, u64)], at: i64) {
        for (kind, rows) in removed {
            self.count(&catalogue::CLEANUP_REMOVED, [(*kind).into()], *rows);
        }
        #[expect(clippy::cast_precision_loss, reason = "seconds of this millennium")]
        self.gauge(&catalogue::CLEANUP_LAST_SUCCESS, [], at as f64);
    }

    pub fn listening(&self, is_up: bool) {
        self.gauge(&catalogue::LISTENER_UP, [], f64::from(u8::from(is_up)));
    }

    /// Records the length of the audit queue, and the number of events lost so far.
    pub fn journal(&self, waiting: usize, dropped: u64) {
        self.gauge(&catalogue::JOURNAL_WAITING, [], count(waiting as u64));
        if let Some(inner) = &self.0 {
            inner
                .counter(&catalogue::JOURNAL_DROPPED, [])
                .absolute(dropped);
        }
    }

    /// Records the number of calls in progress.
    pub fn calls_in_progress(&self, calls: usize) {
        self.gauge(&catalogue::CALLS_IN_PROGRESS, [], count(calls as u64));
    }

    pub fn database_pool(&self, used: u32, idle: u32, max: u32) {
        let connections = &catalogue::DATABASE_CONNECTIONS;
        self.gauge(connections, ["used".into()], f64::from(used));
        self.gauge(connections, ["idle".into()], f64::from(idle));
        self.gauge(&catalogue::DATABASE_CONNECTIONS_MAX, [], f64::from(max));
    }

    /// Records the wait for a connection; `None` if there was none in time.
    pub fn database_wait(&self, wait: Option<Duration>) {
        let seconds = wait.map_or(-1.0, |wait| wait.as_secs_f64());
        self.gauge(&catalogue::DATABASE_WAIT, [], seconds);
    }

    /// Live grants by space slug, and the personal tokens among them.
    pub fn sessions(&self, by_space: Vec<(String, u64)>, personal: Vec<(String, u64)>) {
        let Some(inner) = &self.0 else {
            return;
        };
        let mut known = inner.spaces.lock().unwrap_or_else(PoisonError::into_inner);
        let now: BTreeSet<String> = by_space.iter().map(|(space, _)| space.clone()).collect();
        for gone in known.difference(&now) {
            for metric in [&catalogue::SESSIONS, &catalogue::PERSONAL_TOKENS] {
                self.gauge(metric, [gone.clone().into()], 0.0);
            }
        }
        for (space, sessions) in by_space {
            self.gauge(&catalogue::SESSIONS, [space.into()], count(sessions));
        }
        for (space, tokens) in personal {
            self.gauge(&catalogue::PERSONAL_TOKENS, [space.into()], count(tokens));
        }
        known.extend(now);
    }

    /// The metrics in Prometheus' text format; `None` if none are kept.
    pub fn render(&self) -> Option<String> {
        let inner = self.0.as_ref()?;
        process::collect(&inner.recorder);
        Some(inner.recorder.handle().render())
    }

    /// Aggregates histogram samples. Call it regularly, or their memory grows.
    pub fn sum_up(&self) {
        if let Some(inner) = &self.0 {
            inner.recorder.handle().run_upkeep();
        }
    }

    fn count<const N: usize>(&self, metric: &Metric, labels: [Text; N], by: u64) {
        if let Some(inner) = &self.0 {
            inner.counter(metric, labels).increment(by);
        }
    }

    fn gauge<const N: usize>(&self, metric: &Metric, labels: [Text; N], value: f64) {
        if let Some(inner) = &self.0 {
            let gauge: Gauge = inner
                .recorder
                .register_gauge(&key(metric, labels), &METADATA);
            gauge.set(value);
        }
    }

    fn time<const N: usize>(&self, metric: &Metric, labels: [Text; N], took: Duration) {
        if let Some(inner) = &self.0 {
            let histogram = inner.histogram(metric, labels);
            histogram.record(took.as_secs_f64());
        }
    }
}

/// The value of a label.
type Text = metrics::SharedString;

impl Inner {
    fn counter<const N: usize>(&self, metric: &Metric, labels: [Text; N]) -> Counter {
        self.recorder
            .register_counter(&key(metric, labels), &METADATA)
    }

    fn histogram<const N: usize>(&self, metric: &Metric, labels: [Text; N]) -> Histogram {
        self.recorder
            .register_histogram(&key(metric, labels), &METADATA)
    }
}

/// Series that each call uses, by the values of their labels: a lookup in the recorder would
/// build a new key each time.
struct Known<T>(RwLock<HashMap<[&'static str; 2], T>>);

impl<T> Default for Known<T> {
    fn default() -> Self {
        Self(RwLock::default())
    }
}

impl<T> Known<T> {
    fn with(&self, labels: [&'static str; 2], then: impl Fn(&T), find: impl FnOnce() -> T) {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(series) = known.get(&labels) {
            return then(series);
        }
        drop(known);
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        then(known.entry(labels).or_insert_with(find));
    }
}

fn key<const N: usize>(metric: &Metric, labels: [Text; N]) -> Key {
    debug_assert_eq!(metric.labels.len(), N, "{}", metric.name);
    let labels: Vec<Label> = metric
        .labels
        .iter()
        .zip(labels)
        .map(|(name, value)| Label::new(*name, value))
        .collect();
    Key::from_parts(metric.name, labels)
}

#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
fn count(number: u64) -> f64 {
    number as f64
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Metrics" } else { "off" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_space_without_sessions_is_reported() {
        let metrics = Metrics::new();
        let tokens = vec![("acme".into(), 1), ("beta".into(), 1)];
        metrics.sessions(vec![("acme".into(), 2), ("beta".into(), 1)], tokens);
        metrics.sessions(vec![("acme".into(), 3)], vec![("acme".into(), 1)]);
        let text = metrics.render().unwrap();
        assert!(text.contains("bmh_sessions{space=\"acme\"} 3\n"), "{text}");
        assert!(text.contains("bmh_sessions{space=\"beta\"} 0\n"), "{text}");
        for series in ["acme\"} 1\n", "beta\"} 0\n"] {
            let series = format!("bmh_personal_tokens{{space=\"{series}");
            assert!(text.contains(&series), "{text}");
        }
    }

    #[test]
    fn metrics_of_alerts_are_0_before_the_first_event() {
        let metrics = Metrics::new();
        metrics.cleans_up(["grants"]);
        let text = metrics.render().unwrap();
        for line in [
            r#"bmh_backlog_token_renewals_total{outcome="renewed"} 0"#,
            r#"bmh_backlog_token_renewals_total{outcome="ended"} 0"#,
            r#"bmh_backlog_token_renewals_total{outcome="doubted"} 0"#,
            r#"bmh_backlog_token_renewals_total{outcome="spared"} 0"#,
            r#"bmh_backlog_token_renewals_total{outcome="failed"} 0"#,
            r#"bmh_sign_ins_total{outcome="begun"} 0"#,
            r#"bmh_sign_ins_total{outcome="server_error"} 0"#,
            r#"bmh_account_sign_ins_total{outcome="server_error"} 0"#,
            "bmh_unstored_token_pairs 0",
            r#"bmh_cleanup_removed_rows_total{kind="grants"} 0"#,
            "bmh_cleanup_last_success_timestamp_seconds 0",
        ] {
            assert!(text.contains(line), "{line} in:\n{text}");
        }
    }

    #[test]
    fn the_process_reports_its_resources() {
        let text = Metrics::new().render().unwrap();
        for name in [
            "process_cpu_seconds_total",
            "process_resident_memory_bytes",
            "process_open_fds",
            "process_max_fds",
            "process_start_time_seconds",
        ] {
            let value = text
                .lines()
                .find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
            let value: f64 = value.expect(name).parse().expect("a number");
            assert!(value >= 0.0, "{name} {value}");
            assert!(text.contains(&format!("# HELP {name} ")), "{name}");
        }
    }

    #[test]
    fn latencies_are_in_buckets_that_add_up() {
        let metrics = Metrics::new();
        for millis in [2, 40, 60_000] {
            metrics.http_request("/mcp", 204, Duration::from_millis(millis));
        }
        let text = metrics.render().unwrap();
        for line in [
            r#"bmh_http_request_duration_seconds_bucket{route="/mcp",status="2xx",le="0.0025"} 1"#,
            r#"bmh_http_request_duration_seconds_bucket{route="/mcp",status="2xx",le="30"} 2"#,
            r#"bmh_http_request_duration_seconds_bucket{route="/mcp",status="2xx",le="+Inf"} 3"#,
            r#"bmh_http_request_duration_seconds_count{route="/mcp",status="2xx"} 3"#,
        ] {
            assert!(text.contains(line), "{line} in:\n{text}");
        }
    }

    #[test]
    fn calls_and_requests_of_other_labels_are_other_series() {
        let metrics = Metrics::new();
        let took = Duration::from_millis(1);
        for (tool, outcome) in [("a", "ok"), ("a", "ok"), ("a", "denied"), ("b", "ok")] {
            metrics.tool_call(tool, outcome, took);
        }
        for (class, outcome) in [("read", "ok"), ("read", "ok"), ("write", "ok")] {
            metrics.backlog_request(class, outcome, took);
        }
        let text = metrics.render().unwrap();
        for line in [
            r#"bmh_tool_calls_total{tool="a",outcome="ok"} 2"#,
            r#"bmh_tool_calls_total{tool="a",outcome="denied"} 1"#,
            r#"bmh_tool_calls_total{tool="b",outcome="ok"} 1"#,
            r#"bmh_tool_call_duration_seconds_count{tool="a"} 3"#,
            r#"bmh_backlog_request_duration_seconds_count{class="read",outcome="ok"} 2"#,
            r#"bmh_backlog_request_duration_seconds_count{class="write",outcome="ok"} 1"#,
        ] {
            assert!(text.contains(line), "{line} in:\n{text}");
        }
    }

    #[test]
    fn disabled_metrics_record_nothing() {
        let metrics = Metrics::default();
        metrics.session_lookup(true);
        assert_eq!(metrics.render(), None);
    }
}
