//! Files for the tests.

use std::{
    io::{Cursor, Write},
    path::Path,
    time::{Duration, Instant},
};

use file_text::{Kind, Limits};
use flate2::{Compression, write::ZlibEncoder};
use zip::{ZipWriter, write::SimpleFileOptions};

pub(crate) const FIXTURES: [(&str, Kind); 7] = [
    ("chromium.pdf", Kind::Pdf),
    ("reportlab.pdf", Kind::Pdf),
    ("sample.docx", Kind::Docx),
    ("sample.xlsx", Kind::Xlsx),
    ("sample.pptx", Kind::Pptx),
    ("sample.zip", Kind::Zip),
    ("shift_jis.zip", Kind::Zip),
];

pub(crate) fn fixture(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    std::fs::read(folder.join(name)).expect("the fixture is committed")
}

/// Limits that no test reaches by time.
pub(crate) fn limits() -> Limits {
    Limits::until(Instant::now() + Duration::from_hours(1))
}

pub(crate) fn zipped(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in entries {
        let options = SimpleFileOptions::default();
        writer.start_file(*name, options).expect("a valid name");
        writer.write_all(content).expect("memory is enough");
    }
    writer.finish().expect("memory is enough").into_inner()
}

pub(crate) fn deflated(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).expect("memory is enough");
    encoder.finish().expect("memory is enough")
}

/// An object of a PDF: a dictionary without its delimiters, and the data of its stream.
pub(crate) type Object<'a> = (&'a str, Option<&'a [u8]>);

/// A PDF of objects numbered from 1. The first one is the catalog.
pub(crate) fn pdf(objects: &[Object<'_>]) -> Vec<u8> {
    let mut pdf = b"%PDF-1.7\n".to_vec();
    for (index, (dict, data)) in objects.iter().enumerate() {
        let number = index + 1;
        pdf.extend(format!("{number} 0 obj\n<<{dict}").bytes());
        match data {
            Some(data) => {
                pdf.extend(format!("/Length {}>>\nstream\n", data.len()).bytes());
                pdf.extend_from_slice(data);
                pdf.extend(b"\nendstream\nendobj\n");
            }
            None => pdf.extend(b">>\nendobj\n"),
        }
    }
    pdf.extend(b"trailer\n<</Root 1 0 R>>\n");
    pdf
}

/// A PDF with one page of this content, and other objects from number 5.
pub(crate) fn page(content: Object<'_>, resources: &str, others: &[Object<'_>]) -> Vec<u8> {
    let page = format!("/Type/Page/Contents 4 0 R/Resources<<{resources}>>");
    let mut objects: Vec<Object<'_>> = vec![
        ("/Type/Catalog/Pages 2 0 R", None),
        ("/Type/Pages/Kids[3 0 R]/Count 1", None),
        (&page, None),
        content,
    ];
    objects.extend_from_slice(others);
    pdf(&objects)
}

/// The resources with Helvetica as `F`.
pub(crate) const FONT: &str = "/Font<</F<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>";
