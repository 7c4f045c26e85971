//! The resources of this process: processor time, memory, file descriptors, threads and its start,
//! under the names that Prometheus' own client libraries use.

use metrics_exporter_prometheus::PrometheusRecorder;
use metrics_process::Collector;

/// Describes the metrics.
pub(super) fn describe(recorder: &PrometheusRecorder) {
    metrics::with_local_recorder(recorder, || Collector::default().describe());
}

/// Reads the present values from the operating system.
pub(super) fn collect(recorder: &PrometheusRecorder) {
    metrics::with_local_recorder(recorder, || Collector::default().collect());
}
