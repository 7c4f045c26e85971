//! The files of `deploy` and `docker-compose.yml` fit together: each name in one of them exists in
//! another. This module parses them and runs none; `operations/replicas` runs the one of nginx.
//!
//! `documents/readme.rs` checks that their variables are settings of the hub, and
//! `operations/metrics.rs` checks that the dashboard and the alerts use metrics of the hub.

use std::{collections::BTreeSet, fs, io::ErrorKind, path::Path, process::Command};

use backlog_mcp_hub::cli;
use regex::Regex;
use serde_json::{Value, json};
use url::Url;

pub(crate) const KUBERNETES: &str = "deploy/kubernetes/backlog-mcp-hub.yaml";
pub(crate) const COMPOSE: &str = "docker-compose.yml";
pub(crate) const UNIT: &str = "deploy/systemd/backlog-mcp-hub.service";

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
fn names(value: &Value) -> BTreeSet<String> {
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
fn each(list: &Value, key: &str) -> BTreeSet<String> {
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

fn all<'a>(value: &'a Value, key: &str) -> Vec<&'a Value> {
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

fn port_of(address: &Value) -> u64 {
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

/// The values of a key in every Ingress.
fn of_ingresses<'a>(objects: &'a [Value], key: &str) -> Vec<&'a Value> {
    let ingresses = of_kind(objects, "Ingress").into_iter();
    ingresses.flat_map(|ingress| all(ingress, key)).collect()
}

/// The one object of a kind.
fn object<'a>(objects: &'a [Value], kind: &str) -> &'a Value {
    let found = of_kind(objects, kind);
    assert_eq!(found.len(), 1, "more than one {kind}");
    found[0]
}

fn is_command(name: &Value) -> bool {
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
#[expect(
    clippy::too_many_lines,
    reason = "one file, read from its start to its end"
)]
fn on_kubernetes_every_reference_leads_somewhere() {
    let objects = yaml(KUBERNETES);
    let kinds: Vec<_> = objects.iter().map(|object| text(&object["kind"])).collect();
    for object in &objects {
        let metadata = &object["metadata"];
        assert_eq!(metadata["namespace"], "backlog-mcp-hub", "{metadata}");
        assert!(object["apiVersion"].is_string(), "{metadata}");
    }
    let deployment = &object(&objects, "Deployment")["spec"];
    let pod = &deployment["template"]["spec"];
    let [container] = &pod["containers"].as_array().expect("containers")[..] else {
        panic!("one container");
    };

    // Whatever selects pods selects these.
    let labels = &deployment["template"]["metadata"]["labels"];
    let mut selectors: Vec<_> = objects
        .iter()
        .filter(|object| object["kind"] != "NetworkPolicy")
        .flat_map(|object| all(object, "matchLabels"))
        .collect();
    selectors.push(&object(&objects, "NetworkPolicy")["spec"]["podSelector"]["matchLabels"]);
    selectors.push(&object(&objects, "Service")["spec"]["selector"]);
    assert_eq!(selectors.len(), 5, "{selectors:?}");
    for selector in selectors {
        let selector = selector.as_object().expect("labels");
        assert!(!selector.is_empty());
        for (name, value) in selector {
            assert_eq!(labels.get(name), Some(value));
        }
    }

    // Ports go by the names that the container gives them.
    let ports = each(&container["ports"], "name");
    let policy = &object(&objects, "NetworkPolicy")["spec"];
    let mut named: Vec<_> = all(&policy["ingress"], "port");
    for probe in ["startupProbe", "readinessProbe", "livenessProbe"] {
        let request = &container[probe]["httpGet"];
        named.push(&request["port"]);
        assert!(["/ready", "/health"].contains(&request["path"].as_str().expect("a path")));
    }
    let service = object(&objects, "Service");
    named.extend(all(service, "targetPort"));
    for port in &named {
        assert!(ports.contains(&text(port)), "{port} of {ports:?}");
    }
    assert_eq!(named.len(), 6, "{named:?}");
    let of_service = each(&service["spec"]["ports"], "name");
    for backend in of_ingresses(&objects, "service") {
        assert_eq!(backend["name"], service["metadata"]["name"]);
        assert!(of_service.contains(&text(&backend["port"]["name"])));
    }

    // The container listens where its ports say, and where people are sent.
    let config = object(&objects, "ConfigMap");
    let data = &config["data"];
    assert!(
        data.as_object()
            .expect("data")
            .values()
            .all(Value::is_string)
    );
    for (setting, name) in [("MCP_HTTP_PORT", "http"), ("METRICS_ADDR", "metrics")] {
        let ports = container["ports"].as_array().expect("ports");
        let port = ports.iter().find(|port| port["name"] == name);
        assert_eq!(port.expect(name)["containerPort"], port_of(&data[setting]));
    }
    let url = Url::parse(&text(&data["MCP_SERVER_BASE_URL"])).expect("a URL");
    let host = json!(url.host_str());
    for named in of_ingresses(&objects, "host") {
        assert_eq!(named, &host);
    }
    for listed in of_ingresses(&objects, "hosts") {
        assert_eq!(listed, &json!([host]));
    }
    let args = container["args"].as_array().expect("args");
    assert!(is_command(&args[0]), "{args:?}");

    // The schema comes from the same image, by another login.
    let job = &object(&objects, "Job")["spec"]["template"];
    let migrating = &job["spec"]["containers"][0];
    assert_eq!(migrating["image"], container["image"]);
    assert!(is_command(&migrating["args"][0]), "{migrating}");
    assert_ne!(&job["metadata"]["labels"], labels, "it takes no requests");

    // Only the cluster's DNS, the database and https outside can be reached.
    let mut reached: Vec<_> = all(&policy["egress"], "port")
        .into_iter()
        .map(text)
        .collect();
    reached.dedup();
    assert_eq!(reached, ["53", "5432", "443"]);
    let inside = names(all(&policy["egress"], "except")[0]);
    for network in [
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "169.254.0.0/16",
    ] {
        assert!(inside.contains(network), "{inside:?}");
    }

    // The objects that it is made of.
    for reference in all(pod, "configMapRef") {
        assert_eq!(reference["name"], config["metadata"]["name"]);
    }
    let account = object(&objects, "ServiceAccount");
    assert_eq!(pod["serviceAccountName"], account["metadata"]["name"]);
    let known = [
        "ConfigMap",
        "Deployment",
        "Ingress",
        "Job",
        "NetworkPolicy",
        "PodDisruptionBudget",
        "Service",
        "ServiceAccount",
    ];
    let kinds: BTreeSet<_> = kinds.iter().map(String::as_str).collect();
    assert_eq!(
        kinds,
        BTreeSet::from(known),
        "what is new is looked at, too"
    );
}

#[test]
fn on_kubernetes_the_secret_has_what_is_taken_from_it() {
    let file = read(KUBERNETES);
    let objects = yaml(KUBERNETES);
    let pod = &object(&objects, "Deployment")["spec"]["template"]["spec"];
    let container = &pod["containers"][0];

    // As the head of the file makes it.
    let name = captures(r"create secret generic ([\w-]+)", &file);
    let made = captures(r"--from-literal=([\w-]+)=", &file);
    let mut taken = BTreeSet::new();
    let job = object(&objects, "Job");
    let of_both = [all(pod, "secretKeyRef"), all(job, "secretKeyRef")].concat();
    for reference in of_both {
        assert!(name.contains(&text(&reference["name"])), "{reference}");
        taken.insert(text(&reference["key"]));
    }
    for volume in all(pod, "secret") {
        assert!(name.contains(&text(&volume["secretName"])), "{volume}");
        taken.extend(each(&volume["items"], "key"));
    }
    assert_eq!(taken, made);

    let volumes = each(&pod["volumes"], "name");
    assert_eq!(each(&container["volumeMounts"], "name"), volumes);
    let environment = container["env"].as_array().expect("variables");
    let keys = environment
        .iter()
        .find(|one| one["name"] == "ENCRYPTION_KEYS_FILE");
    let mounted = text(&container["volumeMounts"][0]["mountPath"]);
    let item = text(&pod["volumes"][0]["secret"]["items"][0]["path"]);
    assert_eq!(keys.expect("it")["value"], format!("{mounted}/{item}"));
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
    let objects = yaml(KUBERNETES);
    let name = "nginx.ingress.kubernetes.io/enable-access-log";
    for ingress in of_kind(&objects, "Ingress") {
        assert_eq!(ingress["metadata"]["annotations"][name], "false");
    }
}

#[test]
fn the_image_runs_the_commands_of_the_deployments() {
    let dockerfile = read("Dockerfile");
    let entry = captures(r#"(?m)^ENTRYPOINT \["([^"]+)"\]$"#, &dockerfile);
    assert_eq!(entry, BTreeSet::from(["backlog-mcp-hub".to_owned()]));
    let command = captures(r#"(?m)^CMD \["([^"]+)"\]$"#, &dockerfile);
    assert!(command.iter().all(|name| is_command(&json!(name))) && command.len() == 1);
    let user = captures(r"(?m)^USER (\d+):\d+$", &dockerfile);
    let objects = yaml(KUBERNETES);
    let pod = &object(&objects, "Deployment")["spec"]["template"]["spec"];
    for key in ["runAsUser", "runAsGroup", "fsGroup"] {
        let id = &pod["securityContext"][key];
        assert_eq!(user, BTreeSet::from([text(id)]), "{key}");
    }

    // The builder's Rust is new enough.
    let number = |text: &str| -> u32 { text.parse().expect("a number") };
    let builder = captures(r"(?m)^FROM rust:1\.(\d+)-", &dockerfile);
    let wanted = captures(r#"(?m)^rust-version = "1\.(\d+)""#, &read("Cargo.toml"));
    let newest = builder.iter().map(|minor| number(minor)).max();
    assert!(newest.expect("a builder") >= number(wanted.first().expect("a version")));

    // Each of them waits as long for calls under way.
    let grace = &pod["terminationGracePeriodSeconds"];
    let documents = yaml(COMPOSE);
    let of_compose = &all(&documents[0], "stop_grace_period")[0];
    let of_unit = captures(r"(?m)^TimeoutStopSec=(\S+)$", &read(UNIT));
    assert_eq!(text(of_compose), format!("{grace}s"));
    assert_eq!(of_unit, BTreeSet::from([format!("{grace}s")]));
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
fn systemd_takes_the_unit() {
    let unit = read(UNIT);
    let start = captures(r"(?m)^ExecStart=(\S+) \S+$", &unit);
    let program = start.first().expect("a program");
    let command = captures(r"(?m)^ExecStart=\S+ (\S+)$", &unit);
    assert!(command.iter().all(|name| is_command(&json!(name))));

    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("backlog-mcp-hub.service");
    let built = env!("CARGO_BIN_EXE_backlog-mcp-hub");
    fs::write(&file, unit.replace(program, built)).expect("a file");
    let output = match Command::new("systemd-analyze")
        .arg("verify")
        .arg(&file)
        .output()
    {
        Err(error) if error.kind() == ErrorKind::NotFound => return,
        output => output.expect("an answer"),
    };
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    // What it does not know it ignores, and says so.
    assert!(!said.contains("backlog-mcp-hub.service"), "{said}");
}
