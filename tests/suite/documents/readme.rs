//! The documents match the program:
//!
//! 1. The README's table of settings has the variables, flags and defaults of `serve`, and
//!    `.env.example` has each of them.
//! 2. Its table of toolsets is that of `docs/tools.md`.
//! 3. Each file that a document cites exists, and so does each test.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use backlog_mcp_hub::cli;
use regex::Regex;

/// Variables that libraries read, so `--help` does not know them.
const READ_BY_LIBRARIES: [&str; 4] = [
    "RUST_LOG",
    "SSL_CERT_FILE",
    "HTTPS_PROXY",
    "OTEL_EXPORTER_OTLP_ENDPOINT",
];
/// Variables whose names are the operator's: as the README names them, and an example of each.
const OF_THE_OPERATOR: [(&str, &[&str]); 3] = [
    (
        "`BACKLOG_ORG_<NAME>_DOMAIN`, `BACKLOG_ORG_<NAME>_API_KEY`",
        &["BACKLOG_ORG_ACME_DOMAIN", "BACKLOG_ORG_ACME_API_KEY"],
    ),
    ("`BACKLOG_DEFAULT_ORG`", &["BACKLOG_DEFAULT_ORG"]),
    (
        "`BACKLOG_MCP_<KEY>`",
        &["BACKLOG_MCP_TOOL_ADD_ISSUE_DESCRIPTION"],
    ),
];
/// Variables of `.env.example` that only `docker-compose.yml` reads.
const OF_COMPOSE: [&str; 4] = [
    "POSTGRES_PASSWORD",
    "HUB_SERVICE_PASSWORD",
    "HUB_OPERATOR_PASSWORD",
    "HUB_PORT",
];

#[derive(Debug, PartialEq, Eq)]
struct Setting {
    flag: String,
    /// As `--help` tells it, where it does.
    default: Option<String>,
}

#[test]
fn the_settings_of_the_readme_are_those_of_serve() {
    let actual = settings();
    let rows = table(&read("README.md"), "## Settings");
    let (of_the_operator, rows): (Vec<_>, Vec<_>) = rows
        .iter()
        .partition(|row| OF_THE_OPERATOR.iter().any(|(name, _)| *name == row[0]));
    assert_eq!(of_the_operator.len(), OF_THE_OPERATOR.len());
    let (ours, of_libraries): (Vec<_>, Vec<_>) = rows
        .into_iter()
        .partition(|row| !READ_BY_LIBRARIES.contains(&code(&row[0]).as_str()));
    assert_eq!(of_libraries.len(), READ_BY_LIBRARIES.len());
    let documented: BTreeMap<_, _> = ours
        .iter()
        .map(|row| (code(&row[0]), code(&row[1])))
        .collect();
    let expected: BTreeMap<_, _> = actual
        .iter()
        .map(|(name, setting)| (name.clone(), setting.flag.clone()))
        .collect();
    assert_eq!(documented, expected);

    for row in ours {
        let name = code(&row[0]);
        if let Some(default) = &actual[&name].default {
            assert!(
                row[3].contains(default.as_str()),
                "{name}: the default is {default}, not {}",
                row[3]
            );
        }
    }
}

#[test]
fn the_example_environment_has_every_setting_and_no_other() {
    let name = Regex::new(r"(?m)^#?([A-Z][A-Z0-9_]+)=").unwrap();
    let example: BTreeSet<_> = name
        .captures_iter(&read(".env.example"))
        .map(|found| found[1].to_owned())
        .collect();
    let expected: BTreeSet<_> = settings()
        .into_keys()
        .chain(
            READ_BY_LIBRARIES
                .iter()
                .chain(&OF_COMPOSE)
                .chain(OF_THE_OPERATOR.iter().flat_map(|(_, examples)| *examples))
                .map(ToString::to_string),
        )
        .collect();
    assert_eq!(example, expected);
}

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
    let kubernetes = "deploy/kubernetes/backlog-mcp-hub.yaml";
    let of_kubernetes = [set(kubernetes, &in_yaml), set(kubernetes, &of_container)].concat();
    let unit = "deploy/systemd/backlog-mcp-hub.service";
    let compose = "docker-compose.yml";
    // The database's own, and what the service must not have.
    let own =
        |(name, value): &(String, String)| !name.starts_with("POSTGRES_") && !value.is_empty();
    let of_compose = set(compose, &in_yaml).into_iter().filter(own).collect();
    vec![
        (kubernetes, of_kubernetes),
        (unit, set(unit, &in_unit)),
        (compose, of_compose),
    ]
}

#[test]
fn on_kubernetes_only_the_ingress_and_prometheus_reach_the_pods() {
    let file = read("deploy/kubernetes/backlog-mcp-hub.yaml");
    let policy = file
        .split("\n---\n")
        .find(|it| it.contains("kind: NetworkPolicy"));
    let policy = policy.expect("a policy");
    assert!(
        policy.contains("policyTypes: [Ingress, Egress]"),
        "{policy}"
    );
    let rule = Regex::new(r"metadata\.name: (\S+)\n +ports:\n +- port: (\S+)").unwrap();
    let rules: Vec<_> = rule
        .captures_iter(policy)
        .map(|rule| (rule[1].to_owned(), rule[2].to_owned()))
        .collect();
    let expected = [("ingress-nginx", "http"), ("monitoring", "metrics")];
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
    let known = settings();
    for (file, set) in deployed() {
        assert!(set.len() > 1, "{file} sets nothing");
        for (name, _) in set {
            let is_known = known.contains_key(&name) || READ_BY_LIBRARIES.contains(&name.as_str());
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
            "README.md",
            r"Prometheus metrics are served, such as `\S+:(\d+)`",
        ),
        ("docs/metrics.md", r"`METRICS_ADDR=\S+:(\d+)`"),
        ("docs/metrics.md", r#"targets: \["\S+:(\d+)"\]"#),
        (
            "deploy/kubernetes/backlog-mcp-hub.yaml",
            r"- name: metrics\n +containerPort: (\d+)",
        ),
        (
            "deploy/kubernetes/backlog-mcp-hub.yaml",
            r#"prometheus\.io/port: "(\d+)""#,
        ),
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
fn the_toolsets_of_the_readme_are_those_of_the_tools() {
    let documented: Vec<_> = table(&read("README.md"), "## Tools")
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

/// The pages in Markdown, of the root and of `docs`. The changelog names what was.
fn documents() -> BTreeSet<String> {
    let mut documents = BTreeSet::new();
    for folder in ["", "docs", "docs/decisions"] {
        for entry in fs::read_dir(root().join(folder)).expect(folder) {
            let name = entry.expect("a readable entry").file_name();
            let path = Path::new(folder).join(name);
            let is_page = path.extension().is_some_and(|extension| extension == "md");
            if is_page && path != Path::new("CHANGELOG.md") {
                documents.insert(path.to_str().expect("a name in UTF-8").to_owned());
            }
        }
    }
    documents
}

/// The anchor of a heading, as GitHub derives it.
fn anchor_of(heading: &str) -> String {
    let is_kept = |character: &char| character.is_alphanumeric() || " -_".contains(*character);
    let kept = heading.chars().filter(is_kept).collect::<String>();
    kept.to_lowercase().replace(' ', "-")
}

/// The settings of `serve`, and of the program without a command, by their variable.
fn settings() -> BTreeMap<String, Setting> {
    let command = cli::command();
    let serve = command.find_subcommand("serve").expect("a command serve");
    let default_in_help = Regex::new(r"\[default: ([^;\]]+)").unwrap();
    let without_a_command = command.get_arguments().filter(|argument| {
        // Accepted for old configurations, and without effect.
        argument.get_id() != "dynamic_toolsets"
    });
    without_a_command
        .chain(serve.get_arguments())
        .filter_map(|argument| {
            let variable = argument.get_env()?.to_str()?.to_owned();
            let help = argument.get_help().map(ToString::to_string);
            let in_help = help
                .as_deref()
                .and_then(|help| default_in_help.captures(help))
                .map(|found| found[1].to_owned());
            let of_clap = argument.get_default_values().first();
            let setting = Setting {
                flag: format!("--{}", argument.get_long()?),
                default: in_help.or_else(|| Some(of_clap?.to_str()?.to_owned())),
            };
            Some((variable, setting))
        })
        .collect()
}

/// The rows of the first table below a heading, without its head.
fn table(document: &str, heading: &str) -> Vec<Vec<String>> {
    let (_, section) = document.split_once(heading).expect(heading);
    section
        .lines()
        .skip_while(|line| !line.starts_with('|'))
        .take_while(|line| line.starts_with('|'))
        .skip(2)
        .map(|line| {
            let cells = line.trim_matches('|').split('|');
            cells.map(|cell| cell.trim().to_owned()).collect()
        })
        .collect()
}

fn code(cell: &str) -> String {
    cell.trim_matches('`').to_owned()
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(document: &str) -> String {
    fs::read_to_string(root().join(document)).expect(document)
}
