//! `doctor`: reports what is wrong with the settings of `serve`, and how to fix it.

use foundation::{clock::Clock, random::Random};
use sealing::KeyRing;
use serde_json::json;
use url::Url;

use crate::{
    app::{
        OWN_KEY_FILE,
        doctor::{self, Finding, Patient, Verdict},
        fetcher,
    },
    config::{Environment, LocalAuth, LocalSettings, LocalSpaces, ServeArgs, Settings, Storage},
    web::pages::display,
};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    settings: ServeArgs,
    /// Print the findings as JSON
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(args: Args, environment: &Environment) -> anyhow::Result<()> {
    let settings = |verdict, text: String| Finding {
        verdict,
        what: "settings".to_owned(),
        text,
    };
    let findings = if args.settings.is_local(environment) {
        vec![match args.settings.resolve_local(environment) {
            Err(error) => settings(Verdict::Bad, error.to_string()),
            Ok(local) => settings(Verdict::Good, of_local(&local)),
        }]
    } else {
        match args.settings.resolve() {
            Err(error) => vec![settings(Verdict::Bad, error.to_string())],
            Ok(shared) => {
                let mut findings = vec![settings(Verdict::Good, "they are valid".to_owned())];
                match patient(shared) {
                    Ok(patient) => {
                        findings.extend(
                            doctor::examine(patient, &Clock::system(), &Random::system()).await,
                        );
                    }
                    Err(finding) => findings.push(finding),
                }
                findings
            }
        }
    };
    show(&findings, args.json);
    let bad = findings
        .iter()
        .filter(|finding| finding.verdict == Verdict::Bad)
        .count();
    anyhow::ensure!(bad == 0, "{bad} of {} checks failed", findings.len());
    Ok(())
}

/// Describes the local server that `serve` runs with these settings.
fn of_local(settings: &LocalSettings) -> String {
    let spaces = match &settings.backlog.spaces {
        LocalSpaces::One(space) => space.domain.clone(),
        LocalSpaces::Several(spaces) => {
            let domains: Vec<_> = spaces.all.iter().map(|(_, one)| &*one.domain).collect();
            domains.join(", ")
        }
    };
    let clients = match &settings.auth {
        LocalAuth::Token(_) => "clients present MCP_HTTP_TOKEN".to_owned(),
        LocalAuth::TokenFile(file) => format!("clients present the token in {}", file.display()),
        LocalAuth::None => {
            "MCP_HTTP_AUTH is none, so every program on this computer can call it".to_owned()
        }
    };
    format!(
        "they are valid: `serve` runs the local server for {spaces}, with an API key and without \
         sign-in; {clients}; there is no database and no OAuth application to check"
    )
}

/// Collects from the settings the installation that `doctor` examines.
fn patient(settings: Settings) -> Result<Patient, Finding> {
    let bad = |what: &str, text: String| Finding {
        verdict: Verdict::Bad,
        what: what.to_owned(),
        text,
    };
    let is_embedded = matches!(settings.storage, Storage::Embedded { .. });
    let (database_url, keys) = match settings.storage {
        Storage::External { url, keys } => (url, Ok(keys)),
        Storage::Embedded { data_dir, keys } => {
            let url =
                std::fs::read_to_string(embedded_postgres::url_file(&data_dir)).map_err(|_| {
                    let text = format!(
                        "DATABASE_URL is not set, and no hub runs on {}; set it, or start the hub",
                        data_dir.display()
                    );
                    bad("database", text)
                })?;
            let file = data_dir.join(OWN_KEY_FILE);
            let keys = keys.map_or_else(
                || {
                    std::fs::read_to_string(&file)
                        .map(Into::into)
                        .map_err(|error| format!("cannot read {}: {error}", file.display()))
                },
                Ok,
            );
            (url.into(), keys)
        }
    };
    let base_url = settings.base_url.map_or_else(
        || format!("http://{}", settings.listen),
        |url| url.as_str().to_owned(),
    );
    let callback = Url::parse(&format!("{base_url}/callback"))
        .map_err(|error| bad("settings", format!("MCP_SERVER_BASE_URL {error}")))?;
    let keys = keys.and_then(|keys| {
        KeyRing::parse(&keys, Random::system()).map_err(|error| format!("ENCRYPTION_KEYS: {error}"))
    });
    let is_loopback = callback.scheme() != "https";
    let fetcher = fetcher::open(&settings.clients, is_loopback, &Clock::system())
        .map_err(|error| bad("documents", error.to_string()))?;
    Ok(Patient {
        fetcher: settings.clients.documents.then_some(fetcher),
        database_url,
        is_embedded,
        keys,
        callback,
        sites: settings.sites,
        has_trusted_proxies: !settings.trusted_proxies.is_empty(),
        default_space: settings.default_space.map(|space| space.url),
    })
}

fn show(findings: &[Finding], as_json: bool) {
    if as_json {
        let findings: Vec<_> = findings
            .iter()
            .map(|finding| {
                json!({
                    "verdict": finding.verdict.as_str(),
                    "what": finding.what,
                    "text": finding.text,
                })
            })
            .collect();
        println!("{:#}", json!(findings));
        return;
    }
    for Finding {
        verdict,
        what,
        text,
    } in findings
    {
        // Part of it can come from other servers, which must not control the terminal.
        let text = display::printable(text);
        println!("{:<5} {what:<16} {text}", verdict.as_str());
    }
}
