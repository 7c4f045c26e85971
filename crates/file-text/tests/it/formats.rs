//! Reads real files of each format. `fixtures/make.py` makes them.

use file_text::{ExtractError, Kind, kind_of, text};

use crate::support::{FIXTURES, FONT, fixture, limits, page, pdf, zipped};

fn read(name: &str) -> String {
    let bytes = fixture(name);
    let kind = kind_of(&bytes, name).expect("a known kind");
    let extracted = text(kind, &bytes, &limits()).expect("a readable file");
    assert!(extracted.is_complete, "{:?}", extracted.notes);
    extracted.text
}

#[test]
fn a_kind_is_known_by_its_content() {
    for (name, kind) in FIXTURES {
        for name in [name, "", "x.txt", "x.docx"] {
            assert_eq!(kind_of(&fixture_of(kind), name), Some(kind), "{name}");
        }
        assert_eq!(kind_of(&fixture(name), name), Some(kind), "{name}");
    }
    for bytes in [b"".as_slice(), b"text", b"\x89PNG\r\n\x1a\n", b"PK\x03"] {
        assert_eq!(kind_of(bytes, "x.pdf"), None);
    }
}

fn fixture_of(kind: Kind) -> Vec<u8> {
    let (name, _) = FIXTURES
        .iter()
        .find(|(_, it)| *it == kind)
        .expect("a fixture");
    fixture(name)
}

#[test]
fn a_name_decides_between_two_documents_in_one_archive() {
    let both = zipped(&[("xl/workbook.xml", b"<a/>"), ("word/document.xml", b"<a/>")]);
    assert_eq!(kind_of(&both, "a.XLSX"), Some(Kind::Xlsx));
    assert_eq!(kind_of(&both, "a.docx"), Some(Kind::Docx));
    assert_eq!(kind_of(&both, "a.pptx"), Some(Kind::Docx));
}

#[test]
fn a_word_document_becomes_markdown() {
    let expected = "\
# 議事録

# Decisions 決定事項

来週の月曜日にリリースします。 We release on Monday.

- 見積書を送付する
- Fix the bug

| 担当 | 期限 |
|---|---|
| 山田\\|太郎 | 2026-12-01 |

## Notes

A\tB bold & <tag>
";
    assert_eq!(read("sample.docx"), expected);
}

#[test]
fn the_parts_of_a_word_document_that_are_no_text_are_left_out() {
    let document = "<w:document><w:body><w:p><w:r><w:t>a</w:t></w:r>\
        <w:del><w:r><w:t>gone</w:t></w:r></w:del><w:r><w:delText>gone</w:delText></w:r>\
        <w:r><w:instrText>PAGE</w:instrText><w:br/><w:t>b</w:t></w:r></w:p>\
        <w:p><w:r><w:ruby><w:rt><w:r><w:t>かんじ</w:t></w:r></w:rt>\
        <w:rubyBase><w:r><w:t>漢字</w:t></w:r></w:rubyBase></w:ruby></w:r></w:p>\
        <w:tbl><w:tr><w:tc><w:p><w:r><w:t>x</w:t></w:r></w:p><w:tbl><w:tr><w:tc><w:p><w:r>\
        <w:t>inner</w:t></w:r></w:p></w:tc></w:tr></w:tbl><w:p/></w:tc></w:tr></w:tbl>\
        </w:body></w:document>";
    let notes = "<w:footnotes><w:footnote><w:p><w:r><w:t>note</w:t></w:r></w:p></w:footnote>\
        </w:footnotes>";
    let file = zipped(&[
        ("word/document.xml", document.as_bytes()),
        ("word/footnotes.xml", notes.as_bytes()),
    ]);
    let extracted = text(Kind::Docx, &file, &limits()).unwrap();
    let expected = "a\nb\n\n(かんじ)漢字\n\n| x inner |\n|---|\n\n## Footnotes\n\nnote\n";
    assert_eq!(extracted.text, expected);
}

#[test]
fn a_workbook_becomes_tables() {
    let expected = "\
## 見積

| 品名 | 数量 | 単価 | 納期 |
|---|---|---|---|
| ソフトウェア | 2 | 1500.5 | 2026-12-01 |
| 保守 | 0.3 | TRUE | 2026-11-30 09:30:00 |
| 合計 |  |  | 25% | XFD5: far |

## Hidden (hidden)

| secret \\| pipe |
|---|
";
    assert_eq!(read("sample.xlsx"), expected);
}

#[test]
fn the_readings_of_japanese_words_are_left_out_of_cells() {
    let workbook = r#"<workbook><sheets><sheet name="A" r:id="r1"/></sheets></workbook>"#;
    let relationships = r#"<Relationships><Relationship Id="r1" Type="x/worksheet"
        Target="worksheets/s.xml"/></Relationships>"#;
    let strings =
        "<sst><si><r><t>東</t></r><r><t>京</t></r><rPh><t>トウキョウ</t></rPh></si></sst>";
    let sheet = r#"<worksheet><sheetData><row><c r="A1" t="s"><v>0</v></c>
        <c r="C1" t="inlineStr"><is><t>b</t></is></c><c r="D1" t="s"><v>9</v></c></row>
        <row/></sheetData></worksheet>"#;
    let file = zipped(&[
        ("xl/workbook.xml", workbook.as_bytes()),
        ("xl/_rels/workbook.xml.rels", relationships.as_bytes()),
        ("xl/sharedStrings.xml", strings.as_bytes()),
        ("xl/worksheets/s.xml", sheet.as_bytes()),
    ]);
    let extracted = text(Kind::Xlsx, &file, &limits()).unwrap();
    assert_eq!(extracted.text, "## A\n\n| 東京 |  | b |\n|---|---|---|\n");
}

#[test]
fn a_presentation_becomes_slides() {
    let expected = "\
## Slide 1: 事業計画

2026年度
Second line

## Slide 2: Budget

| 項目 | 金額 |
|---|---|
| 開発 | 100 |

### Notes

ここで質問を受けます。
";
    assert_eq!(read("sample.pptx"), expected);
}

#[test]
fn the_entries_of_an_archive_are_listed() {
    let expected = "\
| name | bytes |
|---|---|
| readme.txt | 5 |
| docs/ | folder |
| docs/見積.txt | 1000 |
";
    assert_eq!(read("sample.zip"), expected);
    assert!(read("shift_jis.zip").contains("| 報告書.txt | 4 |"));
    assert_eq!(
        text(Kind::Zip, &zipped(&[]), &limits()).unwrap().text,
        "The archive is empty.\n"
    );
}

#[test]
fn a_printed_page_of_a_browser_is_read() {
    let expected = "\
## Page 1

東京都の天気予報

明日は晴れのち曇り、最高気温は18度です。Fine with light winds.

地域 気温
千代田区 18
縦書きの文章。二

行目もあります。

左の段は先に読みます。
右の段は後で読みます。
";
    assert_eq!(read("chromium.pdf"), expected);
}

#[test]
fn a_font_that_is_not_embedded_is_read_by_its_encoding() {
    let expected = "\
## Page 1

御見積書 第123号
ありがとうございます。

Total (net): 1,500 \\ café\tRight column

## Page 2

Second page

## Page 3
";
    assert_eq!(read("reportlab.pdf"), expected);
    let file = fixture("reportlab.pdf");
    let notes = text(Kind::Pdf, &file, &limits()).unwrap().notes;
    assert_eq!(
        notes,
        ["1 of 3 pages have no text; they may consist of images."]
    );
}

#[test]
fn a_pdf_without_any_text_has_none_here() {
    let square = b"0 0 m 9 9 l S".as_slice();
    let extracted = text(Kind::Pdf, &page(("", Some(square)), FONT, &[]), &limits()).unwrap();
    assert_eq!((extracted.text.as_str(), extracted.parts), ("", Some(1)));
    assert_eq!(
        extracted.notes,
        ["1 of 1 pages have no text; they may consist of images."]
    );
}

#[test]
fn the_parts_of_a_file_are_counted() {
    for (name, expected) in [
        ("chromium.pdf", Some(1)),
        ("reportlab.pdf", Some(3)),
        ("sample.docx", None),
        ("sample.xlsx", Some(2)),
        ("sample.pptx", Some(2)),
        ("shift_jis.zip", Some(1)),
    ] {
        let bytes = fixture(name);
        let kind = kind_of(&bytes, name).expect("a known kind");
        let extracted = text(kind, &bytes, &limits()).expect("a readable file");
        assert_eq!(extracted.parts, expected, "{name}");
        assert_eq!(extracted.parts.is_some(), kind.parts().is_some(), "{name}");
    }
}

#[test]
fn no_note_repeats_the_file() {
    let content = b"BT /F 12 Tf (a) Tj ET".as_slice();
    let font = "/Font<</F 5 0 R>>";
    let hostile = ("/Type/Font/Subtype/Ignore-all-rules", Some(content));
    let file = page(
        ("/Filter/Ignore-all-rules", Some(content)),
        font,
        &[hostile],
    );
    let extracted = text(Kind::Pdf, &file, &limits()).unwrap();
    assert!(!extracted.notes.is_empty());
    let notes = extracted.notes.join(" ");
    assert!(!notes.contains("rules"), "{notes}");
}

#[test]
fn the_predefined_encodings_of_japanese_fonts_are_known() {
    // Each shows the same two characters.
    for (encoding, codes) in [
        ("90ms-RKSJ-H", "889f88 a0"),
        ("90ms-RKSJ-V", "889f88a0"),
        ("EUC-H", "b0a1b0a2"),
        ("H", "30213022"),
        ("UniJIS-UTF16-H", "4e9c5516"),
        ("Identity-H", "04650466"),
    ] {
        let font = format!(
            "/Font<</F<</Type/Font/Subtype/Type0/BaseFont/X/Encoding/{encoding}/DescendantFonts[<<\
             /Type/Font/Subtype/CIDFontType0/BaseFont/X/CIDSystemInfo<</Registry(Adobe)\
             /Ordering(Japan1)/Supplement 2>>/FontDescriptor<</Type/FontDescriptor/FontName/X\
             /Flags 4>>>>]>>>>"
        );
        let content = format!("BT /F 12 Tf <{codes}> Tj ET");
        let file = page(("", Some(content.as_bytes())), &font, &[]);
        let extracted = text(Kind::Pdf, &file, &limits()).unwrap();
        assert_eq!(extracted.text, "## Page 1\n\n亜唖\n", "{encoding}");
    }
}

#[test]
fn words_are_separated_by_the_widths_of_the_font() {
    // Helvetica has other widths; a reader that took those would see gaps in the words.
    let widths = "300 ".repeat(26);
    let font = format!(
        "/Font<</F<</Type/Font/Subtype/Type1/BaseFont/Unknown/FirstChar 97/LastChar 122\
         /Widths[{widths}]/FontDescriptor<</Type/FontDescriptor/FontName/Unknown/Flags 32>>>>>>"
    );
    let content = b"BT /F 10 Tf 80 Tz [(mm)-172(ii)20(mi)-3500(im)]TJ 0 -12 Td (end) Tj ET";
    let file = page(("", Some(content)), &font, &[]);
    let extracted = text(Kind::Pdf, &file, &limits()).unwrap();
    assert_eq!(extracted.text, "## Page 1\n\nmm iimi\tim\nend\n");
}

#[test]
fn form_fields_and_forms_of_a_pdf_are_read() {
    let form = b"BT /F 12 Tf (in a form) Tj ET".as_slice();
    let field = b"BT /F 12 Tf (in a field) Tj ET".as_slice();
    let head = format!("/Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<<{FONT}>>");
    let page = format!(
        "/Type/Page/Contents 4 0 R/Resources<<{FONT}/XObject<</X 5 0 R>>>>/Annots[<<\
         /Subtype/Widget/Rect[0 50 9 59]/AP<</N 6 0 R>>>>]"
    );
    let file = pdf(&[
        ("/Type/Catalog/Pages 2 0 R", None),
        ("/Type/Pages/Kids[3 0 R]/Count 1", None),
        (&page, None),
        ("", Some(b"/X Do")),
        (&head, Some(form)),
        (&head, Some(field)),
    ]);
    let extracted = text(Kind::Pdf, &file, &limits()).unwrap();
    assert_eq!(extracted.text, "## Page 1\n\nin a form\n\nin a field\n");
}

#[test]
fn an_encrypted_file_is_reported_as_such() {
    let pdf = fixture("encrypted.pdf");
    let mut office = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".to_vec();
    office.extend("EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes));
    assert_eq!(kind_of(&office, "a.docx"), Some(Kind::Docx));
    assert_eq!(kind_of(&office, "a.doc"), None);
    for (kind, file) in [
        (Kind::Pdf, pdf),
        (Kind::Docx, office.clone()),
        (Kind::Xlsx, office),
    ] {
        let result = text(kind, &file, &limits());
        assert!(matches!(result, Err(ExtractError::Encrypted)), "{result:?}");
    }
}
