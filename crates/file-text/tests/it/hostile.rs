//! Files that attack their reader.

use std::time::Instant;

use file_text::{ExtractError, Kind, LimitReached, Limits, kind_of, text};
use proptest::prelude::*;

use crate::support::{FIXTURES, FONT, Object, deflated, fixture, limits, page, pdf, zipped};

const KINDS: [Kind; 5] = [Kind::Pdf, Kind::Docx, Kind::Xlsx, Kind::Pptx, Kind::Zip];

/// Limits that a small file reaches.
fn small() -> Limits {
    Limits {
        max_text_bytes: 10_000,
        max_unpacked_bytes: 1 << 20,
        max_entries: 100,
        ..limits()
    }
}

/// Reads a file, which must neither panic nor exceed the length of the text.
fn is_bounded(kind: Kind, bytes: &[u8]) {
    let limits = small();
    match text(kind, bytes, &limits) {
        Ok(extracted) => assert!(extracted.text.len() <= limits.max_text_bytes),
        Err(ExtractError::Panicked(reason)) => panic!("{kind:?}: {reason}"),
        Err(_) => {}
    }
}

fn limit(kind: Kind, bytes: &[u8]) -> Option<LimitReached> {
    match text(kind, bytes, &small()) {
        Err(ExtractError::Limit(limit)) => Some(limit),
        _ => None,
    }
}

#[test]
fn a_truncated_file_is_no_problem() {
    for (name, kind) in FIXTURES {
        let bytes = fixture(name);
        // Every offset of a small file; some of a large one, of different remainders.
        let step = if bytes.len() < 6000 {
            1
        } else {
            bytes.len() / 50 + 1
        };
        for end in (0..bytes.len()).step_by(step) {
            is_bounded(kind, &bytes[..end]);
            let _ = kind_of(&bytes[..end], name);
        }
    }
}

#[test]
fn a_part_of_an_office_document_may_be_truncated() {
    let document = "<w:document><w:body><w:p a='b'><w:r><w:t>x&amp;</w:t></w:r></w:p>\
        <w:tbl><w:tr><w:tc><w:p/></w:tc></w:tr></w:tbl></w:body></w:document>";
    for end in 0..document.len() {
        is_bounded(
            Kind::Docx,
            &zipped(&[("word/document.xml", &document.as_bytes()[..end])]),
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn random_bytes_are_no_problem(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
        for kind in KINDS {
            is_bounded(kind, &bytes);
        }
    }

    #[test]
    fn changed_bytes_are_no_problem(
        index in 0..FIXTURES.len(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..20),
    ) {
        let (name, kind) = FIXTURES[index];
        let mut bytes = fixture(name);
        for (place, byte) in changes {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        let _ = kind_of(&bytes, name);
        is_bounded(kind, &bytes);
    }

    #[test]
    fn random_content_of_a_page_is_no_problem(
        words in prop::collection::vec(
            prop::sample::select(vec![
                "q", "Q", "BT", "ET", "/F", "12", "Tf", "(a", "b)", "Tj", "[", "]", "TJ", "<41",
                ">", "<<", ">>", "/X", "Do", "BI", "ID", "EI", "'", "\"", "-9e9", "Tm", "cm", "Td",
                "%", "\n", "\\", "Tz", "0", "99999999999999999999",
            ]),
            0..60,
        ),
    ) {
        let content = words.join(" ");
        is_bounded(Kind::Pdf, &page(("", Some(content.as_bytes())), FONT, &[]));
    }
}

#[test]
fn the_text_is_cut_at_its_limit() {
    for (name, kind) in FIXTURES {
        let bytes = fixture(name);
        let limits = Limits {
            max_text_bytes: 40,
            ..limits()
        };
        let extracted = text(kind, &bytes, &limits).unwrap();
        assert!(
            extracted.text.len() <= 40 && !extracted.is_complete,
            "{name}: {extracted:?}"
        );
        assert!(
            extracted
                .notes
                .iter()
                .any(|it| it.contains("the text is longer")),
            "{name}"
        );
    }
}

#[test]
fn no_work_starts_after_the_deadline() {
    for (name, kind) in FIXTURES {
        let limits = Limits::until(Instant::now());
        let result = text(kind, &fixture(name), &limits);
        let limit = ExtractError::Limit(LimitReached::Deadline).to_string();
        assert_eq!(result.unwrap_err().to_string(), limit, "{name}");
    }
}

#[test]
fn a_zip_bomb_is_not_unpacked() {
    let spaces = vec![b' '; 8 << 20];
    let bomb = zipped(&[("word/document.xml", &spaces)]);
    assert!(bomb.len() < 20_000);
    assert_eq!(limit(Kind::Docx, &bomb), Some(LimitReached::Unpacked));

    // The declared size is a lie: the central directory and the entry say 10 bytes.
    let declared = u32::try_from(spaces.len()).unwrap().to_le_bytes();
    let mut liar = bomb;
    let places: Vec<_> = (0..liar.len() - 4)
        .filter(|it| liar[*it..*it + 4] == declared)
        .collect();
    assert!(!places.is_empty());
    for place in places {
        liar[place..place + 4].copy_from_slice(&10_u32.to_le_bytes());
    }
    assert!(text(Kind::Docx, &liar, &small()).is_err());
}

#[test]
fn an_archive_with_many_entries_is_refused() {
    let names: Vec<_> = (0..101).map(|it| it.to_string()).collect();
    let entries: Vec<_> = names
        .iter()
        .map(|it| (it.as_str(), b"".as_slice()))
        .collect();
    for kind in [Kind::Zip, Kind::Docx] {
        assert_eq!(limit(kind, &zipped(&entries)), Some(LimitReached::Entries));
    }
    assert_eq!(limit(Kind::Zip, &zipped(&entries[..100])), None);
}

#[test]
fn entities_are_refused_and_depth_is_limited() {
    let bomb = b"<!DOCTYPE a [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;\">]><a>&b;</a>";
    let deep = "<a>".repeat(100_000);
    for (kind, part) in [
        (Kind::Docx, "word/document.xml"),
        (Kind::Xlsx, "xl/workbook.xml"),
        (Kind::Pptx, "ppt/presentation.xml"),
    ] {
        let result = text(kind, &zipped(&[(part, bomb)]), &small());
        assert!(
            matches!(result, Err(ExtractError::DocumentType)),
            "{result:?}"
        );
        let deep = zipped(&[(part, deep.as_bytes())]);
        assert_eq!(limit(kind, &deep), Some(LimitReached::Nesting));
    }
}

#[test]
fn a_long_string_in_many_cells_is_cut() {
    let workbook = r#"<workbook><sheets><sheet name="A" r:id="r1"/></sheets></workbook>"#;
    let relationships = r#"<Relationships><Relationship Id="r1" Type="x/worksheet" Target="s.xml"/>
        </Relationships>"#;
    let strings = format!("<sst><si><t>{}</t></si></sst>", "x".repeat(9000));
    let cells = r#"<c t="s"><v>0</v></c>"#.repeat(20_000);
    let sheet = format!("<worksheet><sheetData><row>{cells}</row></sheetData></worksheet>");
    let file = zipped(&[
        ("xl/workbook.xml", workbook.as_bytes()),
        ("xl/_rels/workbook.xml.rels", relationships.as_bytes()),
        ("xl/sharedStrings.xml", strings.as_bytes()),
        ("xl/s.xml", sheet.as_bytes()),
    ]);
    let extracted = text(Kind::Xlsx, &file, &small()).unwrap();
    assert_eq!(
        (extracted.text.len(), extracted.is_complete),
        (10_000, false)
    );
}

#[test]
fn a_stream_bomb_in_a_pdf_is_not_unpacked() {
    let once = deflated(&vec![b' '; 8 << 20]);
    let twice = deflated(&once);
    for (dict, data) in [
        ("/Filter/FlateDecode", &once),
        ("/Filter[/FlateDecode/FlateDecode]", &twice),
    ] {
        let extracted = text(Kind::Pdf, &page((dict, Some(data)), FONT, &[]), &small()).unwrap();
        assert!(!extracted.is_complete);
        assert!(
            extracted.notes[0].contains("unpacks to more"),
            "{:?}",
            extracted.notes
        );
    }
    let objects = (
        "/Type/ObjStm/N 1/First 4/Filter/FlateDecode",
        Some(once.as_slice()),
    );
    assert_eq!(
        limit(Kind::Pdf, &pdf(&[objects])),
        Some(LimitReached::Unpacked)
    );
}

#[test]
fn forms_that_draw_each_other_end() {
    // Each form draws the next one ten times: 10^9 texts.
    let head = |next: usize| {
        format!(
            "/Type/XObject/Subtype/Form/BBox[0 0 1 1]/Resources<<{FONT}/XObject<</X {next} 0 R>>>>"
        )
    };
    let heads: Vec<_> = (6..16).map(head).collect();
    let many = "/X Do ".repeat(10);
    let mut forms: Vec<Object<'_>> = heads[..9]
        .iter()
        .map(|it| (it.as_str(), Some(many.as_bytes())))
        .collect();
    forms.push((&heads[9], Some(b"BT /F 1 Tf 9 9 Td (text) Tj ET")));
    let resources = format!("{FONT}/XObject<</X 5 0 R>>");
    let file = page(("", Some(many.as_bytes())), &resources, &forms);
    let extracted = text(Kind::Pdf, &file, &small()).unwrap();
    assert!(!extracted.is_complete);
    assert_eq!(extracted.text.len(), 10_000);

    // A form that draws itself.
    let own = format!(
        "{}/XObject<</X 5 0 R>>",
        "/Type/XObject/Subtype/Form/BBox[0 0 1 1]"
    );
    let own = own.replace("/XObject<<", "/Resources<</XObject<<") + ">>";
    is_bounded(
        Kind::Pdf,
        &page(("", Some(b"/X Do")), &resources, &[(&own, Some(b"/X Do"))]),
    );
}

#[test]
fn the_structure_of_a_pdf_may_be_circular_or_deep() {
    for kids in ["2 0 R", "1 0 R", "3 0 R 3 0 R 2 0 R"] {
        let kids = format!("/Type/Pages/Kids[{kids}]/Parent 2 0 R");
        let own = "/Type/Page/Contents 3 0 R/Resources 3 0 R/Font 3 0 R/Annots 3 0 R";
        is_bounded(
            Kind::Pdf,
            &pdf(&[("/Pages 2 0 R", None), (&kids, None), (own, None)]),
        );
    }
    let deep = "[".repeat(100_000);
    let nested = format!("/Type/Catalog/Pages 2 0 R/X {deep}");
    is_bounded(Kind::Pdf, &pdf(&[(&nested, None)]));
    for (open, close) in [
        ("[", "]"),
        ("<<", ">>"),
        ("q ", "Q "),
        ("(", ")"),
        ("/A BMC ", "EMC "),
    ] {
        let content = format!("{}{}", open.repeat(50_000), close.repeat(50_000));
        is_bounded(Kind::Pdf, &page(("", Some(content.as_bytes())), FONT, &[]));
    }
}

#[test]
fn ranges_of_a_font_are_limited() {
    // Without a limit, each of these takes four billion steps.
    let cmap = b"1 begincodespacerange <00000000> <ffffffff> endcodespacerange \
        1 begincidrange <00000000> <ffffffff> 0 endcidrange \
        1 beginbfrange <00000000> <ffffffff> <0041> endbfrange";
    for widths in ["0 4294967295 500", "0 65535 500 ", "1 [1 2", "1 2 R"] {
        let widths = widths.repeat(100);
        let font = format!(
            "/Font<</F<</Type/Font/Subtype/Type0/BaseFont/X/Encoding 5 0 R/ToUnicode 5 0 R\
             /DescendantFonts[<</Subtype/CIDFontType2/W[{widths}]>>]>>>>"
        );
        let content = b"BT /F 12 Tf <00010002> Tj ET";
        is_bounded(
            Kind::Pdf,
            &page(("", Some(content)), &font, &[("", Some(cmap))]),
        );
    }
}

#[test]
fn a_content_cannot_add_objects_to_its_page() {
    let content = "7 0 obj<</Type/Catalog/Pages 8 0 R>>endobj (7 0 obj<</Type/Page>>endobj) Tj \
        trailer<</Root 7 0 R>> startxref 0 %%EOF\nBT /F 9 Tf (real) Tj ET";
    let file = page(("", Some(content.as_bytes())), FONT, &[]);
    let extracted = text(Kind::Pdf, &file, &limits()).unwrap();
    assert!(extracted.text.starts_with("## Page 1\n") && extracted.text.contains("real"));
}
