//! The memory that a hostile file can make its reader use. One test only: it counts all
//! allocations of the process.

use file_text::{Kind, Limits, text};
use peak_alloc::PeakAlloc;

#[path = "it/support.rs"]
#[expect(dead_code, reason = "the other tests use the rest of it")]
mod support;

use support::{FONT, deflated, limits, page, zipped};

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

const MAX_UNPACKED: usize = 2 << 20;
const MAX_TEXT: usize = 1 << 20;

/// Repeats a piece to a little less than the limit of unpacked bytes.
fn filled(start: &str, piece: &str, end: &str) -> Vec<u8> {
    let count = (MAX_UNPACKED - 100_000) / piece.len();
    format!("{start}{}{end}", piece.repeat(count)).into_bytes()
}

fn office() -> Vec<(Kind, Vec<u8>)> {
    let workbook = br#"<workbook><sheets><sheet name="A" r:id="r1"/></sheets></workbook>"#;
    let relationships = br#"<Relationships><Relationship Id="r1" Type="x/worksheet"
        Target="s.xml"/></Relationships>"#;
    let slides = br#"<p:presentation><p:sldId r:id="r1"/></p:presentation>"#;
    let book = |strings: &[u8], sheet: &[u8]| {
        zipped(&[
            ("xl/workbook.xml", workbook),
            ("xl/_rels/workbook.xml.rels", relationships),
            ("xl/sharedStrings.xml", strings),
            ("xl/s.xml", sheet),
        ])
    };
    let mut files = Vec::new();
    for piece in [
        "<w:p><w:r><w:t>x</w:t></w:r></w:p>",
        "<w:tc/>",
        "<w:tbl><w:tr><w:tc/></w:tr></w:tbl>",
    ] {
        let document = filled(
            "<w:document><w:tbl><w:tr>",
            piece,
            "</w:tr></w:tbl></w:document>",
        );
        files.push((Kind::Docx, zipped(&[("word/document.xml", &document)])));
    }
    files.push((Kind::Xlsx, book(&filled("<sst>", "<si/>", "</sst>"), b"")));
    for piece in ["<c/>", "<c><v>1</v></c>", "<c r='XFD1'><v>1</v></c>"] {
        let sheet = filled("<sheetData><row>", piece, "</row></sheetData>");
        files.push((Kind::Xlsx, book(b"", &sheet)));
    }
    for piece in [
        "<a:p/>",
        "<p:sp/>",
        "<a:tr/>",
        "<a:tc/>",
        "<p:sp><a:p><a:t>x</a:t></a:p></p:sp>",
    ] {
        let slide = filled("<p:sld>", piece, "</p:sld>");
        let relationships = br#"<Relationships><Relationship Id="r1" Type="x/slide"
            Target="s.xml"/></Relationships>"#;
        let file = zipped(&[
            ("ppt/presentation.xml", slides),
            ("ppt/_rels/presentation.xml.rels", relationships),
            ("ppt/s.xml", &slide),
        ]);
        files.push((Kind::Pptx, file));
    }
    files
}

fn pdfs() -> Vec<(Kind, Vec<u8>)> {
    let contents = [
        "q ",
        "BT ",
        "0 ",
        "[ ",
        "(",
        "(a)",
        "<41>",
        "/F 9 Tf ",
        "0 0 m ",
        "BT /F 9 Tf (a) Tj ET ",
        "1 0 0 1 0 0 cm ",
        "<41414141> Tj ",
        "[(aaaa)] TJ ",
    ];
    let file = |content: &str| {
        let content = deflated(&filled("", content, ""));
        page(("/Filter/FlateDecode", Some(&content)), FONT, &[])
    };
    let mut files: Vec<_> = contents.iter().map(|it| (Kind::Pdf, file(it))).collect();
    for piece in ["0 ", "1 0 R ", "/a ", "()", "[]", "<<>>"] {
        let many = filled("", piece, "");
        let many = String::from_utf8(many).expect("text");
        let font = format!("{FONT}/X[{many}]");
        files.push((Kind::Pdf, page(("", Some(b"")), &font, &[])));
        let objects = deflated(&filled("1 0 ", "2 0 ", "[]"));
        let head = "/Type/ObjStm/N 1/First 2000000/Filter/FlateDecode";
        files.push((
            Kind::Pdf,
            page(("", Some(b"")), FONT, &[(head, Some(&objects))]),
        ));
    }
    files
}

#[test]
fn memory_is_bounded_by_the_limits() {
    let limits = Limits {
        max_unpacked_bytes: MAX_UNPACKED,
        max_text_bytes: MAX_TEXT,
        ..limits()
    };
    for (kind, bytes) in office().into_iter().chain(pdfs()) {
        MEMORY.reset_peak_usage();
        let before = MEMORY.current_usage();
        let result = text(kind, &bytes, &limits);
        let used = MEMORY.peak_usage() - before;
        let mib = used >> 20;
        println!(
            "{kind:?} of {} bytes: {mib} MiB, {:?}",
            bytes.len(),
            result.is_ok()
        );
        assert!(
            used <= 4 * MAX_UNPACKED + 2 * MAX_TEXT + (8 << 20),
            "{kind:?}: {mib} MiB"
        );
    }
}
