//! A file's name, from the header `Content-Disposition` (RFC 6266, RFC 8187).
//!
//! 1. The header's bytes are decoded: as UTF-8, or as the charsets that servers in Japan send
//!    undeclared.
//! 2. `mailparse` reads the parameters: quoted texts, `filename*` with its charset, and the parts
//!    of RFC 2231. `filename*` takes precedence over `filename`, unless it cannot be decoded.
//! 3. A plain `filename` may hold RFC 2047 words or percent-encoding.
//! 4. Only the last part of a path is kept, without characters that are invisible or change the
//!    direction of text.
//!
//! `mailparse` is used rather than actix-web's type, which rejects the whole header for one bad
//! parameter and supports neither RFC 2231 nor RFC 2047; the crate `content_disposition` splits
//! quoted texts.

use mailparse::parse_content_disposition as parse;
use percent_encoding::percent_decode_str;

use super::text;
use crate::toolkit::hidden;

/// A name that can be shown and saved.
#[expect(
    clippy::struct_field_names,
    reason = "the name is beside where it came from"
)]
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Name {
    pub name: String,
    /// The full path from the header, if `name` is only its last part.
    pub path: Option<String>,
    /// The number of hidden characters that were removed from it.
    pub removed: usize,
}

/// Reads the name from a header's value; `None` if there is no usable one.
pub(crate) fn of(disposition: &[u8]) -> Option<Name> {
    let header = text::decode_short(disposition)?;
    let header = literal_backslashes(&header);
    extended(&header)
        .and_then(|name| clean(&name))
        .or_else(|| clean(&spelled_out(&plain(&header)?)))
}

/// The maximum number of characters in the name of an upload by a link.
const MAX_CHARACTERS: usize = 255;

/// Whether an upload may have this name: it names a file, and no directory.
pub(crate) fn is_plain(name: &str) -> bool {
    let is_part_of_path = |c: char| c.is_control() || matches!(c, '/' | '\\');
    !matches!(name.trim(), "" | "." | "..") && !name.contains(is_part_of_path)
}

/// Whether an upload by a link may have this name, which the database keeps.
pub(crate) fn is_for_a_link(name: &str) -> bool {
    is_plain(name) && name.chars().count() <= MAX_CHARACTERS
}

/// Makes a name for a file without one, with the extension of its type.
pub(super) fn made_up(stem: &str, content_type: &str) -> String {
    const ENDINGS: [(&str, &str); 16] = [
        ("application/gzip", "gz"),
        ("application/json", "json"),
        ("application/pdf", "pdf"),
        ("application/xml", "xml"),
        ("application/zip", "zip"),
        ("image/gif", "gif"),
        ("image/jpeg", "jpg"),
        ("image/png", "png"),
        ("image/svg+xml", "svg"),
        ("image/webp", "webp"),
        ("text/css", "css"),
        ("text/csv", "csv"),
        ("text/html", "html"),
        ("text/markdown", "md"),
        ("text/plain", "txt"),
        ("text/xml", "xml"),
    ];
    let ending = ENDINGS.iter().find(|(known, _)| *known == content_type);
    ending.map_or_else(|| stem.to_owned(), |(_, ending)| format!("{stem}.{ending}"))
}

/// Doubles every backslash that escapes nothing: some servers send Windows paths unescaped.
fn literal_backslashes(header: &str) -> String {
    let mut literal = String::with_capacity(header.len());
    let mut characters = header.chars().peekable();
    while let Some(character) = characters.next() {
        literal.push(character);
        if character == '\\' {
            let escaped = characters.next_if(|next| matches!(next, '"' | '\\'));
            literal.push(escaped.unwrap_or('\\'));
        }
    }
    literal
}

/// Reads the plain `filename`. An empty one is put in front, so that `mailparse` does not use
/// `filename*` where the plain one is missing.
fn plain(header: &str) -> Option<String> {
    let (_, parameters) = header.split_once(';')?;
    let mut parsed = parse(&format!("attachment; filename=\"\"; {parameters}"));
    let name = parsed.params.remove("filename")?;
    (!name.is_empty()).then_some(name)
}

/// Reads the decoded `filename*`, or the joined parts `filename*0`, `filename*1*`, ….
fn extended(header: &str) -> Option<String> {
    let mut params = parse(header).params;
    let name = if plain(header).is_none() {
        params.remove("filename")?
    } else if let Some(encoded) = params.remove("filename*") {
        let quoted = encoded.replace('\\', "\\\\").replace('"', "\\\"");
        let mut alone = parse(&format!("attachment; filename*=\"{quoted}\""));
        alone.params.remove("filename")?
    } else {
        let parts = (0..).map_while(|index| params.remove(&format!("filename*{index}")));
        parts.collect()
    };
    // Bytes outside of the declared charset are decoded as this character.
    (!name.is_empty() && !name.contains(char::REPLACEMENT_CHARACTER)).then_some(name)
}

/// Decodes encodings that a plain name must not have, but that are in use.
fn spelled_out(name: &str) -> String {
    if name.contains("=?") && name.contains("?=") {
        let field = format!("Name: {name}");
        if let Ok((field, _)) = mailparse::parse_header(field.as_bytes()) {
            return field.get_value();
        }
    }
    if name.is_ascii() && name.contains('%') {
        let bytes: Vec<u8> = percent_decode_str(name).collect();
        if let Some(decoded) = text::decode_short(&bytes) {
            return decoded;
        }
    }
    name.to_owned()
}

fn clean(name: &str) -> Option<Name> {
    let visible: String = name.chars().filter(|it| !is_hidden(*it)).collect();
    let last = visible
        .rsplit(['/', '\\'])
        .next()
        .unwrap_or_default()
        .trim();
    let usable = !matches!(last, "" | "." | "..");
    usable.then(|| Name {
        name: last.to_owned(),
        path: (visible.contains(['/', '\\'])).then(|| visible.clone()),
        removed: hidden::clean(name).removed,
    })
}

/// Whether a character is a control character, or one that Unicode lets renderers ignore or
/// reorder. Variation selectors are kept: they choose the form of a visible character.
fn is_hidden(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{ad}'
                | '\u{34f}'
                | '\u{61c}'
                | '\u{115f}'..='\u{1160}'
                | '\u{17b4}'..='\u{17b5}'
                | '\u{180b}'..='\u{180f}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{3164}'
                | '\u{feff}'
                | '\u{ffa0}'
                | '\u{fff0}'..='\u{fffb}'
                | '\u{1bca0}'..='\u{1bca3}'
                | '\u{1d173}'..='\u{1d17a}'
                | '\u{e0000}'..='\u{e00ff}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(disposition: &[u8]) -> Option<String> {
        of(disposition).map(|found| found.name)
    }

    #[test]
    fn a_name_is_read_however_it_is_written() {
        for (parameters, expected) in [
            // RFC 6266 and RFC 8187.
            ("filename=a.png", "a.png"),
            ("filename = a.png ; x=y", "a.png"),
            (r#"filename="a b.png""#, "a b.png"),
            (r"filename=a (1).txt", "a (1).txt"),
            ("filename*=UTF-8''%E5%9B%B3%20a.png", "図 a.png"),
            ("FILENAME*=utf-8'ja'%E5%9B%B3.png", "図.png"),
            (
                r#"filename="old.png"; filename*=utf-8'en'new.png"#,
                "new.png",
            ),
            (r#"filename*=utf-8''new.png; filename="old.png""#, "new.png"),
            ("filename*=UTF-8''100%2525.txt", "100%25.txt"),
            ("filename*=UTF-8''it's.txt", "it's.txt"),
            // Quoted texts.
            (r#"filename="a \"b\".json""#, r#"a "b".json"#),
            (r#"filename="a;b.txt""#, "a;b.txt"),
            (
                r#"filename="x; filename*=UTF-8''evil.txt""#,
                "x; filename*=UTF-8''evil.txt",
            ),
            (
                r#"filename="x; filename*=UTF-8''evil.txt"; filename*=UTF-8''good.txt"#,
                "good.txt",
            ),
            // Other charsets.
            ("filename*=Shift_JIS''%8C%A9%90%CF%95%5C.txt", "見積表.txt"),
            ("filename*=EUC-JP''%B8%AB%C0%D1.txt", "見積.txt"),
            ("filename*=ISO-8859-1''caf%E9.txt", "café.txt"),
            (
                r#"filename="plain.txt"; filename*=EUC-JP''%B8%AB%C0%D1.txt"#,
                "見積.txt",
            ),
            // A name that cannot be decoded counts as absent.
            (
                r#"filename="plain.txt"; filename*=UTF-8''%ff.txt"#,
                "plain.txt",
            ),
            (
                r#"filename="plain.txt"; filename*=x-none''a.txt"#,
                "plain.txt",
            ),
            // RFC 2231.
            ("filename*0=long; filename*1=er.txt", "longer.txt"),
            (
                "filename*0*=UTF-8''%E8%A6%8B; filename*1*=%E7%A9%8D; filename*2=.txt",
                "見積.txt",
            ),
            ("filename*0*=UTF-8''%E8%A6; filename*1*=%8B.txt", "見.txt"),
            (
                "filename=plain.txt; filename*0*=UTF-8''%E8%A6%8B; filename*1=.txt",
                "見.txt",
            ),
            // RFC 2047 and percent-encoding in a plain name.
            (r#"filename="=?UTF-8?B?6KaL56mNLnR4dA==?=""#, "見積.txt"),
            ("filename==?UTF-8?Q?caf=C3=A9_1.txt?=", "café 1.txt"),
            (
                r#"filename="=?ISO-2022-JP?B?GyRCOCtAURsoQi50eHQ=?=""#,
                "見積.txt",
            ),
            ("filename=%E8%A6%8B%E7%A9%8D.txt", "見積.txt"),
            (r#"filename="a%20b.txt""#, "a b.txt"),
            (r#"filename="100%.txt""#, "100%.txt"),
            // Raw UTF-8.
            (r#"filename="見積表.txt""#, "見積表.txt"),
            (r#"filename="ﾐﾂﾓﾘ 👍🏽.txt""#, "ﾐﾂﾓﾘ 👍🏽.txt"),
        ] {
            let header = format!("attachment; {parameters}");
            assert_eq!(
                name(header.as_bytes()).as_deref(),
                Some(expected),
                "{header}"
            );
        }
    }

    #[test]
    fn raw_bytes_of_another_charset_are_read() {
        for (encoding, expected) in [
            (encoding_rs::SHIFT_JIS, "見積表.txt"),
            (encoding_rs::SHIFT_JIS, "ソース.txt"),
            (encoding_rs::EUC_JP, "見積表.txt"),
            (encoding_rs::WINDOWS_1252, "café menu.txt"),
        ] {
            let header = format!("attachment; filename=\"{expected}\"");
            let (bytes, _, lossy) = encoding.encode(&header);
            assert!(!lossy);
            assert_eq!(
                name(&bytes).as_deref(),
                Some(expected),
                "{}",
                encoding.name()
            );
        }
    }

    #[test]
    fn a_path_is_cut_to_its_last_part_and_that_can_be_said() {
        for (parameters, expected, path) in [
            (
                r#"filename="../../etc/passwd""#,
                "passwd",
                "../../etc/passwd",
            ),
            (r#"filename="C:\x\a.png""#, "a.png", r"C:\x\a.png"),
            (r#"filename="a\\b.json""#, "b.json", r"a\b.json"),
            ("filename*=UTF-8''..%5C..%5Ca.txt", "a.txt", r"..\..\a.txt"),
            ("filename=a%2Fb.txt", "b.txt", "a/b.txt"),
        ] {
            let found = of(format!("attachment; {parameters}").as_bytes()).unwrap();
            assert_eq!(found.name, expected);
            assert_eq!(found.path.as_deref(), Some(path));
        }
        let found = of(b"attachment; filename=a.txt").unwrap();
        assert_eq!(found.path, None);
    }

    #[test]
    fn invisible_characters_are_removed() {
        for (hidden, expected) in [
            ("invoice\u{202e}fdp.exe", "invoicefdp.exe"),
            ("a\u{2066}b\u{2069}.txt", "ab.txt"),
            ("a\u{200b}\u{200d}\u{feff}\u{2060}b.txt", "ab.txt"),
            ("a\r\nb\u{7f}\u{85}.txt", "ab.txt"),
            ("葛\u{e0100}城.txt", "葛\u{e0100}城.txt"),
            ("か\u{3099}.txt", "か\u{3099}.txt"),
        ] {
            let encoded =
                percent_encoding::utf8_percent_encode(hidden, percent_encoding::NON_ALPHANUMERIC);
            let header = format!("attachment; filename*=UTF-8''{encoded}");
            assert_eq!(name(header.as_bytes()).as_deref(), Some(expected));
        }
        let long = "長".repeat(300);
        let header = format!("attachment; filename=\"{long}\"");
        assert_eq!(name(header.as_bytes()), Some(long));
    }

    #[test]
    fn there_may_be_no_name() {
        for header in [
            "",
            "attachment",
            "inline;",
            "attachment; filename=",
            "attachment; filename=\"\"",
            "attachment; filename=\"..\"",
            "attachment; filename=\"/\"",
            "attachment; filename*=UTF-8''%ff",
            "attachment; filename*=UTF-8''%E2%80%AE",
            "attachment; name=\"a.txt\"",
            "attachment; filename*=UTF-8",
        ] {
            assert_eq!(name(header.as_bytes()), None, "{header}");
        }
        assert_eq!(made_up("attachment-5", "image/jpeg"), "attachment-5.jpg");
        assert_eq!(made_up("attachment-5", "text/plain"), "attachment-5.txt");
        assert_eq!(made_up("attachment-5", "application/x"), "attachment-5");
    }
}
