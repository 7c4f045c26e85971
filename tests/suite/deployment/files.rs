//! The files of `deploy` and `docker-compose.yml` fit together: each name in one of them exists in
//! another. This module parses them and runs none; `operations/replicas` runs the one of nginx, and
//! `kubernetes` and `packages` look at the files for these.
//!
//! `documents/readme.rs` checks that their variables are settings of the hub, and
//! `operations/metrics.rs` checks that the dashboard and the alerts use metrics of the hub.

use std::{collections::BTreeSet, fs, io::ErrorKind, path::Path, process::Command};

use backlog_mcp_hub::cli;
use regex::Regex;
use serde_json::{Value, json};

pub(crate) const COMPOSE: &str = "docker-compose.yml";
/// With a PostgreSQL that the operator runs.
pub(crate) const UNIT: &str = "deploy/systemd/backlog-mcp-hub.service";
/// With the built-in PostgreSQL.
pub(crate) const STANDALONE: &str = "deploy/systemd/backlog-mcp-hub-standalone.service";

pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

pub(crate) fn read(file: &str) -> String {
    fs::read_to_string(root().join(file)).expect(file)
}

/// The documents of a YAML file.
pub(crate) fn yaml(file: &str) -> Vec<Value> {
    serde_saphyr::from_multiple(&read(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// The texts of a list, or the keys of a map.
pub(super) fn names(value: &Value) -> BTreeSet<String> {
    match value {
        Value::Array(list) => list.iter().map(text).collect(),
        Value::Object(map) => map.keys().cloned().collect(),
        Value::Null => BTreeSet::new(),
        other => panic!("neither a list nor a map: {other}"),
    }
}

pub(crate) fn text(value: &Value) -> String {
    let text = value.as_str().map(str::to_owned);
    text.unwrap_or_else(|| value.to_string())
}

/// What stands at this key of each element of a list.
pub(super) fn each(list: &Value, key: &str) -> BTreeSet<String> {
    let list = list.as_array().into_iter().flatten();
    list.filter_map(|one| one.get(key)).map(text).collect()
}

/// Every value below this one that stands at a key.
fn below<'a>(value: &'a Value, key: &str, found: &mut Vec<&'a Value>) {
    match value {
        Value::Array(list) => list.iter().for_each(|one| below(one, key, found)),
        Value::Object(map) => {
            for (name, one) in map {
                if name == key {
                    found.push(one);
                }
                below(one, key, found);
            }
        }
        _ => {}
    }
}

pub(super) fn all<'a>(value: &'a Value, key: &str) -> Vec<&'a Value> {
    let mut found = Vec::new();
    below(value, key, &mut found);
    found
}

/// The first group of each match.
pub(crate) fn captures(pattern: &str, text: &str) -> BTreeSet<String> {
    let pattern = Regex::new(pattern).expect("a pattern");
    let found = pattern.captures_iter(text);
    found.map(|found| found[1].to_owned()).collect()
}

pub(super) fn port_of(address: &Value) -> u64 {
    let text = text(address);
    let port = text.rsplit(':').next().expect("a port");
    port.parse().unwrap_or_else(|_| panic!("no port: {text}"))
}

/// The objects of a kind; there is one at least.
fn of_kind<'a>(objects: &'a [Value], kind: &str) -> Vec<&'a Value> {
    let found: Vec<_> = objects.iter().filter(|it| it["kind"] == kind).collect();
    assert!(!found.is_empty(), "no {kind}");
    found
}

/// The one object of a kind.
pub(super) fn object<'a>(objects: &'a [Value], kind: &str) -> &'a Value {
    let found = of_kind(objects, kind);
    assert_eq!(found.len(), 1, "more than one {kind}");
    found[0]
}

pub(super) fn is_command(name: &Value) -> bool {
    let commands = cli::command();
    commands.find_subcommand(text(name)).is_some()
}

#[test]
fn each_yaml_file_is_yaml_and_each_json_file_json() {
    let mut directories = vec![root().join("deploy")];
    let mut parsed = 0;
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(directory).expect("a directory").flatten() {
            let path = entry.path();
            if path.is_dir() {
                directories.push(path);
                continue;
            }
            let file = path.to_str().expect("a path");
            match path.extension().and_then(|ending| ending.to_str()) {
                Some("yml" | "yaml") => assert!(!yaml(file).is_empty(), "{file}"),
                Some("json") => {
                    let parsed = serde_json::from_str::<Value>(&read(file));
                    parsed.unwrap_or_else(|error| panic!("{file}: {error}"));
                }
                _ => continue,
            }
            parsed += 1;
        }
    }
    assert!(parsed >= 3, "{parsed} files");
}

#[test]
fn in_compose_every_reference_leads_somewhere() {
    let documents = yaml(COMPOSE);
    let [compose] = &documents[..] else {
        panic!("one document");
    };
    let services = compose["services"].as_object().expect("services");
    let (mut networks, mut volumes) = (BTreeSet::new(), BTreeSet::new());
    for (name, service) in services {
        assert!(service["image"].is_string(), "{name}");
        for needed in names(&service["depends_on"]) {
            let other = services.get(&needed);
            let other = other.unwrap_or_else(|| panic!("{name} needs {needed}"));
            let condition = &service["depends_on"][needed.as_str()]["condition"];
            if condition == "service_healthy" {
                assert!(other["healthcheck"]["test"].is_array(), "{needed}");
            }
        }
        networks.extend(names(&service["networks"]));
        for volume in names(&service["volumes"]) {
            let source = volume.split(':').next().expect("a source");
            match source.strip_prefix("./") {
                Some(file) => assert!(root().join(file).is_file(), "{file}"),
                None => drop(volumes.insert(source.to_owned())),
            }
        }
    }
    assert_eq!(networks, names(&compose["networks"]));
    assert_eq!(volumes, names(&compose["volumes"]));

    // The replicas that nginx knows are those that there are, at the port where they listen.
    let nginx = read("deploy/nginx/replicas.conf");
    let replicas: BTreeSet<_> = services
        .iter()
        .filter(|(_, service)| !service["environment"]["MCP_HTTP_PORT"].is_null())
        .map(|(name, service)| {
            let environment = &service["environment"];
            assert_eq!(
                environment["TRUSTED_PROXIES"],
                all(compose, "subnet")[0].clone()
            );
            format!("{name}:{}", port_of(&environment["MCP_HTTP_PORT"]))
        })
        .collect();
    assert_eq!(captures(r"(?m)^ +server (\S+:\d+)", &nginx), replicas);
    let listens = captures(r"listen (\d+);", &nginx);
    let published = all(compose, "ports");
    assert_eq!(published.len(), 1, "only the proxy is published");
    assert_eq!(
        listens,
        BTreeSet::from([port_of(&published[0][0]).to_string()])
    );
    let loopback = text(&published[0][0]);
    assert!(loopback.starts_with("127.0.0.1:"), "{loopback}");

    // What the reader fills in is in the file that is copied.
    let example = captures(r"(?m)^#?([A-Z][A-Z0-9_]+)=", &read(".env.example"));
    let interpolated = captures(r"\$\{([A-Z_]+)", &read(COMPOSE));
    assert!(!interpolated.is_empty() && interpolated.is_subset(&example));
}

/// Two builds of one tag at the same time can fail; the others wait for the one that builds.
#[test]
fn compose_builds_one_image_once() {
    let documents = yaml(COMPOSE);
    let services = documents[0]["services"].as_object().expect("services");
    let builds: Vec<_> = services
        .iter()
        .filter(|(_, service)| !service["build"].is_null())
        .map(|(name, service)| (name.as_str(), text(&service["image"])))
        .collect();
    let [(builder, image)] = &builds[..] else {
        panic!("one service builds: {builds:?}");
    };
    for (name, service) in services {
        if name != builder && service["image"] == **image {
            let waits = &service["depends_on"][*builder]["condition"];
            assert_eq!(*waits, "service_completed_successfully", "{name}");
        }
    }
}

#[test]
fn compose_knows_whether_each_service_is_healthy() {
    let documents = yaml(COMPOSE);
    let services = documents[0]["services"].as_object().expect("services");
    let mut lasting = 0;
    for (name, service) in services {
        if service["restart"] == "unless-stopped" {
            assert!(service["healthcheck"]["test"].is_array(), "{name}");
            lasting += 1;
        }
        for needed in names(&service["depends_on"]) {
            let condition = &service["depends_on"][needed.as_str()]["condition"];
            assert!(condition.is_string(), "{name} does not wait for {needed}");
        }
    }
    assert_eq!(lasting, 4, "PostgreSQL, two replicas, nginx");
}

#[test]
fn compose_has_no_default_password() {
    let compose = read(COMPOSE);
    let example = read(".env.example");
    let passwords: BTreeSet<_> = captures(r"\$\{([A-Z_]+)", &compose)
        .into_iter()
        .filter(|name| name.ends_with("PASSWORD"))
        .collect();
    assert_eq!(passwords.len(), 3, "{passwords:?}");
    for name in passwords {
        assert!(compose.contains(&format!("${{{name}:?")), "{name}");
        assert!(!compose.contains(&format!("${{{name}:-")), "{name}");
        assert!(example.lines().any(|line| line == format!("{name}=")));
    }
}

#[test]
fn no_proxy_logs_the_codes_in_queries() {
    let page = read("docs/reverse-proxy.md");
    let block = |kind: &str| {
        let start = page.split(&format!("```{kind}\n")).nth(1).expect(kind);
        start.split("```").next().expect(kind).to_owned()
    };
    for site in [read("deploy/nginx/replicas.conf"), block("nginx")] {
        let format = site
            .split("log_format without_query ")
            .nth(1)
            .expect("a format");
        let format = format.split(';').next().expect("its end");
        for whole in [
            "$request ",
            "$request\"",
            "$request_uri",
            "$args",
            "$query_string",
            "referer",
        ] {
            assert!(!format.contains(whole), "{whole} in {format}");
        }
        assert!(format.contains("$uri"), "{format}");
        let logs = captures(r"(?m)^ +(access_log .+|error_log .+);$", &site);
        let expected = [
            "access_log /var/log/nginx/access.log without_query",
            "error_log /var/log/nginx/error.log crit",
        ];
        assert_eq!(logs, BTreeSet::from(expected.map(str::to_owned)));
    }
    let caddy = block("caddyfile");
    assert!(caddy.contains(r#"request>uri regexp "\?.*" """#), "{caddy}");
    assert_eq!(
        caddy.matches("log {").count(),
        1,
        "no site has an access log"
    );
}

#[test]
fn the_alerts_are_whole() {
    let documents = yaml("deploy/prometheus/alerts.yml");
    let mut seen = BTreeSet::new();
    for group in documents[0]["groups"].as_array().expect("groups") {
        for rule in group["rules"].as_array().expect("rules") {
            assert!(seen.insert(text(&rule["alert"])), "{} twice", rule["alert"]);
            for part in ["expr", "for"] {
                assert!(rule[part].is_string(), "{part} of {rule}");
            }
            let severity = text(&rule["labels"]["severity"]);
            assert!(
                ["warning", "critical"].contains(&severity.as_str()),
                "{rule}"
            );
            let said = names(&rule["annotations"]);
            assert_eq!(said.len(), 2, "a summary, and what to do: {rule}");
        }
    }
    assert!(seen.len() > 5, "{seen:?}");
}

/// Where systemd is; elsewhere there is nobody to ask.
#[test]
fn systemd_takes_the_units() {
    const START: &str = "ExecStart=backlog-mcp-hub ";
    let directory = tempfile::tempdir().expect("a directory");
    let built = env!("CARGO_BIN_EXE_backlog-mcp-hub");
    let mut files = Vec::new();
    for unit in [UNIT, STANDALONE] {
        let lines = read(unit);
        let command = captures(r"(?m)^ExecStart=backlog-mcp-hub (\S+)$", &lines);
        assert!(command.iter().all(|name| is_command(&json!(name))));
        assert_eq!(command.len(), 1, "{unit}");
        let file = directory
            .path()
            .join(Path::new(unit).file_name().expect("a name"));
        let lines = lines.replace(START, &format!("ExecStart={built} "));
        fs::write(&file, lines).expect("a file");
        files.push(file);
    }
    let output = match Command::new("systemd-analyze")
        .arg("verify")
        .args(&files)
        .output()
    {
        Err(error) if error.kind() == ErrorKind::NotFound => return,
        output => output.expect("an answer"),
    };
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    // What it does not know it ignores, and says so.
    assert!(!said.contains("backlog-mcp-hub"), "{said}");
}

/// The data of the built-in PostgreSQL stay with one user, in one directory.
#[test]
fn the_unit_of_the_built_in_postgresql_has_its_user_and_directory() {
    let unit = read(STANDALONE);
    let value = |key: &str| captures(&format!(r"(?m)^{key}=(\S+)$"), &unit);
    let user = value("User");
    let users = captures(r"(?m)^u (\S+) ", &read("deploy/package/sysusers.conf"));
    assert_eq!(user, users);
    let directory = value("StateDirectory");
    let data = captures(r"(?m)^Environment=DATA_DIR=/var/lib/(\S+)$", &unit);
    assert_eq!(data, directory);
    assert!(
        value("DynamicUser").is_empty(),
        "PostgreSQL looks its user up"
    );
    assert!(value("LoadCredential").is_empty(), "the hub makes the key");
    // Both take the same requests.
    for (unit, other) in [(UNIT, "-standalone"), (STANDALONE, "")] {
        let line = format!("Conflicts=backlog-mcp-hub{other}.service");
        assert!(read(unit).lines().any(|one| one == line), "{unit}");
    }
}
