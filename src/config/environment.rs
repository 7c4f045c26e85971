//! The environment as data, for the settings whose names are not fixed.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

/// Variables and the home directory. Without `Debug`: there are secrets among them.
#[derive(Clone, Default)]
pub struct Environment {
    variables: BTreeMap<String, String>,
    home: Option<PathBuf>,
}

impl Environment {
    /// From what a test or [`Self::of_process`] has.
    pub fn new(
        variables: impl IntoIterator<Item = (String, String)>,
        home: Option<PathBuf>,
    ) -> Self {
        Self {
            variables: variables.into_iter().collect(),
            home,
        }
    }

    /// That of this process. What is not Unicode is no setting of ours.
    pub fn of_process() -> Self {
        let texts = std::env::vars_os().filter_map(|(name, value)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        });
        Self::new(texts, std::env::home_dir())
    }

    /// The home directory of the user who runs this.
    pub fn home(&self) -> Option<&Path> {
        self.home.as_deref()
    }

    /// The variables with a value, by their names.
    pub fn given(&self) -> impl Iterator<Item = (&str, &str)> {
        self.variables
            .iter()
            .map(|(name, value)| (name.as_str(), value.trim()))
            .filter(|(_, value)| !value.is_empty())
    }

    /// Whether the variable is there, without a value.
    pub fn has_empty(&self, name: &str) -> bool {
        self.variables
            .get(name)
            .is_some_and(|value| value.trim().is_empty())
    }

    /// A variable that has a value; an empty one has none.
    pub fn get(&self, name: &str) -> Option<&str> {
        let value = self.variables.get(name)?.trim();
        (!value.is_empty()).then_some(value)
    }
}
