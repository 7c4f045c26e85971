//! `docs/settings.md` and `.env.example` have the settings of the program:
//!
//! 1. The tables of all settings are rendered from the definitions of the command line: variable,
//!    flag, help and default. `UPDATE_DOCS=1` writes them.
//! 2. The table of other variables has those that the command line does not know.
//! 3. `.env.example` has every variable of both.

use std::{collections::BTreeSet, env, fmt::Write, fs};

use backlog_mcp_hub::cli;
use clap::Arg;
use regex::Regex;

use super::page::{read, root, table};

const PAGE: &str = "docs/settings.md";
const BEGIN: &str = "<!-- generated: begin -->\n";
const END: &str = "<!-- generated: end -->\n";

/// Variables that libraries read, so `--help` does not know them.
pub(super) const READ_BY_LIBRARIES: [&str; 4] = [
    "RUST_LOG",
    "SSL_CERT_FILE",
    "HTTPS_PROXY",
    "OTEL_EXPORTER_OTLP_ENDPOINT",
];
/// Variables whose names are the operator's: as the page names them, and an example of each.
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
/// Settings that are not of `serve` alone; they come last.
const OF_EVERY_COMMAND: [&str; 2] = ["LOG_FORMAT", "MCP_TRANSPORT"];
/// The first setting of each group, in the order of the command line, and the group's heading.
const GROUPS: [(&str, &str); 9] = [
    ("DATABASE_URL", "Database and keys"),
    ("MCP_SERVER_BASE_URL", "Address and space"),
    ("OPTIMIZE_RESPONSE", "Tools and results"),
    ("MCP_HTTP_HOST", "HTTP"),
    ("CLIENT_ID_METADATA_DOCUMENTS", "Clients"),
    ("SIGN_IN_TTL", "Lifetimes"),
    ("OPERATOR_NAME", "Operator"),
    ("METRICS_ADDR", "Watching"),
    ("LOG_FORMAT", "Every command"),
];

struct Setting {
    variable: String,
    flag: String,
    help: String,
    default: String,
}

#[test]
fn the_page_of_settings_is_that_of_the_command_line() {
    let page = read(PAGE);
    let (before, rest) = page.split_once(BEGIN).expect(BEGIN);
    let (_, after) = rest.split_once(END).expect(END);
    let current = format!("{before}{BEGIN}{}{END}{after}", rendered());
    if env::var_os("UPDATE_DOCS").is_some() {
        fs::write(root().join(PAGE), &current).expect(PAGE);
    }
    assert!(
        read(PAGE) == current,
        "{PAGE} is out of date; run: UPDATE_DOCS=1 cargo test --test suite documents::settings\n{}",
        rendered()
    );
}

#[test]
fn the_page_has_the_variables_that_are_no_flags() {
    let rows = table(&read(PAGE), "## Other variables");
    let documented: BTreeSet<_> = rows.iter().map(|row| row[0].clone()).collect();
    let of_libraries = READ_BY_LIBRARIES.map(|name| format!("`{name}`"));
    let of_the_operator = OF_THE_OPERATOR.map(|(name, _)| name.to_owned());
    let expected: BTreeSet<_> = of_libraries.into_iter().chain(of_the_operator).collect();
    assert_eq!(documented, expected);
}

/// A detail of a setting that is gone or renamed would mislead.
#[test]
fn the_details_are_of_settings_that_there_are() {
    let page = read(PAGE);
    let (_, details) = page.split_once("\n## Details\n").expect("the details");
    let name = Regex::new(r"`([A-Z][A-Z0-9]*_[A-Z0-9_]+)`").unwrap();
    let known = variables();
    let unknown: Vec<_> = name
        .captures_iter(details)
        .map(|found| found[1].to_owned())
        .filter(|name| !known.contains(name))
        .collect();
    assert!(unknown.is_empty(), "{unknown:?}");
    // Each group has its details below the same heading.
    let headings = GROUPS
        .iter()
        .map(|(_, heading)| format!("\n### {heading}\n"));
    for heading in headings {
        assert!(details.contains(&heading), "no details of {heading}");
    }
}

#[test]
fn the_example_environment_has_every_setting_and_no_other() {
    let name = Regex::new(r"(?m)^#?([A-Z][A-Z0-9_]+)=").unwrap();
    let example: BTreeSet<_> = name
        .captures_iter(&read(".env.example"))
        .map(|found| found[1].to_owned())
        .collect();
    let expected: BTreeSet<_> = variables()
        .into_iter()
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

/// The variables of the settings.
pub(super) fn variables() -> BTreeSet<String> {
    settings().into_iter().map(|it| it.variable).collect()
}

/// The settings of `serve`, then those of every command and of the program without one.
fn settings() -> Vec<Setting> {
    let command = cli::command();
    let serve = command.find_subcommand("serve").expect("a command serve");
    let without_a_command = command.get_arguments().filter(|argument| {
        // Accepted for old configurations, and without effect.
        argument.get_id() != "dynamic_toolsets"
    });
    let mut settings: Vec<Setting> = Vec::new();
    for setting in serve.get_arguments().chain(without_a_command) {
        let Some(setting) = setting_of(setting) else {
            continue;
        };
        if settings.iter().all(|it| it.variable != setting.variable) {
            settings.push(setting);
        }
    }
    settings.sort_by_key(|setting| {
        let place = OF_EVERY_COMMAND
            .iter()
            .position(|name| *name == setting.variable);
        place.map_or(0, |place| place + 1)
    });
    assert!(settings.len() > 40, "{} settings", settings.len());
    settings
}

/// A flag that has a variable.
fn setting_of(argument: &Arg) -> Option<Setting> {
    let in_help = Regex::new(r" ?\[default: ([^\]]+)\]").unwrap();
    let help = argument.get_help()?.to_string();
    let of_clap = argument.get_default_values().first();
    let default = match in_help.captures(&help) {
        Some(found) => found[1].to_owned(),
        None => of_clap.map_or_else(
            || "none".to_owned(),
            |value| value.to_string_lossy().into_owned(),
        ),
    };
    Some(Setting {
        variable: argument.get_env()?.to_str()?.to_owned(),
        flag: format!("--{}", argument.get_long()?),
        help: in_help.replace(&help, "").into_owned(),
        default,
    })
}

/// The tables of all settings.
fn rendered() -> String {
    let cell = |text: &str| text.replace('|', r"\|");
    let mut tables = String::new();
    for setting in settings() {
        let group = GROUPS.iter().find(|(first, _)| *first == setting.variable);
        if let Some((_, heading)) = group {
            write!(
                tables,
                "\n### {heading}\n\n| Setting | Flag | Meaning | Default |\n|---|---|---|---|\n"
            )
            .expect("a string");
        }
        writeln!(
            tables,
            "| `{}` | `{}` | {} | {} |",
            setting.variable,
            setting.flag,
            cell(&setting.help),
            cell(&setting.default)
        )
        .expect("a string");
    }
    tables.push('\n');
    tables
}
