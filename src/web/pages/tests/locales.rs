//! The texts of all languages, and the sources that look them up.

use std::collections::{BTreeMap, BTreeSet};

use regex::Regex;

use super::problems;

const LOCALES: [(&str, &str); 2] = [
    ("en", include_str!("../../../../locales/en.yml")),
    ("ja", include_str!("../../../../locales/ja.yml")),
];

/// All sources that look up texts.
const SOURCES: [&str; 40] = [
    include_str!("../../../../templates/account.html"),
    include_str!("../../../../templates/account_sign_in.html"),
    include_str!("../../../../templates/account_space.html"),
    include_str!("../../../../templates/account_tokens.html"),
    include_str!("../../../../templates/base.html"),
    include_str!("../../../../templates/client_refused.html"),
    include_str!("../../../../templates/confirm.html"),
    include_str!("../../../../templates/connect.html"),
    include_str!("../../../../templates/consent.html"),
    include_str!("../../../../templates/consent/client.html"),
    include_str!("../../../../templates/consent/levels.html"),
    include_str!("../../../../templates/consent/projects.html"),
    include_str!("../../../../templates/consent/space.html"),
    include_str!("../../../../templates/device.html"),
    include_str!("../../../../templates/device_consent.html"),
    include_str!("../../../../templates/forward.html"),
    include_str!("../../../../templates/problem.html"),
    include_str!("../../../../templates/refused.html"),
    include_str!("../../../../templates/restored.html"),
    include_str!("../../../../templates/switch.html"),
    include_str!("../../../../templates/upload.html"),
    include_str!("../../../../templates/uploaded.html"),
    include_str!("../account.rs"),
    include_str!("../client_refused.rs"),
    include_str!("../client_settings.rs"),
    include_str!("../confirm.rs"),
    include_str!("../consent/asking_client.rs"),
    include_str!("../consent/levels.rs"),
    include_str!("../consent/mod.rs"),
    include_str!("../consent/projects.rs"),
    include_str!("../consent/space_choice.rs"),
    include_str!("../device.rs"),
    include_str!("../forward.rs"),
    include_str!("../frame.rs"),
    include_str!("../personal_tokens.rs"),
    include_str!("../problem.rs"),
    include_str!("../refused.rs"),
    include_str!("../restored.rs"),
    include_str!("../switch.rs"),
    include_str!("../upload.rs"),
];

/// The flat keys of a locale file, each with its placeholders.
fn keys(yaml: &str) -> BTreeMap<String, Vec<String>> {
    let placeholder = Regex::new(r"%\{(\w+)\}").unwrap();
    yaml.lines()
        .filter(|line| !line.starts_with(['#', '_']) && !line.is_empty())
        .map(|line| {
            let (key, text) = line.split_once(": \"").expect(line);
            let names = placeholder.captures_iter(text);
            (
                key.to_owned(),
                names.map(|name| name[1].to_owned()).collect(),
            )
        })
        .collect()
}

#[test]
fn every_locale_has_the_same_keys_and_placeholders() {
    let [(_, en), (_, ja)] = LOCALES.map(|(tag, yaml)| (tag, keys(yaml)));
    assert!(en.len() > 60, "the file was not read");
    assert_eq!(en, ja);
    assert!(en.values().all(|names| names.len() <= 1));
}

#[test]
fn every_requested_text_exists_and_every_text_is_requested() {
    let call = Regex::new(r#""([a-z_]+(?:\.[a-z_]+)+)""#).unwrap();
    let defined: BTreeSet<String> = keys(LOCALES[0].1).into_keys().collect();
    let mut asked: BTreeSet<String> = SOURCES
        .iter()
        .flat_map(|source| call.captures_iter(source))
        .map(|found| found[1].to_owned())
        .filter(|key| !key.contains(".html"))
        .collect();
    for problem in problems() {
        for part in ["title", "what", "action"] {
            asked.insert(format!("problem.{}.{part}", problem.stem()));
        }
    }
    assert_eq!(asked, defined);
}
