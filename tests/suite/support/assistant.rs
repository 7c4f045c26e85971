//! Assistants on the command line as their users start them, each with a home of its own.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::Stdio,
};

use backlog_sim::Id;
use tempfile::TempDir;
use tokio::process::{Child, Command};

use super::{
    browser::Browser,
    process::{DEADLINE, until},
    tool,
};

/// What an assistant says goes here, in its home.
const SAID: &str = "said.txt";

/// An installed assistant and the home of its user.
pub(crate) struct Assistant {
    program: PathBuf,
    /// What always comes before its arguments.
    first: Option<PathBuf>,
    settings: Vec<(String, String)>,
    home: TempDir,
}

impl Assistant {
    /// Claude Code, without updates and statistics.
    pub(crate) fn claude_code() -> Self {
        let name = format!("@anthropic-ai/claude-code-{}", platform());
        Self::new(package(&name).join("claude"))
            .with("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1")
            .with("DISABLE_AUTOUPDATER", "1")
    }

    /// Codex; its settings are in `.codex/config.toml` of its home.
    pub(crate) fn codex() -> Self {
        let package = package(&format!("@openai/codex-{}", platform()));
        let mut targets = fs::read_dir(package.join("vendor")).expect("a directory");
        let target = targets.next().expect("one target").expect("its name");
        let assistant = Self::new(target.path().join("bin/codex"));
        fs::create_dir(assistant.home().join(".codex")).expect("a directory");
        assistant
    }

    /// Gemini CLI; it trusts the directory in which it is started.
    pub(crate) fn gemini_cli() -> Self {
        Self {
            first: Some(package("@google/gemini-cli").join("bundle/gemini.js")),
            ..Self::new(tool::program("NODE"))
        }
        .with("GEMINI_CLI_TRUST_WORKSPACE", "true")
        .with("GEMINI_CLI_NO_RELAUNCH", "true")
        .with("GEMINI_TELEMETRY_ENABLED", "false")
    }

    fn new(program: PathBuf) -> Self {
        Self {
            program,
            first: None,
            settings: Vec::new(),
            home: TempDir::new().expect("a directory"),
        }
    }

    /// The same with an environment variable.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.settings.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn home(&self) -> &Path {
        self.home.path()
    }

    /// The command for these arguments. Nothing of the tests' own environment reaches it but
    /// `PATH`.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        self.configured(Command::new(&self.program), arguments)
    }

    /// The same in a terminal.
    fn command_in_terminal(&self, arguments: &[&str]) -> Command {
        let mut terminal = Command::new(tool::program("PYTHON"));
        terminal
            .arg(tool::installed("clients/assistants/terminal.py"))
            .arg(&self.program);
        self.configured(terminal, arguments)
    }

    fn configured(&self, mut command: Command, arguments: &[&str]) -> Command {
        let browser = tool::installed("clients/assistants/browser/open-url");
        command
            .args(&self.first)
            .args(arguments)
            .env_clear()
            .envs(std::env::vars_os().filter(|(name, _)| name == "PATH"))
            .env("HOME", self.home())
            .env("BROWSER", browser)
            .env("NO_PROXY", "*")
            .env("NO_COLOR", "1")
            .env("TERM", "dumb")
            .envs(self.settings.iter().map(|(name, value)| (name, value)))
            .current_dir(self.home())
            .stdin(Stdio::null())
            .kill_on_drop(true);
        command
    }

    /// Runs it to its end, which must be a success; what it said.
    pub(crate) async fn run(&self, arguments: &[&str]) -> String {
        let mut running = self.start(self.command(arguments));
        self.finish(&mut running).await
    }

    /// Runs it in a terminal until it opens a browser, in which `user` then signs in, and
    /// to its end, which must be a success; what it said.
    pub(crate) async fn sign_in(&self, arguments: &[&str], browser: &Browser, user: Id) -> String {
        let mut running = self.start(self.command_in_terminal(arguments));
        let opened = self.home().join("opened-urls");
        let mut url = String::new();
        until("the assistant opens a browser", async || {
            url = fs::read_to_string(&opened).unwrap_or_default();
            let ended = running.try_wait().expect("a state");
            assert!(ended.is_none(), "{ended:?}: {}", self.said());
            url.ends_with('\n')
        })
        .await;
        browser.goto(url.trim()).await;
        browser.approve().await;
        browser.sign_in_at_backlog(user).await;
        self.finish(&mut running).await
    }

    fn start(&self, mut command: Command) -> Child {
        let said = File::create(self.home().join(SAID)).expect("a file");
        let errors = said.try_clone().expect("the same file");
        let command = command.stdout(said).stderr(errors);
        command.spawn().expect("the assistant starts")
    }

    async fn finish(&self, running: &mut Child) -> String {
        let ended = tokio::time::timeout(DEADLINE, running.wait()).await;
        let said = self.said();
        let Ok(status) = ended else {
            panic!("the assistant did not end in time: {said}")
        };
        let status = status.expect("an exit status");
        assert!(status.success(), "{status}: {said}");
        said
    }

    fn said(&self) -> String {
        let said = fs::read(self.home().join(SAID)).expect("what it said");
        String::from_utf8_lossy(&said).into_owned()
    }
}

/// A package of `tests/clients/assistants`.
fn package(name: &str) -> PathBuf {
    tool::installed(&format!("clients/assistants/node_modules/{name}"))
}

/// What the packages with programs call this machine.
fn platform() -> String {
    let system = match std::env::consts::OS {
        "macos" => "darwin",
        other => other,
    };
    let processor = match std::env::consts::ARCH {
        "x86_64" => "x64",
        "aarch64" => "arm64",
        other => other,
    };
    format!("{system}-{processor}")
}
