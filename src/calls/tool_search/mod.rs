//! Finds tools by what they do, for `find_tools`.
//!
//! 1. A query is split into words: Latin words without their endings, and Japanese words that
//!    Backlog uses, as their English ones ([`mod@words`]).
//! 2. A tool scores by the words of its name, title, description and inputs, in this order of
//!    weight; a word that few tools have counts more.
//! 3. Only tools with the best scores are returned.

mod words;

use std::collections::{HashMap, HashSet};

use rmcp::model;
use serde_json::Value;

use words::words;

/// The maximum number of tools in a result.
const MAX_FOUND: usize = 8;
/// A tool with less than this part of the best score is left out.
const LEAST_PART: f64 = 0.4;
const NAME_WEIGHT: f64 = 5.0;
const TITLE_WEIGHT: f64 = 3.0;
const DESCRIPTION_WEIGHT: f64 = 1.5;
const INPUT_WEIGHT: f64 = 1.0;

/// The words of the tools.
#[derive(Debug, Default)]
pub(crate) struct ToolSearch {
    /// The weight of each word for each tool, by its place.
    tools: Vec<HashMap<String, f64>>,
    /// The number of tools with each word.
    frequencies: HashMap<String, usize>,
}

impl ToolSearch {
    pub(crate) fn of<'a>(tools: impl Iterator<Item = &'a model::Tool>) -> Self {
        let mut search = Self::default();
        for tool in tools {
            let weights = weights(tool);
            for word in weights.keys() {
                *search.frequencies.entry(word.clone()).or_default() += 1;
            }
            search.tools.push(weights);
        }
        search
    }

    /// Returns the places of the best tools, the best first, of those that pass `is_allowed`.
    pub(crate) fn find(&self, query: &str, is_allowed: impl Fn(usize) -> bool) -> Vec<usize> {
        let wanted: HashSet<_> = words(query).into_iter().collect();
        let mut scores: Vec<_> = self
            .tools
            .iter()
            .enumerate()
            .filter(|(place, _)| is_allowed(*place))
            .map(|(place, weights)| (self.score(&wanted, weights), place))
            .filter(|(score, _)| *score > 0.0)
            .collect();
        // The order of the list decides between equal scores.
        scores.sort_by(|(one, _), (other, _)| other.total_cmp(one));
        let best = scores.first().map_or(0.0, |(score, _)| *score);
        scores.retain(|(score, _)| *score >= best * LEAST_PART);
        scores.truncate(MAX_FOUND);
        scores.into_iter().map(|(_, place)| place).collect()
    }

    fn score(&self, wanted: &HashSet<String>, weights: &HashMap<String, f64>) -> f64 {
        let found = wanted.iter().filter_map(|word| {
            let weight = weights.get(word)?;
            Some(weight * self.rarity(word))
        });
        found.sum()
    }

    /// The logarithm of the share of tools that have the word, as in BM25.
    fn rarity(&self, word: &str) -> f64 {
        let count = |number: usize| f64::from(u32::try_from(number).unwrap_or(u32::MAX));
        let have = count(self.frequencies.get(word).copied().unwrap_or_default());
        (1.0 + count(self.tools.len()) / (1.0 + have)).ln()
    }
}

/// The weight of each word of a tool.
fn weights(tool: &model::Tool) -> HashMap<String, f64> {
    let mut weights: HashMap<String, f64> = HashMap::new();
    let mut add = |text: &str, weight: f64| {
        for word in words(text) {
            let known = weights.entry(word).or_default();
            *known = known.max(weight);
        }
    };
    let inputs = tool
        .input_schema
        .get("properties")
        .and_then(Value::as_object);
    for (name, input) in inputs.into_iter().flatten() {
        add(name, INPUT_WEIGHT);
        add(
            input["description"].as_str().unwrap_or_default(),
            INPUT_WEIGHT / 2.0,
        );
    }
    add(
        tool.description.as_deref().unwrap_or_default(),
        DESCRIPTION_WEIGHT,
    );
    add(tool.title.as_deref().unwrap_or_default(), TITLE_WEIGHT);
    add(&tool.name, NAME_WEIGHT);
    weights
}
