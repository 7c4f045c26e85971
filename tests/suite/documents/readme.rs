//! The documents match the repository:
//!
//! 1. The files for a deployment set nothing but settings, and name one port for the metrics.
//! 2. The toolsets of `docs/using-tools.md` are those of `docs/tools.md`.
//! 3. Each file that a document cites exists, and so does each test and each heading.

use std::fs;

use regex::Regex;

use super::{
    page::{code, documents, read, root, table},
    settings::{READ_BY_LIBRARIES, variables},
};

/// The settings on Kubernetes, and the variables that are taken from secrets.
const KUBERNETES: [&str; 2] = [
    "deploy/kubernetes/base/settings.env",
    "deploy/kubernetes/base/deployment.yaml",
];
const UNITS: [&str; 2] = [
    "deploy/systemd/backlog-mcp-hub.service",
    "deploy/systemd/backlog-mcp-hub-standalone.service",
];

/// What the files of `deploy` and `docker-compose.yml` set, by file.
fn deployed() -> Vec<(&'static str, Vec<(String, String)>)> {
    let in_yaml = Regex::new(r"(?m)^ +([A-Z][A-Z0-9_]+): (\S.*)$").unwrap();
    let of_container = Regex::new(r"(?m)^ +- name: ([A-Z][A-Z0-9_]+)()$").unwrap();
    let in_unit = Regex::new(r"(?m)^Environment=([A-Z][A-Z0-9_]+)=(.*)$").unwrap();
    let set = |file: &str, pattern: &Regex| -> Vec<_> {
        pattern
            .captures_iter(&read(file))
            .map(|found| (found[1].to_owned(), found[2].trim_matches('"').to_owned()))
            .collect()
    };
    let assigned = Regex::new(r"(?m)^#?([A-Z][A-Z0-9_]+)=(.*)$").unwrap();
    let [kubernetes, deployment] = KUBERNETES;
    let of_kubernetes = [set(kubernetes, &assigned), set(deployment, &of_container)].concat();
    let [unit, standalone] = UNITS;
    let package = "deploy/package/environment";
    let compose = "docker-compose.yml";
    // The database's own, and what the service must not have.
    let own =
        |(name, value): &(String, String)| !name.starts_with("POSTGRES_") && !value.is_empty();
    let of_compose = set(compose, &in_yaml).into_iter().filter(own).collect();
    vec![
        (kubernetes, of_kubernetes),
        (unit, set(unit, &in_unit)),
        (standalone, set(standalone, &in_unit)),
        (package, set(package, &assigned)),
        (compose, of_compose),
    ]
}

#[test]
fn on_kubernetes_only_the_gateway_and_prometheus_reach_the_pods() {
    let policy = read("deploy/kubernetes/base/network-policy.yaml");
    assert!(
        policy.contains("policyTypes: [Ingress, Egress]"),
        "{policy}"
    );
    let rule = Regex::new(r"metadata\.name: (\S+)\n +ports:\n +- port: (\S+)").unwrap();
    let rules: Vec<_> = rule
        .captures_iter(&policy)
        .map(|rule| (rule[1].to_owned(), rule[2].to_owned()))
        .collect();
    let expected = [("gateway", "http"), ("monitoring", "metrics")];
    assert_eq!(
        rules,
        expected.map(|(from, to)| (from.to_owned(), to.to_owned()))
    );
    assert_eq!(policy.matches("- from:").count(), rules.len());
    let pods = "app.kubernetes.io/name: backlog-mcp-hub";
    assert!(policy.contains(pods), "{policy}");
}

#[test]
fn the_deployment_files_use_settings_that_there_are() {
    let known = variables();
    for (file, set) in deployed() {
        assert!(set.len() > 1, "{file} sets nothing");
        for (name, _) in set {
            let is_known = known.contains(&name) || READ_BY_LIBRARIES.contains(&name.as_str());
            assert!(is_known, "{file}: {name} is no setting");
        }
    }
}

#[test]
fn the_metrics_are_at_one_port_everywhere() {
    let port = |address: &str| address.rsplit(':').next().unwrap().to_owned();
    let mut found = Vec::new();
    for (file, set) in deployed() {
        let of_file = set.into_iter().filter(|(name, _)| name == "METRICS_ADDR");
        found.extend(of_file.map(|(_, address)| (file, port(&address))));
    }
    for (file, pattern) in [
        (".env.example", r"(?m)^#METRICS_ADDR=\S+:(\d+)$"),
        (
            "docs/settings.md",
            r"Prometheus metrics are served, such as `\S+:(\d+)`",
        ),
        ("docs/metrics.md", r"`METRICS_ADDR=\S+:(\d+)`"),
        ("docs/metrics.md", r#"targets: \["\S+:(\d+)"\]"#),
        (KUBERNETES[1], r"- name: metrics\n +containerPort: (\d+)"),
        (KUBERNETES[1], r#"prometheus\.io/port: "(\d+)""#),
    ] {
        let text = read(file);
        let captured = Regex::new(pattern).unwrap().captures(&text);
        let captured = captured.unwrap_or_else(|| panic!("{file} lacks {pattern}"));
        found.push((file, captured[1].to_owned()));
    }
    assert_eq!(found.len(), 8, "{found:?}");
    for (file, port) in found {
        assert_eq!(port, "9464", "{file}");
    }
}

#[test]
fn the_toolsets_of_the_guide_are_those_of_the_tools() {
    let documented: Vec<_> = table(&read("docs/using-tools.md"), "## Classic tools")
        .iter()
        .map(|row| (code(&row[0]), format!("{}.", row[1])))
        .collect();
    // A test of the server keeps this page in step with the tools.
    let heading = Regex::new(r"(?m)^## `(\w+)` \(\d+\)\n\n(.+)$").unwrap();
    let actual: Vec<_> = heading
        .captures_iter(&read("docs/tools.md"))
        .map(|found| (found[1].into(), found[2].into()))
        .collect();
    assert_eq!(documented, actual);
}

#[test]
fn the_files_and_tests_that_documents_name_exist() {
    let file = Regex::new(
        r"`((?:src|crates|tests|migrations|docs|scripts|locales|templates|deploy|backlog-sim)/[\w./-]*)`",
    )
    .unwrap();
    let test = Regex::new(r"`([\w./-]+\.rs)`: `(\w+)`").unwrap();
    let mut missing = Vec::new();
    for document in documents() {
        let document = document.as_str();
        let text = read(document);
        for found in file.captures_iter(&text) {
            // What `scripts/test` installs is not there before.
            if !root().join(&found[1]).exists() && !found[1].starts_with("tests/clients/") {
                missing.push(format!("{document}: no file {}", &found[1]));
            }
        }
        for found in test.captures_iter(&text) {
            let source = fs::read_to_string(root().join(&found[1])).unwrap_or_default();
            if !source.contains(&format!("fn {}(", &found[2])) {
                missing.push(format!(
                    "{document}: no test {} in {}",
                    &found[2], &found[1]
                ));
            }
        }
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

#[test]
fn links_between_documents_lead_to_a_heading() {
    let link = Regex::new(r"\]\(([^)#\s:]*)(?:#([^)\s]+))?\)").unwrap();
    let heading = Regex::new(r"(?m)^#+ (.+)$").unwrap();
    let mut broken = Vec::new();
    for document in documents() {
        let text = read(&document);
        let folder = root().join(&document);
        let folder = folder.parent().expect("a folder");
        for found in link.captures_iter(&text) {
            let path = match &found[1] {
                "" => root().join(&document),
                path => folder.join(path),
            };
            let is_there = match found.get(2) {
                None => path.exists(),
                Some(anchor) => heading
                    .captures_iter(&fs::read_to_string(&path).unwrap_or_default())
                    .any(|heading| anchor_of(&heading[1]) == anchor.as_str()),
            };
            if !is_there {
                broken.push(format!("{document}: {}", &found[0]));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn the_tool_that_a_contributor_is_shown_is_as_it_is_shown() {
    let shown = read("docs/adding-a-tool.md");
    let mut files = Vec::new();
    for line in shown.lines().filter_map(|line| line.strip_prefix('+')) {
        if let Some(path) = line.strip_prefix("++ b/") {
            files.push((path, String::new()));
        } else if let Some((_, added)) = files.last_mut() {
            added.push_str(line);
            added.push('\n');
        }
    }
    assert_eq!(files.len(), 3, "its file, its list, its test");
    for (path, added) in files {
        assert!(read(path).contains(&added), "{path} has not:\n{added}");
    }
}

/// The anchor of a heading, as GitHub derives it.
fn anchor_of(heading: &str) -> String {
    let is_kept = |character: &char| character.is_alphanumeric() || " -_".contains(*character);
    let kept = heading.chars().filter(is_kept).collect::<String>();
    kept.to_lowercase().replace(' ', "-")
}
