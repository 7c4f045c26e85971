//! The environment as data, for the settings that have no fixed names.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

/// The variables and the home directory. It does not implement `Debug`, because variables hold
/// secrets.
#[derive(Clone, Default)]
pub struct Environment {
    variables: BTreeMap<String, String>,
    home: Option<PathBuf>,
}

impl Environment {
    pub fn new(
        variables: impl IntoIterator<Item = (String, String)>,
        home: Option<PathBuf>,
    ) -> Self {
        Self {
            variables: variables.into_iter().collect(),
            home,
        }
    }

    /// The environment of this process. A variable that is not Unicode is not one of our settings.
    pub fn of_process() -> Self {
        let texts = std::env::vars_os().filter_map(|(name, value)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        });
        Self::new(texts, std::env::home_dir())
    }

    /// The home directory of the user who runs this process.
    pub fn home(&self) -> Option<&Path> {
        self.home.as_deref()
    }

    /// The variables that have a value, sorted by name.
    pub fn given(&self) -> impl Iterator<Item = (&str, &str)> {
        self.variables
            .iter()
            .map(|(name, value)| (name.as_str(), value.trim()))
            .filter(|(_, value)| !value.is_empty())
    }

    /// Whether the variable is set, but empty.
    pub fn has_empty(&self, name: &str) -> bool {
        self.variables
            .get(name)
            .is_some_and(|value| value.trim().is_empty())
    }

    /// The value of a variable; `None` if it is unset or empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        let value = self.variables.get(name)?.trim();
        (!value.is_empty()).then_some(value)
    }
}
