//! Collects the characters that a page draws, and joins them to lines.
//!
//! The order is that of the content, which is the order of reading in what office programs and
//! browsers write. Positions decide only where a word, a line or a paragraph ends.

use std::{iter, panic, sync::Arc};

use hayro_interpret::{
    BlendMode, ClipPath, Context, Device, DrawMode, DrawProps, Image, ImageDrawProps,
    InterpreterCache, InterpreterSettings, SoftMask,
    font::{Glyph, GlyphRun},
    hayro_cmap::{BfString, WritingMode},
    hayro_syntax::Pdf,
    interpret_page,
    kurbo::{Affine, BezPath, Point, Rect, Vec2},
};
use unicode_normalization::UnicodeNormalization;

use crate::{
    error::{ExtractError, LimitReached},
    kind::Kind,
    limits::Meter,
};

/// Glyphs between two checks of the time.
const GLYPHS: u32 = 64;

/// The font in place of all that are not embedded. The library stretches a glyph from the width
/// in its font to the width in the PDF, which would change the distances here; it does not stretch
/// glyphs without a width. `blank.py` makes it.
const BLANK: &[u8] = include_bytes!("blank.ttf");

/// The height and width of the square that glyphs are designed in.
const EM: f64 = 1000.0;

/// Distances in ems that end a word, a column, a line, and a paragraph.
const WORD: f64 = 0.15;
const COLUMN: f64 = 3.0;
const LINE: f64 = 0.5;
const PARAGRAPH: f64 = 2.2;

/// Adds the text of a small PDF with one page, up to a little more than the maximum.
pub(super) fn add_text(
    small: Vec<u8>,
    meter: &Meter,
    max: usize,
    text: &mut String,
) -> Result<(), ExtractError> {
    let pdf = Pdf::new(small);
    let pdf = pdf.map_err(|error| ExtractError::damaged(Kind::Pdf.name(), format!("{error:?}")))?;
    let cache = InterpreterCache::new();
    let settings = InterpreterSettings {
        font_resolver: Arc::new(|_| Some((Arc::new(BLANK), 0))),
        ..InterpreterSettings::default()
    };
    let area = Rect::new(0.0, 0.0, 1.0, 1.0);
    let mut context = Context::new(Affine::IDENTITY, area, &cache, pdf.xref(), settings);
    let mut collector = Collector {
        meter,
        max,
        glyphs: 0,
        text,
        last: None,
    };
    for page in pdf.pages().iter() {
        interpret_page(page, &mut context, &mut collector);
    }
    text.truncate(text.trim_end().len());
    Ok(())
}

struct Collector<'m> {
    meter: &'m Meter,
    max: usize,
    glyphs: u32,
    text: &'m mut String,
    last: Option<Drawn>,
}

/// A character on the page.
struct Drawn {
    text: String,
    /// Where it starts, and where the next one of its word would.
    start: Point,
    end: Point,
    /// One em in the direction of writing.
    em: Vec2,
}

impl Collector<'_> {
    /// Counts a glyph, and unwinds if the text is too long.
    fn count_glyph(&mut self) {
        if self.text.len() > self.max {
            panic::resume_unwind(Box::new(LimitReached::Text));
        }
        self.glyphs += 1;
        if self.glyphs >= GLYPHS {
            self.glyphs = 0;
            self.check_time();
        }
    }

    /// Unwinds if the time is over: the library has no other way to stop.
    fn check_time(&self) {
        if let Err(limit) = self.meter.check_time() {
            panic::resume_unwind(Box::new(limit));
        }
    }

    fn add(&mut self, drawn: Drawn) {
        let size = drawn.em.hypot();
        if !(size.is_finite() && size > 0.0) {
            return;
        }
        if let Some(last) = &self.last {
            // Bold text may be drawn twice, a little beside.
            if last.text == drawn.text && (last.start - drawn.start).hypot() < size * 0.1 {
                return;
            }
            let gap = gap(last, &drawn, size);
            if !gap.is_empty() && !self.text.ends_with(['\n', '\t']) {
                let length = self.text.trim_end_matches(' ').len();
                if gap != " " {
                    self.text.truncate(length);
                }
                self.text.push_str(gap);
            }
        }
        let is_space = drawn.text == " " || drawn.text == "\u{a0}";
        if !(is_space && (self.text.is_empty() || self.text.ends_with([' ', '\n', '\t']))) {
            self.text.push_str(&drawn.text);
        }
        self.last = Some(drawn);
    }
}

/// The separator between two characters.
fn gap(last: &Drawn, next: &Drawn, size: f64) -> &'static str {
    let direction = next.em / size;
    // Browsers write vertical text as single characters below each other.
    let step = (next.start - last.start) / size;
    let is_below =
        step.dot(direction).abs() < 0.1 && (-1.15..-0.9).contains(&direction.cross(step));
    if is_below && is_wide(&last.text) && is_wide(&next.text) {
        return "";
    }
    let distance = next.start - last.end;
    let along = distance.dot(direction) / size;
    let across = distance.cross(direction).abs() / size;
    if across > PARAGRAPH {
        "\n\n"
    } else if across > LINE || along < -1.0 {
        "\n"
    } else if along > COLUMN {
        "\t"
    } else if along > WORD && !(is_wide(&last.text) && is_wide(&next.text) && along < 1.0) {
        " "
    } else {
        ""
    }
}

/// Replaces the forms that fonts have instead of letters: ligatures, radicals instead of ideographs as
/// Chromium writes, and the forms of punctuation in vertical text.
fn plain(text: &str) -> String {
    let is_form = |it: char| {
        matches!(it, '\u{2e80}'..='\u{2fdf}' | '\u{fb00}'..='\u{fb06}')
            || matches!(it, '\u{fe10}'..='\u{fe19}' | '\u{fe30}'..='\u{fe4f}')
    };
    let mut plain = String::with_capacity(text.len());
    for character in text.chars().filter(|it| !it.is_control()) {
        if is_form(character) {
            plain.extend(iter::once(character).nfkc());
        } else {
            plain.push(character);
        }
    }
    plain
}

/// Whether a character is one of a script without spaces, which is stretched to justify a line.
fn is_wide(text: &str) -> bool {
    text.chars()
        .all(|it| ('\u{2e80}'..='\u{ffef}').contains(&it))
}

impl Device<'_> for Collector<'_> {
    fn draw_glyph_run(&mut self, run: &GlyphRun<'_, '_>, props: DrawProps<'_>, _: &DrawMode) {
        for glyph in run.glyphs() {
            self.count_glyph();
            let Some(text) = glyph.as_unicode() else {
                continue;
            };
            let text = match text {
                BfString::Char(character) => character.to_string(),
                BfString::String(text) => text,
            };
            let text = plain(&text);
            if text.is_empty() {
                continue;
            }
            let advance = match &**glyph {
                Glyph::Outline(glyph) => glyph.advance_width(),
                Glyph::Type3(glyph) => glyph.advance_width(),
            };
            let place = props.transform * glyph.transform();
            let start = place * Point::ZERO;
            let (em, advance) = match run.writing_mode() {
                WritingMode::Horizontal => {
                    (place * Point::new(EM, 0.0) - start, advance.map(f64::from))
                }
                WritingMode::Vertical => (place * Point::new(0.0, -EM) - start, None),
            };
            let end = start + em * (advance.unwrap_or(EM) / EM);
            self.add(Drawn {
                text,
                start,
                end,
                em,
            });
        }
    }

    fn push_clip_path(&mut self, _: &ClipPath) {
        self.check_time();
    }

    fn push_transparency_group(&mut self, _: f32, _: Option<SoftMask<'_>>, _: BlendMode) {
        self.check_time();
    }

    fn draw_path(&mut self, _: &BezPath, _: DrawProps<'_>, _: &DrawMode) {
        self.check_time();
    }

    fn draw_image(&mut self, _: Image<'_, '_>, _: ImageDrawProps<'_>) {
        self.check_time();
    }

    fn pop_clip(&mut self) {
        self.check_time();
    }

    fn pop_transparency_group(&mut self) {
        self.check_time();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(text: &str, x: f64, y: f64) -> Drawn {
        Drawn {
            text: text.to_owned(),
            start: Point::new(x, y),
            end: Point::new(x + 10.0, y),
            em: Vec2::new(10.0, 0.0),
        }
    }

    #[test]
    fn positions_say_what_separates_characters() {
        for (last, next, expected) in [
            (("a", 0.0, 0.0), ("b", 10.0, 0.0), ""),
            (("a", 0.0, 0.0), ("b", 13.0, 0.0), " "),
            (("表", 0.0, 0.0), ("示", 13.0, 0.0), ""),
            (("a", 0.0, 0.0), ("b", 100.0, 0.0), "\t"),
            (("a", 0.0, 0.0), ("2", 10.0, 4.0), ""),
            (("a", 90.0, 0.0), ("b", 0.0, -12.0), "\n"),
            (("a", 90.0, 0.0), ("b", 0.0, 0.0), "\n"),
            (("a", 90.0, 0.0), ("b", 0.0, -30.0), "\n\n"),
            (("縦", 0.0, 0.0), ("書", 0.0, -10.0), ""),
            (("1", 0.0, 0.0), ("2", 0.0, -10.0), "\n"),
        ] {
            let [last, next] = [last, next].map(|(text, x, y)| drawn(text, x, y));
            assert_eq!(
                gap(&last, &next, 10.0),
                expected,
                "{} {}",
                last.text,
                next.text
            );
        }
    }

    #[test]
    fn forms_of_letters_become_letters() {
        assert_eq!(plain("⽇⾼ﬁ︒㈱①ｱ\u{0}"), "日高fi。㈱①ｱ");
    }
}
