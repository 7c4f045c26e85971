//! Decodes a file's bytes if they are text. The bytes decide, not the declared type.
//!
//! 1. A byte order mark (UTF-8, UTF-16), which is not part of the text.
//! 2. The charset that the header declares, if all bytes are valid in it. A single-byte charset, in
//!    which any bytes are valid, yields to UTF-8 with more than ASCII.
//! 3. ISO-2022-JP by its escape sequences, then UTF-8.
//! 4. Shift_JIS (CP932) and EUC-JP, the likelier one first, if all bytes are valid in it.
//! 5. For declared text without control characters: the likeliest charset.
//!
//! `encoding_rs` decodes, because it reports whether all bytes were valid and supports Windows'
//! CP932. `chardetng` chooses between Shift_JIS and EUC-JP: many texts are valid in both.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{EUC_JP, Encoding, ISO_2022_JP, SHIFT_JIS, UTF_8};

/// The bytes that are examined to guess the charset.
const SAMPLE: usize = 64 * 1024;

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Decoded {
    pub text: String,
    /// The name in the Encoding Standard; `Shift_JIS` is CP932.
    pub encoding: &'static str,
}

/// The declarations in the headers of a file.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Declared<'a> {
    /// The charset, if there is one.
    pub charset: Option<&'a str>,
    /// Whether the declared type is a text type.
    pub is_text: bool,
}

/// Decodes the bytes; `None` if they are not text.
pub(super) fn decode(bytes: &[u8], declared: Declared<'_>) -> Option<Decoded> {
    if let Some((encoding, length)) = Encoding::for_bom(bytes) {
        return whole(encoding, &bytes[length..]);
    }
    // A small PDF may consist of ASCII only.
    if bytes.starts_with(b"%PDF-") {
        return None;
    }
    let utf8 = whole(UTF_8, bytes);
    let is_utf8 = utf8.is_some() && !bytes.is_ascii();
    let charset = declared.charset.map(str::trim);
    let charset = charset.and_then(|it| Encoding::for_label_no_replacement(it.as_bytes()));
    let charset = charset.filter(|it| !(it.is_single_byte() && is_utf8));
    charset
        .and_then(|encoding| whole(encoding, bytes))
        .or_else(|| shifted(bytes))
        .or(utf8)
        .or_else(|| guessed(bytes, declared.is_text))
}

/// Decodes a short text without a declared charset, such as a name.
pub(super) fn decode_short(bytes: &[u8]) -> Option<String> {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Some(text.to_owned());
    }
    Some(guessed(bytes, true)?.text)
}

/// Decodes the text if all bytes are valid in the charset and it has few control characters.
fn whole(encoding: &'static Encoding, bytes: &[u8]) -> Option<Decoded> {
    let text = encoding.decode_without_bom_handling_and_without_replacement(bytes)?;
    is_readable(&text).then(|| Decoded {
        text: text.into_owned(),
        encoding: encoding.name(),
    })
}

/// Decodes ISO-2022-JP, which looks like ASCII except for its escape sequences.
fn shifted(bytes: &[u8]) -> Option<Decoded> {
    let has = |sequence: &[u8]| memchr::memmem::find(bytes, sequence).is_some();
    let is_shifted = has(b"\x1b$B") || has(b"\x1b$@") || has(b"\x1b(I");
    is_shifted.then(|| whole(ISO_2022_JP, bytes))?
}

fn guessed(bytes: &[u8], is_text: bool) -> Option<Decoded> {
    if bytes.iter().any(|byte| is_unprintable(*byte)) {
        return None;
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    // The bytes before it are ASCII in every charset.
    let start = bytes.iter().position(|byte| !byte.is_ascii())?;
    let rest = &bytes[start..];
    let sample = &rest[..rest.len().min(SAMPLE)];
    detector.feed(sample, sample.len() == rest.len());
    let in_japan = detector.guess(Some(b"jp"), Utf8Detection::Deny);
    let anywhere = detector.guess(None, Utf8Detection::Deny);

    // If the guess is a multi-byte charset, a valid text may also be in either of these.
    let japanese: &[_] = match in_japan {
        likeliest if likeliest == EUC_JP => &[EUC_JP, SHIFT_JIS],
        likeliest if likeliest.is_single_byte() => &[],
        _ => &[SHIFT_JIS, EUC_JP],
    };
    let others: &[_] = if is_text { &[in_japan, anywhere] } else { &[] };
    japanese
        .iter()
        .chain(others)
        .filter_map(|encoding| whole(encoding, bytes))
        .find(|decoded| !decoded.text.contains(is_private))
}

/// Whether a byte occurs in no text except in UTF-16 (WHATWG, MIME Sniffing, "binary data byte").
fn is_unprintable(byte: u8) -> bool {
    matches!(byte, 0..=0x08 | 0x0b | 0x0e..=0x1a | 0x1c..=0x1f)
}

/// Whether a character is in the private-use area, which real Shift_JIS text rarely has.
fn is_private(character: char) -> bool {
    matches!(character, '\u{e000}'..='\u{f8ff}')
}

/// Whether a text has no NUL and few control characters. A log may have a stray one.
fn is_readable(text: &str) -> bool {
    let mut unprintable = 0;
    for byte in text.bytes() {
        if byte == 0 {
            return false;
        }
        unprintable += usize::from(is_unprintable(byte));
    }
    unprintable * 100 <= text.len()
}

#[cfg(test)]
mod tests {
    use encoding_rs::{UTF_16BE, UTF_16LE, WINDOWS_1252};

    use super::*;

    const NOTES: &str = "品番,数量,備考\r\n表-1,12,ソ連製（予備）\r\nABC-2,3,至急、要確認\r\n";

    fn declared(charset: Option<&str>, is_text: bool) -> Declared<'_> {
        Declared { charset, is_text }
    }

    fn in_charset(encoding: &'static Encoding, text: &str) -> Vec<u8> {
        let (bytes, _, lossy) = encoding.encode(text);
        assert!(!lossy, "{text} in {}", encoding.name());
        bytes.into_owned()
    }

    #[test]
    fn japanese_texts_are_decoded_with_any_declared_charset() {
        let names = ["桟橋", "見積表", "ソース", "議事録_2026年11月.txt"];
        let late = format!("{}\n{NOTES}", "-".repeat(SAMPLE + 1));
        let texts = names
            .into_iter()
            .chain([NOTES, "let x = 1; // 表示\n", &late]);
        for text in texts {
            for encoding in [SHIFT_JIS, EUC_JP, ISO_2022_JP, UTF_8] {
                let bytes = in_charset(encoding, text);
                for is_text in [false, true] {
                    let found = decode(&bytes, declared(None, is_text));
                    let found = found.unwrap_or_else(|| panic!("{text} in {}", encoding.name()));
                    assert_eq!(
                        (found.text.as_str(), found.encoding),
                        (text, encoding.name())
                    );
                }
            }
        }
    }

    #[test]
    fn half_width_kana_are_read() {
        let bytes = in_charset(SHIFT_JIS, "ﾒﾓ：ｶﾅ");
        let found = decode(&bytes, Declared::default()).unwrap();
        assert_eq!(
            (found.text.as_str(), found.encoding),
            ("ﾒﾓ：ｶﾅ", "Shift_JIS")
        );
        let found = decode(b"\x1b(IRS\x1b(B.txt", Declared::default()).unwrap();
        assert_eq!(
            (found.text.as_str(), found.encoding),
            ("ﾒﾓ.txt", "ISO-2022-JP")
        );
    }

    #[test]
    fn a_mark_is_read_and_left_out() {
        let mut utf16 = [vec![0xff, 0xfe], vec![0xfe, 0xff]];
        for unit in NOTES.encode_utf16() {
            utf16[0].extend(unit.to_le_bytes());
            utf16[1].extend(unit.to_be_bytes());
        }
        let [little, big] = utf16;
        let utf8 = [b"\xef\xbb\xbf", NOTES.as_bytes()].concat();
        for (bytes, encoding) in [(little, UTF_16LE), (big, UTF_16BE), (utf8, UTF_8)] {
            for charset in [None, Some("Shift_JIS"), Some("utf-8")] {
                let found = decode(&bytes, declared(charset, false)).unwrap();
                assert_eq!(
                    (found.text.as_str(), found.encoding),
                    (NOTES, encoding.name())
                );
            }
        }
    }

    #[test]
    fn a_declared_charset_is_used_if_the_bytes_match_it() {
        let japanese = |encoding| in_charset(encoding, "桟橋の予約");
        for (bytes, charset, expected) in [
            (japanese(EUC_JP), "EUC-JP", ("桟橋の予約", "EUC-JP")),
            (japanese(EUC_JP), " x-euc-jp ", ("桟橋の予約", "EUC-JP")),
            (
                japanese(SHIFT_JIS),
                "windows-31j",
                ("桟橋の予約", "Shift_JIS"),
            ),
            (japanese(SHIFT_JIS), "UTF-8", ("桟橋の予約", "Shift_JIS")),
            (japanese(UTF_8), "ISO-8859-1", ("桟橋の予約", "UTF-8")),
            (japanese(UTF_8), "nonsense", ("桟橋の予約", "UTF-8")),
            (
                b"g\xe9n\xe9ral".to_vec(),
                "ISO-8859-1",
                ("général", "windows-1252"),
            ),
            (
                b"\xcc\xe8\xf0".to_vec(),
                "windows-1251",
                ("Мир", "windows-1251"),
            ),
        ] {
            let found = decode(&bytes, declared(Some(charset), false)).unwrap();
            assert_eq!((found.text.as_str(), found.encoding), expected);
        }
    }

    #[test]
    fn other_charsets_are_guessed_where_a_text_is_expected() {
        let text = "Größe;Länge;Straße\r\n12;3;Königsallee\r\n";
        let bytes = in_charset(WINDOWS_1252, text);
        let found = decode(&bytes, declared(None, true)).unwrap();
        assert_eq!(
            (found.text.as_str(), found.encoding),
            (text, "windows-1252")
        );
        assert_eq!(decode(&bytes, declared(None, false)), None);
    }

    #[test]
    fn a_text_may_have_a_stray_control_character() {
        let log = format!("{}\x07\x1b[31mred\x1b[0m\n", "all is well\n".repeat(20));
        assert_eq!(
            decode(log.as_bytes(), Declared::default()).unwrap().text,
            log
        );
        assert_eq!(decode(b"", Declared::default()).unwrap().text, "");
    }

    #[test]
    fn anything_else_stays_bytes() {
        let zip = b"PK\x03\x04\x14\x00\x00\x00\x08\x00".as_slice();
        let pdf = b"%PDF-1.4\n1 0 obj\nendobj\n".as_slice();
        let utf16_without_mark = b"a\x00b\x00c\x00".as_slice();
        let mut noise = 7_u32;
        let noise: Vec<u8> = std::iter::repeat_with(|| {
            noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            noise.to_be_bytes()[0]
        })
        .take(2000)
        .collect();
        let controls = b"\x01\x02\x03text".as_slice();
        let few_nul = b"a long text that has one NUL\x00 in it".as_slice();
        let japanese_nul = [in_charset(SHIFT_JIS, NOTES), vec![0]].concat();
        for bytes in [
            zip,
            pdf,
            utf16_without_mark,
            &noise,
            controls,
            few_nul,
            &japanese_nul,
            b"\xff\xfe\x00\xd8",
        ] {
            for is_text in [false, true] {
                assert_eq!(decode(bytes, declared(None, is_text)), None, "{bytes:?}");
            }
        }
        assert_eq!(decode(b"\xff", declared(None, false)), None);
    }
}
