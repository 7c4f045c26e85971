//! Who operates the hub, as its pages tell their users.

use std::{fs, path::PathBuf};

use clap::Args;
use url::Url;

use super::{
    error::ConfigError,
    values::{given, given_path, path},
};
use crate::domain::{Operator, operator::Logo};

/// The operator of the hub, unchecked.
#[expect(clippy::doc_markdown, reason = "the comments are the text of --help")]
#[derive(Args, Debug, Default)]
pub struct OperatorArgs {
    /// Name of the company or team that operates the hub, as the pages show it, e.g. Acme IT
    /// [default: Backlog MCP Hub]
    #[arg(long, env = "OPERATOR_NAME", value_name = "NAME")]
    pub operator_name: Option<String>,
    /// Logo of the pages: a PNG, JPEG, WebP or SVG file of at most 36 kB
    #[arg(
        long,
        env = "OPERATOR_LOGO_FILE",
        value_name = "FILE",
        value_parser = path()
    )]
    pub operator_logo_file: Option<PathBuf>,
    /// Whom users ask for help: an e-mail address or a text, e.g. it@example.com
    #[arg(long, env = "OPERATOR_CONTACT", value_name = "TEXT")]
    pub operator_contact: Option<String>,
    /// A page with help for users, e.g. https://wiki.example.com/backlog-mcp
    #[arg(long, env = "OPERATOR_HELP_URL", value_name = "URL")]
    pub operator_help_url: Option<String>,
}

impl OperatorArgs {
    pub(super) fn resolve(self) -> Result<Operator, ConfigError> {
        Ok(Operator {
            name: given(self.operator_name),
            logo: logo(self.operator_logo_file)?,
            contact: given(self.operator_contact),
            help_url: given(self.operator_help_url)
                .map(|text| help_url(&text))
                .transpose()?,
        })
    }
}

fn logo(file: Option<PathBuf>) -> Result<Option<Logo>, ConfigError> {
    const NAME: &str = "OPERATOR_LOGO_FILE";
    let Some(file) = given_path(file) else {
        return Ok(None);
    };
    let content = fs::read(&file).map_err(|error| {
        ConfigError::new(NAME, format!("{} cannot be read: {error}", file.display()))
    })?;
    let extension = file.extension().and_then(|extension| extension.to_str());
    let logo = Logo::from_file(extension.unwrap_or_default(), &content);
    logo.map(Some).ok_or_else(|| {
        ConfigError::new(
            NAME,
            format!(
                "{} is not a logo; expected a .png, .jpg, .webp or .svg file of at most 36 kB",
                file.display()
            ),
        )
    })
}

fn help_url(text: &str) -> Result<Url, ConfigError> {
    Url::parse(text)
        .ok()
        .filter(|url| url.scheme() == "https")
        .ok_or_else(|| {
            ConfigError::new(
                "OPERATOR_HELP_URL",
                format!("is {text:?}; expected an https URL"),
            )
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolved(args: OperatorArgs) -> Result<Operator, String> {
        args.resolve().map_err(|error| error.to_string())
    }

    #[test]
    fn empty_settings_are_unset() {
        let args = OperatorArgs {
            operator_name: Some(" ".to_owned()),
            operator_logo_file: Some(PathBuf::new()),
            operator_contact: Some(String::new()),
            operator_help_url: Some(String::new()),
        };
        assert_eq!(resolved(args), Ok(Operator::default()));
    }

    #[test]
    fn a_wrong_setting_is_named() {
        let help = |url: &str| OperatorArgs {
            operator_help_url: Some(url.to_owned()),
            ..OperatorArgs::default()
        };
        assert!(resolved(help("https://wiki.example.com/")).is_ok());
        for wrong in [
            "wiki.example.com",
            "javascript:alert(1)",
            "http://a.example",
        ] {
            let error = resolved(help(wrong)).unwrap_err();
            assert!(error.starts_with("OPERATOR_HELP_URL is"), "{error}");
        }
        let directory = tempfile::tempdir().unwrap();
        let logo = |name: &str| OperatorArgs {
            operator_logo_file: Some(directory.path().join(name)),
            ..OperatorArgs::default()
        };
        fs::write(directory.path().join("logo.svg"), "<svg/>").unwrap();
        fs::write(directory.path().join("logo.txt"), "x").unwrap();
        assert!(resolved(logo("logo.svg")).unwrap().logo.is_some());
        for (wrong, reason) in [
            ("logo.txt", "is not a logo"),
            ("none.png", "cannot be read"),
        ] {
            let error = resolved(logo(wrong)).unwrap_err();
            assert!(
                error.starts_with("OPERATOR_LOGO_FILE") && error.contains(reason),
                "{error}"
            );
        }
    }
}
