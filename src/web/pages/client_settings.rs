//! What a person types, pastes or clicks to connect each client.
//!
//! The connect page and the terminal of `demo` show the same settings from here.

use serde_json::json;
use url::Url;

use super::locale::Locale;

/// The name the server gets in a client's settings.
const SERVER_NAME: &str = "backlog";

/// The settings of one client.
#[derive(Clone, Debug)]
pub struct ClientSetting {
    /// A stable id, fit for an HTML fragment.
    pub id: &'static str,
    /// The name of the product.
    pub name: &'static str,
    /// Whether its vendor's servers make the connection, so that the URL has to
    /// be reachable from the internet.
    pub hosted: bool,
    /// What to do; several parts are alternatives or follow each other.
    pub parts: Vec<Part>,
}

/// One thing to copy or do.
#[derive(Clone, Debug)]
pub struct Part {
    pub kind: PartKind,
    /// Where it belongs, in a few words.
    pub caption: String,
    /// The command, the JSON, or one step a line.
    pub text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PartKind {
    /// A command line.
    Shell,
    /// The content of a settings file.
    Json,
    /// Steps in a user interface, one a line, in the reader's language.
    Steps,
}

/// The settings of every client we know, for the endpoint at `mcp_url`.
pub fn client_settings(mcp_url: &Url, locale: Locale) -> Vec<ClientSetting> {
    let url = mcp_url.as_str();
    let steps = |key| Part {
        kind: PartKind::Steps,
        caption: locale.text("connect.in_app"),
        text: locale.phrase(key, url).plain(),
    };
    let shell = |text| Part {
        kind: PartKind::Shell,
        caption: locale.text("connect.in_terminal"),
        text,
    };
    let file = |path: &str, content: serde_json::Value| Part {
        kind: PartKind::Json,
        caption: locale.phrase("connect.in_file", path).plain(),
        text: format!("{content:#}"),
    };
    let setting = |id, name, hosted, parts| ClientSetting {
        id,
        name,
        hosted,
        parts,
    };
    let add_to_code = json!({ "name": SERVER_NAME, "type": "http", "url": url }).to_string();
    vec![
        setting("claude", "Claude", true, vec![steps("client.claude")]),
        setting(
            "claude-code",
            "Claude Code",
            false,
            vec![
                shell(format!(
                    "claude mcp add --transport http {SERVER_NAME} {}",
                    quoted(url)
                )),
                steps("client.claude_code"),
            ],
        ),
        setting("chatgpt", "ChatGPT", true, vec![steps("client.chatgpt")]),
        setting(
            "cursor",
            "Cursor",
            false,
            vec![file(
                "~/.cursor/mcp.json",
                json!({ "mcpServers": { SERVER_NAME: { "url": url } } }),
            )],
        ),
        setting(
            "vscode",
            "VS Code",
            false,
            vec![
                shell(format!("code --add-mcp {}", quoted(&add_to_code))),
                file(
                    ".vscode/mcp.json",
                    json!({ "servers": { SERVER_NAME: { "type": "http", "url": url } } }),
                ),
            ],
        ),
        setting(
            "inspector",
            "MCP Inspector",
            false,
            vec![
                shell("npx @modelcontextprotocol/inspector".to_owned()),
                steps("client.inspector"),
            ],
        ),
    ]
}

/// `text` as one word of a POSIX shell.
fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._~:/%@".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(url: &str) -> Vec<ClientSetting> {
        client_settings(&Url::parse(url).unwrap(), Locale::En)
    }

    #[test]
    fn every_client_gets_the_url_once_or_more_and_the_json_is_json() {
        let url = "https://mcp.example.com/mcp";
        for setting in settings(url) {
            assert!(
                setting.parts.iter().any(|part| part.text.contains(url)),
                "{} never names the URL",
                setting.name
            );
            for part in setting.parts.iter().filter(|p| p.kind == PartKind::Json) {
                serde_json::from_str::<serde_json::Value>(&part.text).expect(setting.id);
            }
        }
    }

    #[test]
    fn a_plain_url_is_not_quoted_in_a_command() {
        let command = &settings("https://mcp.example.com/mcp")[1].parts[0].text;
        assert_eq!(
            command,
            "claude mcp add --transport http backlog https://mcp.example.com/mcp"
        );
    }

    #[test]
    fn what_a_shell_would_read_is_quoted() {
        assert_eq!(quoted("https://h/mcp?a=1&b=2"), "'https://h/mcp?a=1&b=2'");
        assert_eq!(quoted("it's; rm -rf"), r"'it'\''s; rm -rf'");
        assert_eq!(quoted(""), "''");
    }
}
