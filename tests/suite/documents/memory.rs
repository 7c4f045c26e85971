//! The budgets of memory in `docs/operations.md` are those of the program, and every deployment
//! limits the memory of a replica to their sum.

use std::collections::{BTreeSet, HashMap};

use backlog_client::ClientOptions;
use backlog_mcp_hub::{
    calls::{name_lookup::NAME_MEMORY, project_guard::PROJECT_MEMORY},
    toolkit::file::IMAGE_MEMORY,
    web::{
        limits::{body_budget::BodyLimits, in_progress::CALL_MEMORY},
        mcp::response_budget,
    },
};
use regex::Regex;
use serde_json::Value;

use crate::deployment::{
    files::{COMPOSE, STANDALONE, UNIT, captures, read, text, yaml},
    kubernetes,
};

const MIB: usize = 1 << 20;
const GIB: usize = 1 << 30;

/// The MiB of each budget in the table, by its name.
fn budgets() -> HashMap<String, usize> {
    let page = read("docs/operations.md");
    let section = page.split("### Memory").nth(1).expect("the section");
    let row = Regex::new(r"(?m)^\| ([^|]+) \| ([0-9]+) MiB \|").unwrap();
    row.captures_iter(section)
        .map(|row| (row[1].to_owned(), row[2].parse().expect("a number")))
        .collect()
}

/// The sum of the budgets, in bytes.
fn sum() -> usize {
    let mut budgets = budgets();
    let together = budgets.remove("together").expect("the sum");
    assert_eq!(budgets.values().sum::<usize>(), together, "{budgets:?}");
    together * MIB
}

/// The bytes of a size as Kubernetes, Compose or systemd write it.
fn bytes(size: &str) -> usize {
    let end = size
        .find(|one: char| !one.is_ascii_digit())
        .expect("a unit");
    let number: usize = size[..end].parse().expect("a number");
    match &size[end..] {
        "Mi" | "m" | "M" => number * MIB,
        "Gi" | "g" | "G" => number * GIB,
        unit => panic!("the unit {unit}"),
    }
}

/// Whether a container serves; the others run a command, and end.
fn serves(container: &Value) -> bool {
    let command = [&container["args"], &container["command"]];
    let command = command.into_iter().find_map(|list| list.get(0));
    command.is_none_or(|name| name == "serve")
}

#[test]
fn on_kubernetes_the_memory_limit_is_the_sum_of_the_budgets() {
    let objects = kubernetes::base();
    let deployment = objects.iter().find(|object| object["kind"] == "Deployment");
    let pod = &deployment.expect("a deployment")["spec"]["template"]["spec"];
    let containers = pod["containers"].as_array().expect("containers");
    let [container] = &containers[..] else {
        panic!("one container");
    };
    assert!(serves(container));
    let limit = text(&container["resources"]["limits"]["memory"]);
    assert_eq!(bytes(&limit), sum());
}

#[test]
fn in_compose_each_replica_has_the_sum_of_the_budgets() {
    let documents = yaml(COMPOSE);
    let services = documents[0]["services"].as_object().expect("services");
    let replicas = services.iter().filter(|(name, service)| {
        let is_hub = service["image"] == "backlog-mcp-hub:local";
        is_hub && *name != "operator" && serves(service)
    });
    let limits: Vec<_> = replicas
        .map(|(name, service)| (name.as_str(), bytes(&text(&service["mem_limit"]))))
        .collect();
    assert_eq!(limits, [("hub-1", sum()), ("hub-2", sum())]);
}

#[test]
fn under_systemd_the_memory_limit_is_the_sum_of_the_budgets() {
    let limits = captures(r"(?m)^MemoryMax=(\S+)$", &read(UNIT));
    let limits: BTreeSet<_> = limits.iter().map(|limit| bytes(limit)).collect();
    assert_eq!(limits, BTreeSet::from([sum()]));
    // The other unit also has a PostgreSQL to run.
    let limits = captures(r"(?m)^MemoryMax=(\S+)$", &read(STANDALONE));
    let limits: Vec<_> = limits.iter().map(|limit| bytes(limit)).collect();
    assert_eq!(limits, [sum() + 512 * MIB]);
}

#[test]
fn the_budgets_are_those_of_the_program() {
    let budgets = budgets();
    for (name, bytes) in [
        ("request bodies", BodyLimits::default().of_all),
        (
            "answers of Backlog",
            ClientOptions::default().max_bytes_in_memory,
        ),
        ("large answers", response_budget::MAX_BYTES),
        ("calls under way", CALL_MEMORY),
        ("images and large texts", IMAGE_MEMORY),
        ("names of things", usize::try_from(NAME_MEMORY).unwrap()),
        (
            "projects of things",
            usize::try_from(PROJECT_MEMORY).unwrap(),
        ),
    ] {
        let found = budgets.iter().find(|(known, _)| known.starts_with(name));
        assert_eq!(found.expect(name).1 * MIB, bytes, "{name}");
    }
    // The seven, the process itself, and the sum.
    assert_eq!(budgets.len(), 9, "{budgets:?}");
}
