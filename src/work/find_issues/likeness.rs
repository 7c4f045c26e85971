//! Issues that may be duplicates of another one.
//!
//! 1. The issue's words are taken from its summary and description ([`words`](super::words)).
//! 2. Backlog finds the issues with each of the most distinctive ones, in parallel.
//! 3. They are ranked by the words in common: a word of a summary counts more than one of a
//!    description, and a rare word more than a frequent one.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use backlog_rendering::{Column, inline};
use futures_util::{StreamExt, TryStreamExt, stream};
use serde_json::Value;

use super::{
    shown::{Shown, plural},
    words::words,
};
use crate::{
    toolkit::work::{Operations, WorkError, WorkOutput},
    work::{
        issue_filter::{IssueFilter, IssueQuery, Page, Sort},
        issue_reference::IssueReference,
        requests,
        space::Space,
    },
};

/// The number of words that Backlog looks for.
const MAX_WORDS: usize = 8;
/// The number of issues that are read for each of them.
const HITS: usize = 50;
const AT_ONCE: usize = 4;
const FIRST: Page = Page {
    sort: Sort::NEWEST,
    offset: 0,
    limit: HITS,
};
/// The weight of a common word, in a summary and in a description.
const IN_SUMMARY: f64 = 3.0;
const IN_DESCRIPTION: f64 = 1.0;
/// The share of the best score that a candidate needs.
const LEAST: f64 = 0.1;
/// The number of common words that are shown.
const SHOWN_WORDS: usize = 6;

/// The words of an issue.
struct Words {
    summary: BTreeSet<String>,
    description: BTreeSet<String>,
}

impl Words {
    fn of(issue: &Value) -> Self {
        let of = |field: &str| words(issue[field].as_str().unwrap_or_default());
        Self {
            summary: of("summary"),
            description: of("description"),
        }
    }

    fn all(&self) -> impl Iterator<Item = &String> {
        self.summary.union(&self.description)
    }

    /// The weight of a word of this issue.
    fn weight(&self, word: &str) -> f64 {
        if self.summary.contains(word) {
            IN_SUMMARY
        } else if self.description.contains(word) {
            IN_DESCRIPTION
        } else {
            0.0
        }
    }

    /// The words that distinguish it best: those of the summary, then the longest.
    fn distinctive(&self) -> Vec<String> {
        let by_length = |words: &mut Vec<&String>| {
            words.sort_by_key(|word| std::cmp::Reverse(word.chars().count()));
        };
        let mut of_summary: Vec<_> = self.summary.iter().collect();
        let mut more: Vec<_> = self.description.difference(&self.summary).collect();
        by_length(&mut of_summary);
        by_length(&mut more);
        let all = of_summary.into_iter().chain(more).take(MAX_WORDS);
        all.cloned().collect()
    }
}

/// An issue that may be a duplicate.
struct Candidate {
    issue: Value,
    score: f64,
    common: Vec<String>,
}

pub(super) async fn find(
    operations: &dyn Operations,
    mut filter: IssueFilter,
    like: &str,
    (offset, limit): (usize, usize),
) -> Result<WorkOutput, WorkError> {
    let space = Space::read(operations).await?;
    let reference = IssueReference::read("like", like, &space.host)?;
    let issue = reference.fetch("like", operations).await?;
    let key = issue["issueKey"].as_str().unwrap_or_default().to_owned();
    if filter.project.is_none() {
        let project = key.rsplit_once('-').map(|(project, _)| project.to_owned());
        filter.project = project.map(|project| vec![project]);
    }
    let status = filter.status.take().or_else(|| Some("all".to_owned()));
    filter.status = status;
    let query = filter.read(operations).await?;
    let words = Words::of(&issue);
    let hits = hits(operations, &query, &words.distinctive()).await?;
    let (related, hits): (Vec<_>, Vec<_>) =
        hits.into_iter().partition(|hit| is_related(hit, &issue));
    let candidates = ranked(&words, &hits);
    let shown = Shown {
        offset,
        number: candidates.len().saturating_sub(offset).min(limit),
        total: candidates.len(),
    };
    let text = written(&query, (&issue, &key), &candidates, shown);
    let left_out = related.iter().filter(|hit| hit["id"] != issue["id"]);
    let left_out: Vec<_> = left_out
        .filter_map(|hit| hit["issueKey"].as_str())
        .map(inline::line)
        .collect();
    let text = match left_out.is_empty() {
        true => text,
        false => format!(
            "{text}\nLeft out, as parent or child of it: {}.\n",
            left_out.join(", ")
        ),
    };
    Ok(WorkOutput::markdown(text).with_structured(shown.structured()))
}

/// Reads the issues with one of the words, each once.
async fn hits(
    operations: &dyn Operations,
    query: &IssueQuery,
    words: &[String],
) -> Result<Vec<Value>, WorkError> {
    let queries: Vec<_> = words.iter().map(|word| query.with_word(word)).collect();
    requests::check(operations, queries.len()).await?;
    let found = stream::iter(queries)
        .map(|query| async move { query.first(operations, &FIRST).await })
        .buffered(AT_ONCE);
    let found: Vec<Vec<Value>> = found.try_collect().await?;
    let mut seen = BTreeSet::new();
    let all = found.into_iter().flatten();
    Ok(all
        .filter(|issue| seen.insert(issue["id"].as_i64()))
        .collect())
}

/// Whether it is the issue itself, its parent or a child.
fn is_related(hit: &Value, issue: &Value) -> bool {
    let is_child = |one: &Value, other: &Value| {
        one["parentIssueId"].is_i64() && one["parentIssueId"] == other["id"]
    };
    hit["id"] == issue["id"] || is_child(hit, issue) || is_child(issue, hit)
}

/// The candidates that have enough in common, the likeliest first.
fn ranked(words: &Words, hits: &[Value]) -> Vec<Candidate> {
    let of_hits: Vec<_> = hits.iter().map(Words::of).collect();
    let mut frequency: BTreeMap<&str, usize> = BTreeMap::new();
    for word in of_hits.iter().flat_map(Words::all) {
        *frequency.entry(word).or_default() += 1;
    }
    let number = hits.len();
    // A word that all hits have still counts.
    let rarity = |word: &str| {
        let count = frequency.get(word).copied().unwrap_or_default();
        (1.0 + as_float(number + 1) / as_float(count + 1)).ln()
    };
    let score =
        |word: &str, of_hit: &Words| words.weight(word) * of_hit.weight(word) * rarity(word);
    let mut candidates: Vec<_> = hits
        .iter()
        .zip(&of_hits)
        .filter_map(|(issue, of_hit)| {
            let mut common: Vec<_> = words
                .all()
                .map(|word| (score(word, of_hit), word))
                .filter(|(score, _)| *score > 0.0)
                .collect();
            common.sort_by(|(one, _), (other, _)| other.total_cmp(one));
            let sum: f64 = common.iter().map(|(score, _)| score).sum();
            // A long text has more words in common by chance.
            let score = sum / as_float(of_hit.all().count() + 1).sqrt();
            let common = common.into_iter().take(SHOWN_WORDS);
            let common: Vec<_> = common.map(|(_, word)| word.clone()).collect();
            (score > 0.0).then(|| Candidate {
                issue: issue.clone(),
                score,
                common,
            })
        })
        .collect();
    candidates.sort_by(|one, other| other.score.total_cmp(&one.score));
    let best = candidates.first().map_or(0.0, |candidate| candidate.score);
    candidates.retain(|candidate| candidate.score >= best * LEAST);
    candidates
}

#[expect(
    clippy::cast_precision_loss,
    reason = "the numbers of words and issues are small"
)]
fn as_float(number: usize) -> f64 {
    number as f64
}

fn written(
    query: &IssueQuery,
    (issue, key): (&Value, &str),
    candidates: &[Candidate],
    shown: Shown,
) -> String {
    let summary = inline::line(issue["summary"].as_str().unwrap_or_default());
    let about = format!("{} “{summary}”", inline::line(key));
    let mut text = match shown.total {
        0 => return format!("No issue has words in common with {about}.\n"),
        total => format!(
            "{} with words in common with {about}, likeliest first",
            plural(total)
        ),
    };
    match shown.next_offset() {
        Some(next) => {
            let _ = writeln!(text, "; a part of them, continue with offset {next}.");
        }
        None => text.push_str(".\n"),
    }
    for note in &query.notes {
        let _ = writeln!(text, "Note: {note}.");
    }
    let renderer = &query.space.renderer;
    let columns = [
        Column::Key,
        Column::Summary,
        Column::Status,
        Column::Assignee,
        Column::Updated,
    ];
    let head = renderer.issue_table(&[], &columns);
    let head = head.trim_end().split('\n').collect::<Vec<_>>();
    if let [before @ .., names, rule] = head.as_slice() {
        let before = before.join("\n");
        let _ = writeln!(text, "\n{before}\n{names} words in common |\n{rule}---|");
    }
    for candidate in candidates.iter().skip(shown.offset).take(shown.number) {
        let line = renderer.issue_line(&candidate.issue, &columns);
        let _ = writeln!(text, "{line} {} |", candidate.common.join(", "));
    }
    text
}
