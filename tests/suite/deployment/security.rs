//! The files of `deploy`, `docker-compose.yml` and the workflows grant no more rights than needed.

use std::{collections::BTreeSet, fs};

use regex::Regex;

use super::files::{COMPOSE, UNIT, captures, read, root, text, yaml};

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
        actions.extend(captures(r"(?m)^ +- uses: (\S+)", &file));
    }
    assert_eq!(builders.len(), 1, "one image checks: {builders:?}");
    assert!(images.is_superset(&builders), "and builds");
    assert!(images.len() >= 4, "{images:?}");
    for image in &images {
        assert!(digest.is_match(image), "{image}");
    }
    let commit = Regex::new(r"@[0-9a-f]{40}$").expect("a pattern");
    assert!(!actions.is_empty());
    for action in &actions {
        assert!(commit.is_match(action), "{action}");
    }
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
    assert!(locked >= 7, "{locked} lock files");
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
    for line in ["LimitCORE=0", "PrivateUsers=yes"] {
        assert!(read(UNIT).lines().any(|one| one == line), "{line}");
    }
}
