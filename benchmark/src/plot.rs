//! Plots of latencies: the share of responses within each time.

use anyhow::Context;
use plotters::prelude::*;

use crate::load::Outcome;

const SIZE: (u32, u32) = (820, 420);
const COLOURS: [RGBColor; 4] = [
    RGBColor(0, 114, 178),
    RGBColor(213, 94, 0),
    RGBColor(0, 158, 115),
    RGBColor(90, 90, 90),
];
/// The shares of responses, in percent, at which each line is drawn.
const SHARES: [f64; 14] = [
    1.0, 5.0, 10.0, 20.0, 30.0, 40.0, 50.0, 60.0, 70.0, 80.0, 90.0, 95.0, 99.0, 99.9,
];

/// Draws one line per load: its latency in milliseconds over the share of responses.
pub(crate) fn latencies(title: &str, loads: &[(&str, &Outcome)]) -> anyhow::Result<String> {
    let mut svg = String::new();
    draw(&mut svg, title, loads).context("the plot could not be drawn")?;
    Ok(svg)
}

fn draw(svg: &mut String, title: &str, loads: &[(&str, &Outcome)]) -> anyhow::Result<()> {
    let lines: Vec<Vec<(f64, f64)>> = loads
        .iter()
        .map(|(_, outcome)| {
            let at = |share: f64| outcome.quantile(share / 100.0).as_secs_f64() * 1000.0;
            SHARES.iter().map(|share| (*share, at(*share))).collect()
        })
        .collect();
    let highest = lines
        .iter()
        .flatten()
        .map(|point| point.1)
        .fold(0.0, f64::max);

    let area = SVGBackend::with_string(svg, SIZE).into_drawing_area();
    area.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(&area)
        .caption(title, ("sans-serif", 18))
        .margin(12)
        .x_label_area_size(42)
        .y_label_area_size(60)
        .build_cartesian_2d(0.0..100.0, 0.0..highest * 1.1)?;
    chart
        .configure_mesh()
        .x_desc("responses within the time, %")
        .y_desc("milliseconds")
        .light_line_style(WHITE.mix(0.0))
        .draw()?;
    for (index, ((name, _), line)) in loads.iter().zip(lines).enumerate() {
        let colour = COLOURS[index % COLOURS.len()];
        chart
            .draw_series(LineSeries::new(line, colour.stroke_width(2)))?
            .label(*name)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], colour.stroke_width(2)));
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::UpperLeft)
        .background_style(WHITE)
        .border_style(BLACK.mix(0.3))
        .draw()?;
    area.present()?;
    Ok(())
}
