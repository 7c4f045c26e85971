//! The commands, settings and steps that connect each client.
//!
//! The connect page, the terminal of `demo` and the terminal of the local server show the same
//! settings.

use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use url::Url;

use super::locale::Locale;

/// The name the server gets in a client's settings.
const SERVER_NAME: &str = "backlog";

/// The settings of one client.
#[derive(Clone, Debug)]
pub struct ClientSetting {
    /// A stable id, usable as an HTML fragment.
    pub id: &'static str,
    /// The name of the product.
    pub name: &'static str,
    /// Whether its vendor's servers connect, so that the URL must be reachable from the internet.
    pub hosted: bool,
    /// The steps; several parts are alternatives or follow each other.
    pub parts: Vec<Part>,
}

impl ClientSetting {
    /// The settings as plain text for a terminal.
    pub fn plain(&self) -> String {
        let mut lines = vec![self.name.to_owned()];
        for part in &self.parts {
            lines.push(format!("  {}", part.caption));
            lines.extend(part.text.lines().map(|line| format!("    {line}")));
        }
        lines.join("\n")
    }
}

/// One thing to copy or do.
#[derive(Clone, Debug)]
pub struct Part {
    pub kind: PartKind,
    /// Where it belongs, in a few words.
    pub caption: String,
    /// The command, the JSON, or one step per line.
    pub text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PartKind {
    /// A command line.
    Shell,
    /// The content of a settings file.
    Json,
    /// Steps in a user interface, one per line, in the reader's language.
    Steps,
}

/// Writes the parts of a client's settings.
struct Writer<'a> {
    url: &'a str,
    locale: Locale,
}

impl Writer<'_> {
    fn steps(&self, key: &'static str) -> Part {
        Part {
            kind: PartKind::Steps,
            caption: self.locale.text("connect.in_app"),
            text: self.locale.phrase(key, self.url).plain(),
        }
    }

    fn shell(&self, text: String) -> Part {
        Part {
            kind: PartKind::Shell,
            caption: self.locale.text("connect.in_terminal"),
            text,
        }
    }

    fn file(&self, path: &str, content: &Value) -> Part {
        Part {
            kind: PartKind::Json,
            caption: self.locale.phrase("connect.in_file", path).plain(),
            text: format!("{content:#}"),
        }
    }
}

/// The settings of every supported client, for the endpoint at `mcp_url`.
pub fn client_settings(mcp_url: &Url, locale: Locale) -> Vec<ClientSetting> {
    let url = mcp_url.as_str();
    let write = Writer { url, locale };
    let setting = |id, name, hosted, parts| ClientSetting {
        id,
        name,
        hosted,
        parts,
    };
    let claude_code = format!(
        "claude mcp add --transport http {SERVER_NAME} {}",
        quoted(url)
    );
    let cursor = json!({ "mcpServers": { SERVER_NAME: { "url": url } } });
    let add_to_code = json!({ "name": SERVER_NAME, "type": "http", "url": url }).to_string();
    let add_to_code = format!("code --add-mcp {}", quoted(&add_to_code));
    let vscode = json!({ "servers": { SERVER_NAME: { "type": "http", "url": url } } });
    let inspector = "npx @modelcontextprotocol/inspector".to_owned();
    let claude = vec![write.steps("client.claude")];
    let claude_code = vec![write.shell(claude_code), write.steps("client.claude_code")];
    let chatgpt = vec![write.steps("client.chatgpt")];
    let cursor = vec![write.file("~/.cursor/mcp.json", &cursor)];
    let vscode = vec![
        write.shell(add_to_code),
        write.file(".vscode/mcp.json", &vscode),
    ];
    let inspector = vec![write.shell(inspector), write.steps("client.inspector")];
    vec![
        setting("claude", "Claude", true, claude),
        setting("claude-code", "Claude Code", false, claude_code),
        setting("chatgpt", "ChatGPT", true, chatgpt),
        setting("cursor", "Cursor", false, cursor),
        setting("vscode", "VS Code", false, vscode),
        setting("inspector", "MCP Inspector", false, inspector),
    ]
}

/// The token that a client of the local server presents.
#[derive(Clone, Copy, Debug)]
pub enum ShownToken<'a> {
    /// The value of `MCP_HTTP_TOKEN`, which is not shown.
    Configured,
    Generated(&'a SecretString),
    None,
}

impl ShownToken<'_> {
    /// The value of the header that presents it.
    fn header(self) -> Option<String> {
        match self {
            Self::Configured => Some("Bearer <MCP_HTTP_TOKEN>".to_owned()),
            Self::Generated(token) => Some(format!("Bearer {}", token.expose_secret())),
            Self::None => None,
        }
    }
}

/// The settings of the clients on the same computer as a local server, with its token. They need no
/// sign-in.
pub fn local_client_settings(url: &str, token: ShownToken<'_>) -> Vec<ClientSetting> {
    let header = token.header();
    let option = header.as_ref().map_or_else(String::new, |header| {
        format!(" --header {}", quoted(&format!("Authorization: {header}")))
    });
    let with_header = |mut server: Value| {
        if let Some(header) = &header {
            server["headers"] = json!({ "Authorization": header });
        }
        server
    };
    let setting = |id, name, part| ClientSetting {
        id,
        name,
        hosted: false,
        parts: vec![part],
    };
    let file = |path: &str, content: &Value| Part {
        kind: PartKind::Json,
        caption: Locale::En.phrase("connect.in_file", path).plain(),
        text: format!("{content:#}"),
    };
    let command = Part {
        kind: PartKind::Shell,
        caption: Locale::En.text("connect.in_terminal"),
        text: format!(
            "claude mcp add --transport http {SERVER_NAME} {}{option}",
            quoted(url)
        ),
    };
    let of_cursor = with_header(json!({ "url": url }));
    let of_cursor = json!({ "mcpServers": { SERVER_NAME: of_cursor } });
    let of_code = with_header(json!({ "type": "http", "url": url }));
    let of_code = json!({ "servers": { SERVER_NAME: of_code } });
    vec![
        setting("claude-code", "Claude Code", command),
        setting("cursor", "Cursor", file("~/.cursor/mcp.json", &of_cursor)),
        setting("vscode", "VS Code", file(".vscode/mcp.json", &of_code)),
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
    fn local_clients_are_given_the_token_and_the_url() {
        let url = "http://127.0.0.1:3333/mcp";
        let token = SecretString::from("bmh_lt_the-token");
        for (given, shown) in [
            (
                ShownToken::Generated(&token),
                Some("Bearer bmh_lt_the-token"),
            ),
            (ShownToken::Configured, Some("Bearer <MCP_HTTP_TOKEN>")),
            (ShownToken::None, None),
        ] {
            for setting in local_client_settings(url, given) {
                let text = setting.plain();
                assert!(
                    text.starts_with(setting.name) && text.contains(url),
                    "{text}"
                );
                assert!(shown.is_none_or(|shown| text.contains(shown)), "{text}");
                assert_eq!(text.contains("Authorization"), shown.is_some(), "{text}");
                for part in setting.parts.iter().filter(|p| p.kind == PartKind::Json) {
                    serde_json::from_str::<Value>(&part.text).expect(setting.id);
                }
            }
        }
        let command = &local_client_settings(url, ShownToken::Generated(&token))[0].parts[0].text;
        assert_eq!(
            command,
            "claude mcp add --transport http backlog http://127.0.0.1:3333/mcp --header \
             'Authorization: Bearer bmh_lt_the-token'"
        );
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
    fn characters_that_a_shell_interprets_are_quoted() {
        assert_eq!(quoted("https://h/mcp?a=1&b=2"), "'https://h/mcp?a=1&b=2'");
        assert_eq!(quoted("it's; rm -rf"), r"'it'\''s; rm -rf'");
        assert_eq!(quoted(""), "''");
    }
}
