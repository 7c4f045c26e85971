//! `keys`: master keys.

use secrecy::ExposeSecret;

use crate::{crypto::KeyRing, random::Random};

#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Print a new key for ENCRYPTION_KEYS
    Generate {
        /// The id it is known by: letters, digits, - and _
        #[arg(long, default_value = "k1")]
        id: String,
    },
}

pub fn run(command: &Command) -> anyhow::Result<()> {
    match command {
        Command::Generate { id } => {
            let random = Random::system();
            let key = KeyRing::generate(id, &random);
            KeyRing::parse(&key, random).map_err(|error| anyhow::anyhow!("--id: {error}"))?;
            println!("{}", key.expose_secret());
            Ok(())
        }
    }
}
