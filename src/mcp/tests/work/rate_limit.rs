//! Work tools that make several requests at once leave some of the user's limit to others.

use backlog_sim::{RateLimits, seed::DANIEL};
use serde_json::json;

use super::World;

/// Each call is repeated until it is refused, which happens before Backlog has to refuse a request.
#[tokio::test]
async fn a_call_of_many_requests_is_refused_before_the_limit_is_reached() {
    for (tool, arguments) in [
        ("project_info", json!({"project": "HARBOR"})),
        ("pull_requests", json!({"project": "HARBOR", "comments": 0})),
    ] {
        let world = World::start().await;
        let daniel = world.caller(DANIEL);
        let control = world.sim.control();
        control.set_rate_limits(RateLimits {
            read: 60,
            ..RateLimits::default()
        });
        let mut error = String::new();
        for _ in 0..60 {
            if let Err(reason) = world.call(&daniel, tool, arguments.clone()).await {
                error = reason;
                break;
            }
        }
        let journal = control.journal();
        let refused = journal.iter().filter(|it| it.status == Some(429)).count();
        assert_eq!(refused, 0, "{tool}: {error}");
        assert!(error.contains("allows this user only"), "{tool}: {error}");
    }
}
