//! The manifests of `deploy/kubernetes`: what the base and the example overlay name is there, and
//! the pods reach no more than they need. Nothing renders them here: the patches of the overlay are
//! checked one by one against the objects that they change.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

use serde_json::{Value, json};
use url::Url;

use super::files::{
    all, captures, each, is_command, names, object, port_of, read, root, text, yaml,
};

const BASE: &str = "deploy/kubernetes/base";
const OVERLAY: &str = "deploy/kubernetes/overlays/example";

fn kustomization(directory: &str) -> Value {
    let mut documents = yaml(&format!("{directory}/kustomization.yaml"));
    assert_eq!(documents.len(), 1, "{directory}");
    documents.remove(0)
}

/// The objects of the files that a kustomization lists; each file of its directory is one of them.
fn objects(directory: &str) -> Vec<Value> {
    let listed = names(&kustomization(directory)["resources"]);
    let (others, files): (BTreeSet<_>, BTreeSet<_>) =
        listed.into_iter().partition(|name| name.starts_with("../"));
    for other in others {
        let file = format!("{directory}/{other}/kustomization.yaml");
        assert!(root().join(&file).is_file(), "{file}");
    }
    let there: BTreeSet<_> = fs::read_dir(root().join(directory))
        .expect(directory)
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|it| it == "yaml"))
        .filter_map(|path| Some(path.file_name()?.to_str()?.to_owned()))
        .filter(|name| name != "kustomization.yaml")
        .collect();
    assert_eq!(files, there, "{directory}");
    let files = files.iter();
    files
        .flat_map(|file| yaml(&format!("{directory}/{file}")))
        .collect()
}

/// The objects of the base.
pub(crate) fn base() -> Vec<Value> {
    objects(BASE)
}

/// The settings of the base, which become a `ConfigMap`.
fn settings() -> BTreeMap<String, String> {
    let file = read(&format!("{BASE}/settings.env"));
    let lines = file.lines().filter(|line| !line.starts_with('#'));
    lines
        .map(|line| line.split_once('=').expect(line))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

fn pod(objects: &[Value]) -> &Value {
    &object(objects, "Deployment")["spec"]["template"]["spec"]
}

#[test]
fn the_base_has_the_objects_that_these_tests_look_at() {
    let objects = base();
    let kinds: BTreeSet<_> = objects.iter().map(|one| text(&one["kind"])).collect();
    let known = [
        "Deployment",
        "HTTPRoute",
        "Job",
        "NetworkPolicy",
        "PodDisruptionBudget",
        "Service",
        "ServiceAccount",
    ];
    assert_eq!(kinds, BTreeSet::from(known.map(str::to_owned)));
    assert_eq!(objects.len(), known.len());
    for object in &objects {
        let metadata = &object["metadata"];
        assert!(object["apiVersion"].is_string(), "{metadata}");
        assert!(metadata["namespace"].is_null(), "of the kustomization");
    }
    for directory in [BASE, OVERLAY] {
        assert_eq!(kustomization(directory)["namespace"], "backlog-mcp-hub");
    }
}

#[test]
fn whatever_selects_pods_selects_the_replicas() {
    let objects = [base(), objects(OVERLAY)].concat();
    let labels = &object(&objects, "Deployment")["spec"]["template"]["metadata"]["labels"];
    let service = object(&objects, "Service");
    let mut selectors: Vec<_> = objects
        .iter()
        .filter(|object| object["kind"] != "NetworkPolicy" && object["kind"] != "ServiceMonitor")
        .flat_map(|object| all(object, "matchLabels"))
        .map(|selector| (selector, labels))
        .collect();
    let policy = &object(&objects, "NetworkPolicy")["spec"]["podSelector"]["matchLabels"];
    selectors.push((policy, labels));
    selectors.push((&service["spec"]["selector"], labels));
    // That of Prometheus selects the Service.
    let monitor = &object(&objects, "ServiceMonitor")["spec"]["selector"]["matchLabels"];
    selectors.push((monitor, &service["metadata"]["labels"]));
    assert_eq!(selectors.len(), 6, "{selectors:?}");
    for (selector, labels) in selectors {
        let selector = selector.as_object().expect("labels");
        assert!(!selector.is_empty());
        for (name, value) in selector {
            assert_eq!(labels.get(name), Some(value));
        }
    }
}

#[test]
fn ports_have_the_names_and_numbers_of_the_container() {
    let objects = [base(), objects(OVERLAY)].concat();
    let container = &pod(&objects)["containers"][0];
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
    assert_eq!(named.len(), 7, "{named:?}");

    let of_service = each(&service["spec"]["ports"], "name");
    let scraped = all(object(&objects, "ServiceMonitor"), "port");
    assert_eq!(scraped, [&json!("metrics")]);
    assert!(of_service.contains("metrics"), "{of_service:?}");

    let settings = settings();
    for (setting, name) in [("MCP_HTTP_PORT", "http"), ("METRICS_ADDR", "metrics")] {
        let ports = container["ports"].as_array().expect("ports");
        let port = ports.iter().find(|port| port["name"] == name);
        let port = &port.expect(name)["containerPort"];
        assert_eq!(*port, port_of(&json!(settings[setting])));
    }
}

/// The Gateway API: the port of the requests, and not that of the metrics.
#[test]
fn the_route_leads_to_the_hub_under_its_name() {
    let objects = base();
    let route = &object(&objects, "HTTPRoute")["spec"];
    let service = object(&objects, "Service");
    let ports = service["spec"]["ports"].as_array().expect("ports");
    let http = ports.iter().find(|port| port["name"] == "http");
    let http = &http.expect("the port of requests")["port"];
    let backends: Vec<_> = all(route, "backendRefs");
    assert_eq!(backends.len(), 2, "{backends:?}");
    for backend in backends {
        assert_eq!(backend[0]["name"], service["metadata"]["name"]);
        assert_eq!(backend[0]["port"], *http);
    }
    let url = Url::parse(&settings()["MCP_SERVER_BASE_URL"]).expect("a URL");
    assert_eq!(route["hostnames"], json!([url.host_str()]));

    // As long as nginx waits (deploy/nginx/replicas.conf).
    let waits = captures(
        r"proxy_read_timeout (\d+s);",
        &read("deploy/nginx/replicas.conf"),
    );
    let timeouts: BTreeSet<_> = all(route, "request").into_iter().map(text).collect();
    assert_eq!(timeouts, waits);
}

#[test]
fn replicas_and_migration_run_commands_of_one_image_with_logins_of_their_own() {
    let objects = base();
    let pod = pod(&objects);
    let [container] = &pod["containers"].as_array().expect("containers")[..] else {
        panic!("one container");
    };
    let args = container["args"].as_array().expect("args");
    assert!(is_command(&args[0]), "{args:?}");
    let account = object(&objects, "ServiceAccount");
    assert_eq!(pod["serviceAccountName"], account["metadata"]["name"]);
    let kustomization = kustomization(BASE);
    let generated = &kustomization["configMapGenerator"][0];
    for reference in all(pod, "configMapRef") {
        assert_eq!(reference["name"], generated["name"]);
        assert_eq!(generated["envs"], json!(["settings.env"]));
    }

    let labels = &object(&objects, "Deployment")["spec"]["template"]["metadata"]["labels"];
    let job = &object(&objects, "Job")["spec"]["template"];
    let migrating = &job["spec"]["containers"][0];
    assert_eq!(migrating["image"], container["image"]);
    assert!(is_command(&migrating["args"][0]), "{migrating}");
    assert_ne!(&job["metadata"]["labels"], labels, "it takes no requests");
    for container in [container, migrating] {
        let security = &container["securityContext"];
        assert_eq!(security["allowPrivilegeEscalation"], false);
        assert_eq!(security["readOnlyRootFilesystem"], true);
        assert_eq!(security["capabilities"]["drop"], json!(["ALL"]));
    }
}

#[test]
fn the_pods_reach_dns_the_database_and_https_outside_only() {
    let objects = base();
    let policy = &object(&objects, "NetworkPolicy")["spec"];
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
}

/// As the installation page makes it, and as the overlay copies it.
#[test]
fn the_secrets_have_what_is_taken_from_them() {
    let objects = [base(), objects(OVERLAY)].concat();
    let pod = pod(&objects);
    let container = &pod["containers"][0];
    let mut taken = BTreeSet::new();
    let job = object(&objects, "Job");
    for reference in [all(pod, "secretKeyRef"), all(job, "secretKeyRef")].concat() {
        taken.insert((text(&reference["name"]), text(&reference["key"])));
    }
    for volume in all(pod, "secret") {
        let name = text(&volume["secretName"]);
        let keys = each(&volume["items"], "key").into_iter();
        taken.extend(keys.map(|key| (name.clone(), key)));
    }
    assert_eq!(taken.len(), 4, "{taken:?}");

    let page = read("docs/install.md");
    let mut made = BTreeSet::new();
    for command in page.split("create secret generic ").skip(1) {
        let name = command.split_whitespace().next().expect("a name");
        let command = command.split("```").next().expect("the block");
        let keys = captures(r"--from-(?:literal|file)=([\w-]+)=", command);
        made.extend(keys.into_iter().map(|key| (name.to_owned(), key)));
    }
    assert_eq!(taken, made, "docs/install.md");

    let copied: BTreeSet<_> = objects
        .iter()
        .filter(|object| object["kind"] == "ExternalSecret")
        .map(|object| &object["spec"])
        .flat_map(|secret| {
            let name = text(&secret["target"]["name"]);
            let keys = each(&secret["data"], "secretKey").into_iter();
            keys.map(move |key| (name.clone(), key))
        })
        .collect();
    assert_eq!(taken, copied, "{OVERLAY}");

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
fn the_overlay_changes_what_the_base_has() {
    let overlay = kustomization(OVERLAY);
    let objects = base();

    // Each patch is a list of JSON patches, and what it changes is there.
    let patches = overlay["patches"].as_array().expect("patches");
    for patch in patches {
        let target = object(&objects, &text(&patch["target"]["kind"]));
        assert_eq!(target["metadata"]["name"], patch["target"]["name"]);
        let operations: Vec<Value> =
            serde_saphyr::from_str(&text(&patch["patch"])).expect("operations");
        assert!(!operations.is_empty());
        for operation in operations {
            let is_known = operation["op"] == "replace" || operation["op"] == "remove";
            assert!(is_known, "{operation}");
            let path = text(&operation["path"]);
            let there = target.pointer(&path);
            let there = there.unwrap_or_else(|| panic!("{path} is not in {target}"));
            if operation["op"] == "replace" {
                let value = &operation["value"];
                assert_eq!(value.is_array(), there.is_array(), "{path}");
                assert_eq!(value.is_string(), there.is_string(), "{path}");
            }
        }
    }

    let image = &pod(&objects)["containers"][0]["image"];
    assert_eq!(overlay["images"][0]["name"], *image);
    let generator = &overlay["configMapGenerator"][0];
    assert_eq!(generator["behavior"], "merge");
    assert_eq!(
        generator["name"],
        kustomization(BASE)["configMapGenerator"][0]["name"]
    );
    let known = settings();
    for literal in names(&generator["literals"]) {
        let (name, _) = literal.split_once('=').expect("a setting");
        assert!(known.contains_key(name), "{name}");
    }

    // The autoscaler's Deployment, and the number that survives a disruption.
    let added = self::objects(OVERLAY);
    let scaler = &object(&added, "HorizontalPodAutoscaler")["spec"];
    let scaled = &scaler["scaleTargetRef"];
    assert_eq!(
        scaled["name"],
        object(&objects, "Deployment")["metadata"]["name"]
    );
    let least = scaler["minReplicas"].as_u64().expect("a number");
    let budget = &object(&objects, "PodDisruptionBudget")["spec"]["minAvailable"];
    assert!(budget.as_u64().expect("a number") < least);
}
