//! The figures, as the document has them.
//!
//! The document is written by hand except for the part between two markers. That part ends with a
//! table for each space and way, from which everything before is derived; so it can be read back.

use std::{collections::BTreeMap, fmt, fmt::Write};

use anyhow::{Context, ensure};

use super::{
    cost::{Cost, Length},
    tasks,
    way::Way,
    world::Size,
};

const BEGIN: &str = "<!-- written by `cargo run -p benchmark -- efficiency` -->\n";
const END: &str = "<!-- the end of what is written -->\n";
const DONE: &str = "done";
const FAILED: &str = "failed";

/// A way through a task, measured.
#[derive(Clone, Debug, Default)]
pub(super) struct Measured {
    pub(super) cost: Cost,
    /// Why the result is not right.
    pub(super) failure: Option<String>,
}

impl fmt::Display for Measured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Cost {
            calls,
            written,
            read,
            structured,
            requests,
            share,
        } = self.cost;
        write!(
            f,
            "{calls} calls, {} bytes written, {} + {} read, {requests} requests, {share} %",
            written.bytes, read.bytes, structured.bytes
        )?;
        match &self.failure {
            Some(failure) => write!(f, ", failed: {failure}"),
            None => Ok(()),
        }
    }
}

/// The ways through all tasks.
#[derive(Clone, Debug, Default)]
pub(super) struct Figures(BTreeMap<(Size, Way), Vec<Measured>>);

impl Figures {
    pub(super) fn add(&mut self, size: Size, way: Way, measured: Measured) {
        self.0.entry((size, way)).or_default().push(measured);
    }

    /// Those of upstream's server.
    pub(super) fn of_upstream(mut self) -> Self {
        self.0.retain(|(_, way), _| *way == Way::Upstream);
        self
    }

    /// Replaces what was measured in a space one way.
    #[cfg(test)]
    pub(super) fn replace(&mut self, size: Size, way: Way, measured: Vec<Measured>) {
        self.0.insert((size, way), measured);
    }

    pub(super) fn of(&self, size: Size, way: Way) -> &[Measured] {
        self.0.get(&(size, way)).map_or(&[], Vec::as_slice)
    }

    pub(super) fn total(&self, size: Size, way: Way) -> Cost {
        let mut total = Cost::default();
        for measured in self.of(size, way) {
            total += measured.cost;
        }
        total
    }

    /// The part of the document that is derived from the figures, with the section of the goals.
    fn written(&self, goals: &str) -> String {
        let mut text = String::new();
        for size in Size::ALL {
            self.write_totals(&mut text, size);
        }
        for size in Size::ALL {
            self.write_comparison(&mut text, size);
        }
        text.push_str(goals);
        text.push_str("\n## All figures\n");
        for ((size, way), measured) in &self.0 {
            let _ = writeln!(text, "\n### {}\n\n{DETAILS}", title(*size, *way));
            for (number, measured) in (1..).zip(measured) {
                text.push_str(&row(number, measured));
            }
        }
        text
    }

    fn write_totals(&self, text: &mut String, size: Size) {
        let _ = writeln!(
            text,
            "\n**All tasks in the {} space**\n\n| | {} |\n|---|{}",
            size.name(),
            Way::ALL.map(Way::name).join(" | "),
            "---:|".repeat(Way::ALL.len())
        );
        let totals = Way::ALL.map(|way| self.total(size, way));
        let mut line = |name: &str, figure: &dyn Fn(&Cost) -> usize| {
            let figures = totals.iter().map(|total| grouped(figure(total)));
            let _ = writeln!(
                text,
                "| {name} | {} |",
                figures.collect::<Vec<_>>().join(" | ")
            );
        };
        line("calls", &|it| it.calls);
        line("bytes read", &|it| it.read.bytes);
        line("tokens read", &|it| it.read.tokens);
        line("bytes of `structuredContent`", &|it| it.structured.bytes);
        line("tokens of `structuredContent`", &|it| it.structured.tokens);
        line("bytes written", &|it| it.written.bytes);
        line("tokens written", &|it| it.written.tokens);
        line("requests to Backlog", &|it| it.requests);
        line("greatest share of a limit in a call, %", &|it| it.share);
        let failed = Way::ALL.map(|way| {
            let failed = self.of(size, way).iter().filter(|it| it.failure.is_some());
            failed.count().to_string()
        });
        let _ = writeln!(text, "| tasks failed | {} |", failed.join(" | "));
    }

    /// Calls, bytes and requests of each task.
    fn write_comparison(&self, text: &mut String, size: Size) {
        let _ = writeln!(
            text,
            "\n## Each task, in the {} space\n\nCalls, bytes read (with `structuredContent`) and \
             requests to Backlog: upstream, classic, concise, work. A star marks a way that failed.\n\n\
             | | Task | Calls | Bytes read | Requests |\n|---:|---|---|---|---|",
            size.name()
        );
        for (place, task) in tasks::all().iter().enumerate() {
            let ways =
                Way::ALL.map(|way| self.of(size, way).get(place).cloned().unwrap_or_default());
            let cell = |figure: &dyn Fn(&Cost) -> usize| {
                let star = |it: &Measured| if it.failure.is_some() { "\\*" } else { "" };
                let figures = ways.iter().map(|it| grouped(figure(&it.cost)) + star(it));
                figures.collect::<Vec<_>>().join(" / ")
            };
            let _ = writeln!(
                text,
                "| {} | {} | {} | {} | {} |",
                place + 1,
                task.text,
                cell(&|it| it.calls),
                cell(&Cost::bytes),
                cell(&|it| it.requests),
            );
        }
    }
}

const DETAILS: &str = "\
| | Calls | Bytes read | Tokens read | `structuredContent`, bytes | tokens | Bytes written | Tokens \
written | Requests | Greatest share of a limit, % | Result |
|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---|";

fn title(size: Size, way: Way) -> String {
    format!("The {} space, {}", size.name(), way.name())
}

fn row(number: usize, measured: &Measured) -> String {
    let cost = &measured.cost;
    let figures = [
        number,
        cost.calls,
        cost.read.bytes,
        cost.read.tokens,
        cost.structured.bytes,
        cost.structured.tokens,
        cost.written.bytes,
        cost.written.tokens,
        cost.requests,
        cost.share,
    ];
    let figures = figures.map(|it| it.to_string()).join(" | ");
    let result = if measured.failure.is_none() {
        DONE
    } else {
        FAILED
    };
    format!("| {figures} | {result} |\n")
}

/// Reads a row of the details.
fn read_row(line: &str) -> Option<Measured> {
    let cells: Vec<_> = line.trim_matches('|').split('|').map(str::trim).collect();
    let (result, figures) = cells.split_last()?;
    let figures: Option<Vec<usize>> = figures.iter().map(|it| it.parse().ok()).collect();
    let [
        _,
        calls,
        read,
        read_tokens,
        structured,
        structured_tokens,
        written,
        written_tokens,
        requests,
        share,
    ] = figures?[..]
    else {
        return None;
    };
    let length = |bytes, tokens| Length { bytes, tokens };
    Some(Measured {
        cost: Cost {
            calls,
            written: length(written, written_tokens),
            read: length(read, read_tokens),
            structured: length(structured, structured_tokens),
            requests,
            share,
        },
        failure: (*result != DONE).then(|| FAILED.to_owned()),
    })
}

/// A number with a comma after each three digits.
pub(super) fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// The document: what is written by hand, and the figures.
pub(super) struct Document<'a> {
    before: &'a str,
    written: &'a str,
    after: &'a str,
}

impl<'a> Document<'a> {
    pub(super) fn parse(text: &'a str) -> anyhow::Result<Self> {
        let (before, rest) = text
            .split_once(BEGIN)
            .context("the first marker is missing")?;
        let (written, after) = rest
            .split_once(END)
            .context("the second marker is missing")?;
        Ok(Self {
            before,
            written,
            after,
        })
    }

    /// The document with other figures, and the section of the goals for them.
    pub(super) fn with(&self, figures: &Figures, goals: &str) -> String {
        let written = figures.written(goals);
        format!("{}{BEGIN}{written}{END}{}", self.before, self.after)
    }

    /// The figures that it has.
    pub(super) fn figures(&self) -> anyhow::Result<Figures> {
        let mut figures = Figures::default();
        for size in Size::ALL {
            for way in Way::ALL {
                let title = format!("### {}\n", title(size, way));
                let (_, details) = self.written.split_once(&title).context(title)?;
                let lines = details
                    .lines()
                    .skip(1)
                    .take_while(|line| line.starts_with('|'));
                for measured in lines.filter_map(read_row) {
                    figures.add(size, way, measured);
                }
                let number = figures.of(size, way).len();
                ensure!(number == tasks::all().len(), "{number} tasks");
            }
        }
        Ok(figures)
    }
}
