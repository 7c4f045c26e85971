//! The figures against their budgets, as a table in the documentation.

use std::{fmt::Write, fs, path::Path};

use anyhow::Context;
use foundation::clock::Clock;

/// One budget and its result.
#[derive(Clone, Debug)]
pub(crate) struct Figure {
    pub what: &'static str,
    pub budget: String,
    pub measured: String,
    pub compared_with: String,
    /// `None` if there is no budget.
    pub held: Option<bool>,
}

/// One plot, as SVG.
pub(crate) struct Plot {
    pub file: &'static str,
    pub caption: &'static str,
    pub svg: String,
}

pub(crate) fn table(figures: &[Figure]) -> String {
    let mut text = String::from(
        "| Budget | Wanted | Measured | Compared with | Held |\n|---|---|---|---|---|\n",
    );
    for figure in figures {
        let held = match figure.held {
            Some(true) => "yes",
            Some(false) => "**no**",
            None => "",
        };
        let Figure {
            what,
            budget,
            measured,
            compared_with,
            ..
        } = figure;
        let _ = writeln!(
            text,
            "| {what} | {budget} | {measured} | {compared_with} | {held} |"
        );
    }
    text
}

/// Replaces the text between the marks of `benchmarks.md`, and writes the plots.
pub(crate) fn write(
    docs: &Path,
    machine: &[String],
    figures: &[Figure],
    plots: &[Plot],
) -> anyhow::Result<()> {
    let pictures = docs.join("benchmarks");
    fs::create_dir_all(&pictures)?;
    let mut text = format!(
        "Measured on {}:\n\n",
        Clock::system().now().format("%Y-%m-%d")
    );
    for fact in machine {
        let _ = writeln!(text, "- {fact}");
    }
    let _ = writeln!(text, "\n{}", table(figures));
    for plot in plots {
        fs::write(pictures.join(plot.file), &plot.svg)?;
        let _ = writeln!(text, "![{}](benchmarks/{})\n", plot.caption, plot.file);
    }
    replace(docs, "figures", &text)
}

/// Replaces a part of `benchmarks.md`, between its marks.
pub(crate) fn replace(docs: &Path, part: &str, text: &str) -> anyhow::Result<()> {
    let path = docs.join("benchmarks.md");
    let page = fs::read_to_string(&path)?;
    let (begin, end) = (
        format!("<!-- {part}: begin -->"),
        format!("<!-- {part}: end -->"),
    );
    let (before, rest) = page.split_once(&begin).context("no begin mark")?;
    let (_, after) = rest.split_once(&end).context("no end mark")?;
    let text = text.trim_end();
    fs::write(path, format!("{before}{begin}\n\n{text}\n{end}{after}"))?;
    Ok(())
}
