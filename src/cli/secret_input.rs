//! Reads a secret from the operator, and seals it.

use std::io::{IsTerminal, Read};

use backlog_client::BacklogUrl;
use sealing::KeyRing;
use secrecy::{ExposeSecret, SecretString};

use crate::domain::space::given_secret_place;

/// Reads a secret from a prompt without echo, or from standard input. It is never an argument,
/// which every user of the machine could read.
pub(super) fn read_secret(question: &str) -> anyhow::Result<SecretString> {
    let text = if std::io::stdin().is_terminal() {
        rpassword::prompt_password(format!("{question}: "))?
    } else {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text)?;
        text
    };
    let text = text.trim_end_matches(['\r', '\n']);
    anyhow::ensure!(
        !text.is_empty(),
        "no secret was given; enter it, or pass it on standard input"
    );
    Ok(text.to_owned().into())
}

/// The client secret as it is sent to the database: sealed for the site, if there are keys.
pub(super) fn hand_over(
    keys: Option<&KeyRing>,
    domain: &str,
    secret: SecretString,
) -> anyhow::Result<SecretString> {
    let Some(keys) = keys else {
        return Ok(secret);
    };
    if KeyRing::is_sealed(secret.expose_secret()) {
        return Ok(secret);
    }
    let url = BacklogUrl::parse(domain).map_err(|error| anyhow::anyhow!("the domain {error}"))?;
    Ok(keys.seal(given_secret_place(url.as_str()), &secret).into())
}
