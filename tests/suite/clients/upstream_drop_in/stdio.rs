//! The configurations of backlog-mcp-server's README start this program when they name it instead,
//! and so do those of `docs/local.md`.
//!
//! 1. A configuration is JSON as a client has it. The test replaces its placeholders with the
//!    simulated Backlog and an API key for it.
//! 2. The test starts the program as the client would: without a command, with the variables and
//!    flags of the configuration.
//! 3. The program lists its tools, and one of them reaches Backlog.

use std::{collections::BTreeMap, fs, path::Path};

use backlog_sim::seed;
use regex::Regex;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{
    configuration::{Space, configured, configured_for, organizations, renamed, theirs},
    process::{program, run},
    stdio::StdioClient,
};

/// Those of upstream, `get_statuses` and `upload_attachment`.
const TOOLS: usize = 65;

fn names(tools: &[Value]) -> Vec<&str> {
    tools
        .iter()
        .map(|tool| tool["name"].as_str().expect("a name"))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_plain_configuration_works() {
    let space = Space::of(seed::DANIEL).await;
    for (args, env) in [
        (&[][..], &[][..]),
        (&["--transport", "stdio"], &[]),
        (
            &[],
            &[("MCP_TRANSPORT", "stdio"), ("OPTIMIZE_RESPONSE", "false")],
        ),
    ] {
        let command = configured_for(&theirs(args, env), &space);
        let mut client = StdioClient::start(command).await;
        let tools = client.tools().await;
        assert_eq!(tools.len(), TOOLS);
        for tool in &tools {
            let inputs = &tool["inputSchema"]["properties"];
            assert_eq!(inputs.get("organization"), None, "{}", tool["name"]);
        }
        let me = client.json("get_myself", json!({})).await;
        assert_eq!(me["id"], json!(seed::DANIEL));
        let (status, said) = client.hang_up().await;
        assert!(status.success(), "{said}");
        assert!(!said.contains(&space.key), "{said}");
    }
}

/// The configurations of their README for npx and for Node, and those with flags that it tells
/// of: nothing but `command` is changed.
#[tokio::test(flavor = "multi_thread")]
async fn the_words_for_npx_and_node_may_stay() {
    let space = Space::of(seed::DANIEL).await;
    let npx = r#"{
      "mcpServers": {
        "backlog": {
          "command": "npx",
          "args": ["backlog-mcp-server"],
          "env": {
            "BACKLOG_DOMAIN": "your-domain.backlog.com",
            "BACKLOG_API_KEY": "your-api-key"
          }
        }
      }
    }"#;
    let node = r#"{
      "mcpServers": {
        "backlog": {
          "command": "node",
          "args": ["your-repository-location/build/index.js"],
          "env": {
            "BACKLOG_DOMAIN": "your-domain.backlog.com",
            "BACKLOG_API_KEY": "your-api-key"
          }
        }
      }
    }"#;
    let with = |configuration: &str, args: &str, more: &str| {
        let changed = configuration.replace(args, more);
        assert_ne!(changed, configuration);
        changed
    };
    let agreed = with(npx, "\"backlog-mcp", "\"-y\", \"backlog-mcp");
    let flags = "\", \"--prefix\", \"backlog_\", \"--enable-toolsets\", \"space,issue\"]";
    let real = [
        ("your-domain.backlog.com", space.url()),
        ("your-api-key", &space.key),
    ];
    for (launcher, configuration, prefix) in [
        ("npx", npx, ""),
        ("npx", &agreed, ""),
        ("npx", &with(&agreed, "\"]", flags), "backlog_"),
        ("node", node, ""),
        ("node", &with(node, "\"]", flags), "backlog_"),
    ] {
        let command = renamed(configuration, launcher, &real);
        let mut client = StdioClient::start(command).await;
        let tools = client.tools().await;
        let few = !prefix.is_empty();
        assert_eq!(tools.len() < TOOLS, few, "{configuration}");
        let me = client.json(&format!("{prefix}get_myself"), json!({})).await;
        assert_eq!(me["id"], json!(seed::DANIEL));
        let (status, said) = client.hang_up().await;
        assert!(status.success(), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_option_works_as_a_variable_and_as_a_flag() {
    let space = Space::of(seed::DANIEL).await;
    let variables = [
        ("MAX_TOKENS", "10000"),
        ("OPTIMIZE_RESPONSE", "1"),
        ("PREFIX", "backlog_"),
        ("ENABLE_TOOLSETS", "space,project,issue"),
    ];
    let flags = [
        "--optimize-response",
        "--max-tokens=10000",
        "--prefix=backlog_",
        "--enable-toolsets",
    ];
    let lists: [&[&str]; 4] = [
        &["space,project,issue"],
        &["space", "project", "issue"],
        &["space,project", "--enable-toolsets", "issue"],
        &[
            "issue",
            "--enable-toolsets",
            "space",
            "project",
            "--dynamic-toolsets",
        ],
    ];
    let mut configurations = vec![theirs(&[], &variables)];
    for list in lists {
        let args = [&flags[..], list].concat();
        // A flag beats its variable.
        let others = [
            ("PREFIX", "other_"),
            ("MAX_TOKENS", "5"),
            ("ENABLE_TOOLSETS", "wiki"),
        ];
        configurations.push(theirs(&args, &others));
    }
    for configuration in configurations {
        let command = configured_for(&configuration, &space);
        let mut client = StdioClient::start(command).await;
        let tools = client.tools().await;
        let names = names(&tools);
        assert!(
            names.iter().all(|name| name.starts_with("backlog_")),
            "{names:?}"
        );
        assert!(names.contains(&"backlog_get_space") && names.contains(&"backlog_get_issues"));
        assert!(!names.contains(&"backlog_get_wiki"), "{configuration}");
        let priorities = client
            .json("backlog_get_priorities", json!({"fields": ["name"]}))
            .await;
        assert_eq!(priorities[0].as_object().expect("an object").len(), 1);
        let (_, said) = client.hang_up().await;
        assert_eq!(
            said.contains("--dynamic-toolsets has no effect"),
            configuration.contains("--dynamic-toolsets"),
            "{said}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_named_env_in_the_working_directory_is_read() {
    let space = Space::of(seed::MAJA).await;
    let directory = TempDir::new().expect("a directory");
    let text = format!(
        "BACKLOG_DOMAIN={}\nBACKLOG_API_KEY={}\nPREFIX=from_file_\n",
        space.url(),
        space.key
    );
    fs::write(directory.path().join(".env"), text).expect("written");
    for (variable, prefix) in [(None, "from_file_"), (Some("mine_"), "mine_")] {
        let mut command = program(&[]);
        command.current_dir(directory.path());
        command.envs(variable.map(|value| ("PREFIX", value)));
        let mut client = StdioClient::start(command).await;
        let me = client.json(&format!("{prefix}get_myself"), json!({})).await;
        assert_eq!(me["id"], json!(seed::MAJA));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn descriptions_come_from_the_environment_and_from_a_file_in_the_home_directory() {
    let space = Space::of(seed::DANIEL).await;
    let home = TempDir::new().expect("a directory");
    let file = r#"{
        "TOOL_ADD_ISSUE_COMMENT_DESCRIPTION": "From the file",
        "TOOL_GET_ISSUE_DESCRIPTION": "From the file",
        "TOOL_CREATE_PROJECT_DESCRIPTION": "Names nothing"
    }"#;
    fs::write(home.path().join(".backlog-mcp-serverrc.json"), file).expect("written");
    let override_ = "BACKLOG_MCP_TOOL_ADD_ISSUE_COMMENT_DESCRIPTION";
    let configuration = theirs(&[], &[(override_, "An alternative description")]);
    let mut command = configured_for(&configuration, &space);
    command.env("HOME", home.path());
    let mut client = StdioClient::start(command).await;
    let tools = client.tools().await;
    let described = |name: &str| {
        let tool = tools.iter().find(|tool| tool["name"] == name);
        tool.expect(name)["description"].clone()
    };
    assert_eq!(described("add_issue_comment"), "An alternative description");
    assert_eq!(described("get_issue"), "From the file");
    let (_, said) = client.hang_up().await;
    assert!(said.contains("TOOL_CREATE_PROJECT_DESCRIPTION"), "{said}");

    // A file that cannot be read takes no tool away, and is not passed over for the next one.
    let broken = home.path().join(".backlog-mcp-serverrc");
    fs::write(&broken, "TOOL_GET_ISSUE_DESCRIPTION: \"").expect("written");
    let mut command = configured_for(&theirs(&[], &[]), &space);
    command.env("HOME", home.path());
    let mut client = StdioClient::start(command).await;
    let tools = client.tools().await;
    assert_eq!(tools.len(), TOOLS);
    assert!(
        tools
            .iter()
            .all(|tool| tool["description"] != "From the file")
    );
    let (_, said) = client.hang_up().await;
    assert!(said.contains("could not read the descriptions"), "{said}");
    fs::remove_file(broken).expect("removed");

    for (flag, old) in [
        ("--export-descriptions", false),
        ("--export-translations", true),
    ] {
        let mut command = program(&[flag]);
        command.env("HOME", home.path());
        let output = run(command).await;
        let said = String::from_utf8(output.stderr).expect("text");
        assert!(output.status.success(), "{said}");
        let exported: BTreeMap<String, String> =
            serde_json::from_slice(&output.stdout).expect("JSON alone");
        assert_eq!(exported["TOOL_GET_ISSUE_DESCRIPTION"], "From the file");
        assert!(exported.len() > 357, "{}", exported.len());
        assert_eq!(
            said.contains("now called --export-descriptions"),
            old,
            "{said}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn several_organizations_share_one_server() {
    let a = Space::of(seed::DANIEL).await;
    let b = Space::of(seed::MAJA).await;
    let mut client = StdioClient::start(organizations(&a, &b)).await;
    let instructions = client.server["instructions"]
        .as_str()
        .expect("instructions");
    assert!(instructions.contains("organization"), "{instructions}");
    let tools = client.tools().await;
    assert_eq!(tools.len(), TOOLS + 1);
    let listed = client.json("list_organizations", json!({})).await;
    assert_eq!(
        listed,
        json!([
            {"name": "COMPANY_A", "domain": a.url(), "isDefault": true},
            {"name": "COMPANY_B", "domain": b.url(), "isDefault": false},
        ])
    );
    for (arguments, user) in [
        (json!({}), seed::DANIEL),
        (json!({"organization": "COMPANY_B"}), seed::MAJA),
        (json!({"organization": "COMPANY_A"}), seed::DANIEL),
    ] {
        let me = client.json("get_myself", arguments).await;
        assert_eq!(me["id"], json!(user));
    }
    assert_eq!(b.sim.control().journal().len(), 1);
    let (failed, text) = client
        .call("get_myself", json!({"organization": "company_b"}))
        .await;
    assert!(
        failed && text.contains("COMPANY_A (default), COMPANY_B"),
        "{text}"
    );
    let (_, said) = client.hang_up().await;
    assert!(!said.contains(&a.key) && !said.contains(&b.key), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_configurations_of_our_own_page_work() {
    let a = Space::of(seed::DANIEL).await;
    let b = Space::of(seed::MAJA).await;
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/local.md");
    let page = fs::read_to_string(page).expect("the page");
    let block = Regex::new(r"(?s)```json\n(.+?)```").expect("a pattern");
    let mut tried = 0;
    for found in block.captures_iter(&page) {
        if !found[1].contains("\"command\"") {
            continue;
        }
        let real = [
            ("acme.backlog.com", a.url()),
            ("your-api-key", a.key.as_str()),
            ("globex.backlog.com", b.url()),
            ("your-key-there", b.key.as_str()),
        ];
        let mut client = StdioClient::start(configured(&found[1], &real)).await;
        assert!(!client.tools().await.is_empty());
        let me = client.json("get_myself", json!({})).await;
        assert_eq!(me["id"], json!(seed::DANIEL));
        tried += 1;
    }
    assert!(tried >= 3, "{tried} configurations on the page");
}
