//! The goals for the work tools, and whether the figures reach them.

use std::fmt::Write;

use super::{
    cost::Cost,
    figures::{Figures, grouped},
    way::Way,
    world::Size,
};

/// The greatest share of upstream's bytes for all tasks in the busy space, in percent.
const MAX_PERCENT: usize = 5;
/// The greatest share of a class of the rate limit in one call, in percent.
const MAX_SHARE: usize = 80;
/// The number of tasks with at most a quarter of upstream's cost.
const QUARTERS: usize = 12;

/// The cost of a task with upstream's server, and with the work tools.
#[derive(Clone, Copy)]
struct Pair {
    number: usize,
    size: Size,
    upstream: Cost,
    work: Cost,
}

type Figure = fn(&Cost) -> usize;

pub(super) fn written(figures: &Figures) -> String {
    let pairs = pairs(figures);
    let mut text = "\n## The goals\n\n| Goal | Reached | Figures |\n|---|---|---|\n".to_owned();
    let mut line = |goal: &str, exceptions: Vec<String>, otherwise: String| {
        let (reached, figures) = match exceptions.is_empty() {
            true => ("yes", otherwise),
            false => ("no", exceptions.join("; ")),
        };
        let _ = writeln!(text, "| {goal} | {reached} | {figures} |");
    };
    for (what, figure) in [("calls", (|it| it.calls) as Figure), ("bytes", Cost::bytes)] {
        let exceptions = pairs
            .iter()
            .filter(|it| 2 * figure(&it.work) > figure(&it.upstream));
        let goal = format!("Each task: at most half of upstream's {what}");
        line(
            &goal,
            exceptions.map(|it| it.written(figure)).collect(),
            String::new(),
        );
        for size in Size::ALL {
            let of_size = pairs.iter().filter(|it| it.size == size);
            let reached = of_size
                .filter(|it| 4 * figure(&it.work) <= figure(&it.upstream))
                .count();
            let number = format!("{reached} tasks");
            let goal = format!(
                "At least {QUARTERS} of 16: at most a quarter of upstream's {what}, in the {} space",
                size.name()
            );
            let exceptions = (reached < QUARTERS).then(|| number.clone());
            line(&goal, exceptions.into_iter().collect(), number);
        }
    }
    let (work, upstream) = (
        figures.total(Size::Busy, Way::Work).bytes(),
        figures.total(Size::Busy, Way::Upstream).bytes(),
    );
    let percent = format!("{:.1} %", 100.0 * ratio(work, upstream));
    let exceptions = (100 * work >= MAX_PERCENT * upstream).then(|| percent.clone());
    let goal =
        format!("All tasks in the busy space: less than {MAX_PERCENT} % of upstream's bytes");
    line(&goal, exceptions.into_iter().collect(), percent);
    let requests: Figure = |it| it.requests;
    let exceptions = pairs
        .iter()
        .filter(|it| 2 * it.work.requests > 3 * it.upstream.requests);
    line(
        "Each task: at most 1.5 times upstream's requests to Backlog",
        exceptions.map(|it| it.written(requests)).collect(),
        String::new(),
    );
    let shares = pairs.iter().map(|it| it.work.share);
    let most = format!("at most {} %", shares.max().unwrap_or_default());
    let exceptions = pairs.iter().filter(|it| it.work.share > MAX_SHARE);
    line(
        "No call takes more than 80 % of a class of the user's rate limit",
        exceptions.map(|it| it.written(|cost| cost.share)).collect(),
        most,
    );
    text
}

fn pairs(figures: &Figures) -> Vec<Pair> {
    let of_size = |size| {
        let upstream = figures.of(size, Way::Upstream).iter();
        let both = upstream.zip(figures.of(size, Way::Work));
        (1..).zip(both).map(move |(number, (upstream, work))| Pair {
            number,
            size,
            upstream: upstream.cost,
            work: work.cost,
        })
    };
    Size::ALL.into_iter().flat_map(of_size).collect()
}

impl Pair {
    /// `9 (small): 3 of 4`
    fn written(&self, figure: Figure) -> String {
        format!(
            "{} ({}): {} of {}",
            self.number,
            self.size.name(),
            grouped(figure(&self.work)),
            grouped(figure(&self.upstream))
        )
    }
}

#[expect(clippy::cast_precision_loss, reason = "the numbers are below 2^52")]
fn ratio(part: usize, whole: usize) -> f64 {
    part as f64 / whole as f64
}
