//! The hub respects Backlog's rate limits. The details are tested in
//! `crates/backlog-client/src/rate_limit/tests.rs`, where the test sets the time.

use backlog_sim::{RateLimits, seed};
use serde_json::{Value, json};

use crate::support::{hub::TestHub, mcp, person::Person};

#[tokio::test(flavor = "multi_thread")]
async fn a_used_up_rate_limit_is_respected_until_its_time() {
    let hub = TestHub::start().await;
    let tokens = Person::default().sign_in(&hub, seed::DANIEL).await;
    let control = hub.sim.control();
    control.set_rate_limits(RateLimits {
        search: 2,
        ..RateLimits::default()
    });
    let call = async |tool, arguments| -> Value {
        let reply = mcp::call(&hub, Some(&tokens.access_token), tool, arguments).await;
        reply.json()["result"].clone()
    };
    control.clear_journal();
    let mut asked = 0;
    let refused = loop {
        let result = call("get_issues", json!({})).await;
        if result["isError"] == true {
            break result;
        }
        asked += 1;
        assert!(asked < 10, "no limit is met");
    };
    let text = refused["content"][0]["text"].as_str().expect("a text");
    assert!(text.contains("Try again in"), "{text}");
    assert_eq!(control.journal().len(), asked, "not asked in vain");
    // Other classes go on.
    assert_ne!(
        call("get_issue", json!({ "issueKey": "HARBOR-1" })).await["isError"],
        true
    );
    hub.stop().await;
}
