//! Reads which response types a client accepts (RFC 9110 §12.5.1).

/// The two response types that an MCP server can send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Accepted {
    pub json: bool,
    pub events: bool,
}

/// The values that nearly every client sends.
const USUAL: [&[u8]; 2] = [
    b"application/json, text/event-stream",
    b"text/event-stream, application/json",
];

/// How closely a range matches a media type; the closest match decides.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fit {
    Any,
    Type,
    Exact,
}

impl Accepted {
    const BOTH: Self = Self {
        json: true,
        events: true,
    };

    /// Reads the lines of `Accept`. A client that names no type accepts any.
    pub fn of<'a>(lines: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let mut lines = lines.into_iter().peekable();
        let Some(first) = lines.next() else {
            return Self::BOTH;
        };
        if lines.peek().is_none() && USUAL.contains(&first) {
            return Self::BOTH;
        }
        let ranges: Vec<_> = std::iter::once(first)
            .chain(lines)
            .filter_map(|line| std::str::from_utf8(line).ok())
            .flat_map(|line| line.split(','))
            .filter_map(Range::read)
            .collect();
        if ranges.is_empty() {
            return Self::BOTH;
        }
        let admits = |kind: &str, subtype: &str| {
            let fits = ranges.iter().filter_map(|range| {
                let fit = range.fit(kind, subtype)?;
                Some((fit, range.admitted))
            });
            // Between two equally close matches, the accepting one wins.
            fits.max().is_some_and(|(_, admitted)| admitted)
        };
        Self {
            json: admits("application", "json"),
            events: admits("text", "event-stream"),
        }
    }
}

/// A media range. Parameters other than the weight are ignored.
struct Range<'a> {
    kind: &'a str,
    subtype: &'a str,
    admitted: bool,
}

impl<'a> Range<'a> {
    fn read(text: &'a str) -> Option<Self> {
        let mut parts = text.split(';').map(str::trim);
        let (kind, subtype) = match parts.next()? {
            "" => return None,
            // Java's built-in HTTP client sends a bare `*`.
            "*" => ("*", "*"),
            range => range.split_once('/')?,
        };
        let excluded = parts
            .filter_map(|parameter| parameter.split_once('='))
            .filter(|(name, _)| name.trim().eq_ignore_ascii_case("q"))
            // A weight that is not a number excludes nothing.
            .any(|(_, weight)| weight.trim().parse::<f32>().is_ok_and(|q| q <= 0.0));
        Some(Self {
            kind,
            subtype,
            admitted: !excluded,
        })
    }

    fn fit(&self, kind: &str, subtype: &str) -> Option<Fit> {
        match (self.kind, self.subtype) {
            ("*", "*") => Some(Fit::Any),
            (own, "*") if own.eq_ignore_ascii_case(kind) => Some(Fit::Type),
            (own, sub) if own.eq_ignore_ascii_case(kind) && sub.eq_ignore_ascii_case(subtype) => {
                Some(Fit::Exact)
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_closest_range_decides() {
        for (lines, json, events) in [
            (&[][..], true, true),
            (&[""], true, true),
            (&["application/json, text/event-stream"], true, true),
            (&["text/event-stream, application/json"], true, true),
            (&["Text/Event-Stream,APPLICATION/JSON"], true, true),
            (&["application/json", "text/event-stream"], true, true),
            (
                &["application/json; charset=utf-8, text/event-stream;x=1"],
                true,
                true,
            ),
            (&["application/json"], true, false),
            (&["application/*"], true, false),
            (&["*/*"], true, true),
            (&["*"], true, true),
            (
                &["text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2"],
                true,
                true,
            ),
            (&["application/json;q=0.9, */*;q=0.1"], true, true),
            (&["application/json, text/event-stream;q=0"], true, false),
            (&["application/json;q=0, */*"], false, true),
            (&["application/json;q=0.000"], false, false),
            (&["application/json;q=0, application/json"], true, false),
            (&["application/json;q=no"], true, false),
            (&["application/*;q=0, application/json;q=0.1"], true, false),
            (&["text/*"], false, true),
            (&["text/event-stream"], false, true),
            (&["text/html"], false, false),
            (&["*/*;q=0"], false, false),
            (&["application/jsonl"], false, false),
            (&["nonsense"], true, true),
        ] {
            let accepted = Accepted::of(lines.iter().map(|line| line.as_bytes()));
            assert_eq!(accepted, Accepted { json, events }, "{lines:?}");
        }
    }
}
