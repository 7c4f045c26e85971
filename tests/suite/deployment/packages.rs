//! What a release consists of: the image, the packages, the archives and the formula. Nothing is
//! built here; `just packages` builds the packages where their tools are installed.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
    process::{Command, Output},
};

use serde_json::{Value, json};

use super::{
    files::{COMPOSE, STANDALONE, UNIT, all, captures, is_command, object, read, root, text, yaml},
    kubernetes,
};

/// The package `backlog-mcp-hub` of Cargo.toml.
fn package() -> Value {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--format-version=1", "--offline"])
        .current_dir(root())
        .output()
        .expect("cargo");
    assert!(output.status.success(), "{output:?}");
    let mut metadata: Value = serde_json::from_slice(&output.stdout).expect("metadata");
    let packages = metadata["packages"].as_array_mut().expect("packages");
    let place = packages
        .iter()
        .position(|package| package["name"] == "backlog-mcp-hub");
    packages.swap_remove(place.expect("the package"))
}

/// Where a package puts each file, and with which mode.
fn installed(assets: &[(String, String, String)]) -> BTreeMap<String, (String, String)> {
    let assets = assets.iter().cloned();
    assets
        .map(|(source, target, mode)| {
            let target = target.trim_start_matches('/').to_owned();
            (target, (source, mode))
        })
        .collect()
}

fn of_deb(package: &Value) -> BTreeMap<String, (String, String)> {
    let assets = package["metadata"]["deb"]["assets"].as_array();
    let assets: Vec<_> = assets
        .expect("assets")
        .iter()
        .map(|one| (text(&one[0]), text(&one[1]), text(&one[2])))
        .collect();
    installed(&assets)
}

fn of_rpm(package: &Value) -> BTreeMap<String, (String, String)> {
    let assets = package["metadata"]["generate-rpm"]["assets"].as_array();
    let assets: Vec<_> = assets
        .expect("assets")
        .iter()
        .map(|one| (text(&one["source"]), text(&one["dest"]), text(&one["mode"])))
        .collect();
    installed(&assets)
}

#[test]
fn the_packages_install_files_that_there_are() {
    let package = package();
    let deb = of_deb(&package);
    assert_eq!(deb, of_rpm(&package), "both install the same");
    for (target, (source, mode)) in &deb {
        let is_built = source == "target/release/backlog-mcp-hub";
        assert!(is_built || root().join(source).is_file(), "{source}");
        assert_eq!(is_built, mode == "755", "{target}");
    }
    for unit in [UNIT, STANDALONE] {
        let name = Path::new(unit).file_name().expect("a name");
        let target = format!("usr/lib/systemd/system/{}", name.display());
        assert_eq!(deb[&target].0, unit);
    }
    // Settings hold secrets, and an upgrade leaves them alone.
    let settings = "etc/backlog-mcp-hub/environment";
    assert_eq!(deb[settings].1, "600");
    let kept = &package["metadata"]["deb"]["conf-files"];
    assert_eq!(*kept, json!([format!("/{settings}")]));
    let of_rpm = &package["metadata"]["generate-rpm"]["assets"];
    let configured: Vec<_> = of_rpm
        .as_array()
        .expect("assets")
        .iter()
        .filter(|one| one["config"] == "noreplace")
        .map(|one| text(&one["dest"]))
        .collect();
    assert_eq!(configured, [format!("/{settings}")]);
}

/// Each path that the units, the settings and the scripts name.
#[test]
fn what_the_packages_install_finds_itself() {
    let package = package();
    let deb = of_deb(&package);
    for unit in [UNIT, STANDALONE] {
        let unit = read(unit);
        let settings = captures(r"(?m)^EnvironmentFile=/(\S+)$", &unit);
        assert_eq!(settings.len(), 1);
        assert!(settings.iter().all(|file| deb.contains_key(file)));
        // systemd looks in /usr/bin and elsewhere for a program without a path.
        let program = captures(r"(?m)^ExecStart=(\S+) \S+$", &unit);
        assert!(
            program
                .iter()
                .all(|name| deb.contains_key(&format!("usr/bin/{name}")))
        );
    }
    let environment = read("deploy/package/environment");
    for file in captures(r"/(usr/share/\S+?)\.?\s", &environment) {
        assert!(deb.contains_key(&file), "{file}");
    }
    let scripts = &package["metadata"]["deb"]["maintainer-scripts"];
    let directory = root().join(text(scripts));
    let of_rpm = &package["metadata"]["generate-rpm"];
    for (script, of_rpm) in [
        ("postinst", text(&of_rpm["post_install_script"])),
        ("prerm", text(&of_rpm["pre_uninstall_script"])),
    ] {
        let script = fs::read_to_string(directory.join(script)).expect(script);
        for command in [
            "systemd-sysusers backlog-mcp-hub.conf",
            "systemctl disable --now",
        ] {
            assert_eq!(script.contains(command), of_rpm.contains(command));
        }
    }
    assert!(deb.contains_key("usr/lib/sysusers.d/backlog-mcp-hub.conf"));
}

/// `package.repository` is the only place; nothing in the repository invents an owner.
#[test]
fn the_address_of_the_repository_comes_from_one_field() {
    let package = package();
    assert!(package["repository"].is_string(), "empty until it is known");
    let binstall = &package["metadata"]["binstall"];
    let url = text(&binstall["pkg-url"]);
    assert!(
        url.starts_with("{ repo }/releases/download/v{ version }/"),
        "{url}"
    );
    let formula = read("deploy/homebrew/backlog-mcp-hub.rb.in");
    for line in formula.lines().filter(|line| line.contains("url \"")) {
        assert!(
            line.contains("\"@REPOSITORY@/releases/download/v@VERSION@/"),
            "{line}"
        );
    }
    let workflow = read(".github/workflows/release.yml");
    for image in captures(r"(ghcr\.io/\S+)", &workflow) {
        assert_eq!(image, "ghcr.io/${GITHUB_REPOSITORY,,}\"");
    }
}

fn release(arguments: &[&str], dist: &Path) -> Output {
    Command::new(root().join("scripts/release"))
        .args(arguments)
        .env("DIST", dist)
        .env_remove("GITHUB_REPOSITORY")
        .output()
        .expect("scripts/release")
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&[&output.stdout[..], &output.stderr].concat()).into_owned()
}

#[test]
fn a_tag_of_another_version_is_refused() {
    let dist = tempfile::tempdir().expect("a directory");
    for tag in ["v99.0.0", "0.1.0", ""] {
        let output = release(&["check", tag], dist.path());
        assert!(!output.status.success(), "{tag}");
        let said = said(&output);
        assert!(
            said.contains(&format!("v{}", env!("CARGO_PKG_VERSION"))),
            "{said}"
        );
    }
    let output = release(&["version"], dist.path());
    assert_eq!(said(&output).trim(), env!("CARGO_PKG_VERSION"));
}

#[test]
fn the_formula_has_the_checksum_of_each_archive() {
    let dist = tempfile::tempdir().expect("a directory");
    let version = env!("CARGO_PKG_VERSION");
    let formula = read("deploy/homebrew/backlog-mcp-hub.rb.in");
    let targets = captures(r"@SHA256_([\w-]+)@", &formula);
    assert_eq!(targets.len(), 4, "{targets:?}");
    for target in &targets {
        let archive = format!("backlog-mcp-hub-{version}-{target}.tar.gz");
        fs::write(dist.path().join(archive), target).expect("a file");
    }
    for step in ["checksums", "formula"] {
        let output = release(&[step], dist.path());
        assert!(output.status.success(), "{step}: {}", said(&output));
    }
    let filled = fs::read_to_string(dist.path().join("backlog-mcp-hub.rb")).expect("a formula");
    assert!(!filled.contains('@'), "{filled}");
    let sums = fs::read_to_string(dist.path().join("SHA256SUMS")).expect("checksums");
    assert_eq!(sums.lines().count(), targets.len(), "{sums}");
    for line in sums.lines() {
        let sum = line.split_whitespace().next().expect("a checksum");
        assert_eq!(filled.matches(sum).count(), 1, "{line}");
    }
}

/// Each target that the formula, the packages and the installation page name is built.
#[test]
fn the_workflow_builds_each_target() {
    let workflow = read(".github/workflows/release.yml");
    let documents = yaml(".github/workflows/release.yml");
    let jobs = &documents[0]["jobs"];
    let mut built: BTreeSet<_> = all(&jobs["linux"], "target")
        .into_iter()
        .map(text)
        .collect();
    let macos = jobs["macos"]["strategy"]["matrix"]["target"].as_array();
    built.extend(macos.expect("targets").iter().map(text));
    assert_eq!(built.len(), 6, "{built:?}");
    let formula = read("deploy/homebrew/backlog-mcp-hub.rb.in");
    assert!(captures(r"@SHA256_([\w-]+)@", &formula).is_subset(&built));
    let page = read("docs/install.md");
    for target in &built {
        assert!(
            page.contains(&format!("`{target}`")),
            "docs/install.md: {target}"
        );
    }

    // What is published waits for the tests and for all that it consists of.
    let needed: BTreeSet<_> = jobs["publish"]["needs"]
        .as_array()
        .expect("jobs")
        .iter()
        .map(text)
        .collect();
    let others = jobs.as_object().expect("jobs").keys().cloned();
    let others: BTreeSet<_> = others
        .filter(|job| job != "publish" && job != "check")
        .collect();
    assert_eq!(needed, others);
    for step in captures(r"scripts/release ([a-z]+)", &workflow) {
        let script = read("scripts/release");
        assert!(
            script.contains(&format!("#   scripts/release {step}")),
            "{step}"
        );
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
    let objects = kubernetes::base();
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
    // PostgreSQL stops after that.
    let of_standalone = captures(r"(?m)^TimeoutStopSec=(\d+)s$", &read(STANDALONE));
    let longest = of_standalone.iter().map(|text| number(text)).max();
    assert!(longest.expect("a time") >= number(&text(grace)) + 60);
}

/// `docker run … demo`: the programs of PostgreSQL, and a directory that the user of the image owns.
#[test]
fn the_image_has_what_the_demo_needs() {
    let dockerfile = read("Dockerfile");
    let oldest = read("crates/embedded-postgres/src/pinned.rs");
    let oldest = captures(r"OLDEST_MAJOR: u32 = (\d+);", &oldest);
    let installed = captures(r"\bpostgresql-(\d+)\b", &dockerfile);
    let number = |found: &BTreeSet<String>| -> u32 {
        assert_eq!(found.len(), 1, "{found:?}");
        let one = found.first().expect("a version");
        one.parse().expect("a number")
    };
    assert!(number(&installed) >= number(&oldest));
    assert!(dockerfile.contains("XDG_DATA_HOME=/var/lib\n"));
    assert!(dockerfile.contains("--owner=hub --group=hub /var/lib/backlog-mcp-hub\n"));
    assert!(dockerfile.contains("ENV MCP_HTTP_HOST=0.0.0.0"));
    let published = captures(r"(?m)^EXPOSE (.+)$", &dockerfile);
    assert_eq!(published, BTreeSet::from(["3333 3334".to_owned()]));
}
