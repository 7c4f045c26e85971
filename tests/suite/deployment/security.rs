//! The files of `deploy`, `docker-compose.yml` and the workflows grant no more rights than needed.

use std::{collections::BTreeSet, fs};

use regex::Regex;
use serde_json::json;

use super::files::{COMPOSE, STANDALONE, UNIT, captures, read, root, text, yaml};

/// A tag can be moved to another image or action; a digest cannot.
#[test]
fn images_and_actions_are_pinned_by_digest() {
    let digest = Regex::new(r"@sha256:[0-9a-f]{64}$").expect("a pattern");
    let mut images = captures(r"(?m)^FROM (\S+)", &read("Dockerfile"));
    let documents = yaml(COMPOSE);
    for service in documents[0]["services"]
        .as_object()
        .expect("services")
        .values()
    {
        let image = text(&service["image"]);
        if image != "backlog-mcp-hub:local" {
            images.insert(image);
        }
    }
    let (mut builders, mut actions) = (BTreeSet::new(), BTreeSet::new());
    for entry in fs::read_dir(root().join(".github/workflows")).expect("workflows") {
        let file = fs::read_to_string(entry.expect("a file").path()).expect("a workflow");
        builders.extend(captures(r"(?m)^ +container: (\S+)$", &file));
        actions.extend(captures(r"(?m)^ +(?:- )?uses: ([^.\s].*)$", &file));
    }
    assert_eq!(builders.len(), 1, "one image checks: {builders:?}");
    assert!(images.is_superset(&builders), "and builds");
    assert!(images.len() >= 4, "{images:?}");
    for image in &images {
        assert!(digest.is_match(image), "{image}");
    }
    // With the version that the commit is of, which the update bot reads. One version of each.
    let commit = Regex::new(r"^(\S+)@[0-9a-f]{40} # v\d+\.\d+\.\d+$").expect("a pattern");
    let mut seen = BTreeSet::new();
    for action in &actions {
        let found = commit.captures(action).expect(action);
        assert!(seen.insert(found[1].to_owned()), "{action}");
    }
    assert!(seen.len() >= 6, "{seen:?}");
}

/// Only the jobs that publish may write anything, and a release is published for a tag only.
#[test]
fn workflows_read_unless_a_job_has_to_write() {
    let mut writing = BTreeSet::new();
    for entry in fs::read_dir(root().join(".github/workflows")).expect("workflows") {
        let path = entry.expect("a file").path();
        let name = path.file_stem().expect("a name").display().to_string();
        let workflow = yaml(path.to_str().expect("a path")).remove(0);
        assert_eq!(
            workflow["permissions"],
            json!({"contents": "read"}),
            "{name}"
        );
        for (job, definition) in workflow["jobs"].as_object().expect("jobs") {
            let mut permissions = definition["permissions"].as_object().into_iter().flatten();
            if permissions.any(|(_, value)| value == "write") {
                writing.insert(format!("{name}: {job}"));
            }
        }
    }
    let expected = ["release: image", "release: publish"];
    assert_eq!(writing, BTreeSet::from(expected.map(str::to_owned)));
    let release = read(".github/workflows/release.yml");
    let publish = release.split("\n  publish:\n").nth(1).expect("the job");
    assert!(publish.starts_with("    if: github.ref_type == 'tag'\n"));
}

/// A lock file with the host of a registry would fetch from there, whatever registry is configured.
#[test]
fn lock_files_name_no_registry() {
    let mut directories = vec![root().join("tests")];
    let mut locked = 0;
    while let Some(directory) = directories.pop() {
        let lock = directory.join("package-lock.json");
        if let Ok(lock) = fs::read_to_string(&lock) {
            assert!(!lock.contains("\"resolved\""), "{}", directory.display());
            let settings = fs::read_to_string(directory.join(".npmrc")).unwrap_or_default();
            let line = "omit-lockfile-registry-resolved=true";
            let is_set = settings.lines().any(|one| one == line);
            assert!(is_set, "no {line} in {}", directory.display());
            locked += 1;
        }
        for entry in fs::read_dir(directory).expect("a directory").flatten() {
            let name = entry.file_name();
            let is_ours = !name.as_encoded_bytes().starts_with(b".")
                && !["node_modules", "target"]
                    .iter()
                    .any(|other| name == *other);
            if entry.path().is_dir() && is_ours {
                directories.push(entry.path());
            }
        }
    }
    assert!(locked >= 8, "{locked} lock files");
}

/// The owner's login is for migrations; a stolen one of the service can do much less.
#[test]
fn deployments_serve_with_the_login_of_the_service() {
    let documents = yaml(COMPOSE);
    let url =
        |service: &str| text(&documents[0]["services"][service]["environment"]["DATABASE_URL"]);
    let role = read("deploy/compose/hub-role.sh");
    for (service, login, group) in [
        ("hub-1", "hub_app", Some("hub_service")),
        ("hub-2", "hub_app", Some("hub_service")),
        ("operator", "hub_operator", Some("hub_admin")),
        ("migrate", "hub", None),
    ] {
        assert!(
            url(service).starts_with(&format!("postgres://{login}:")),
            "{service}"
        );
        let options = match group {
            Some(group) => format!("('{login}', 'LOGIN IN ROLE {group}')"),
            None => format!("('{login}', 'LOGIN')"),
        };
        assert!(role.contains(&options), "{options}");
    }
    for unit in [UNIT, STANDALONE].map(read) {
        for line in ["LimitCORE=0", "PrivateUsers=yes", "NoNewPrivileges=yes"] {
            assert!(unit.lines().any(|one| one == line), "{line}");
        }
    }
}
