//! The document has the figures of this server.

use std::{fs, path::Path};

use super::{
    figures::{Document, grouped},
    goals, measure, tasks,
    way::Way,
    world::Size,
};

#[actix_web::test]
async fn the_document_has_the_figures() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let path = root.join("docs/agent-efficiency.md");
    let text = fs::read_to_string(path).expect("the document");
    let document = Document::parse(&text).expect("a document with figures");
    let mut figures = document.figures().expect("figures");
    for way in Way::ALL.into_iter().filter(|way| way.hub().is_some()) {
        let mut all = Vec::new();
        for task in tasks::all() {
            let (measured, _) = measure(&task, Size::Small, way, &root)
                .await
                .expect(task.text);
            assert_eq!(measured.failure, None, "{way}: {}", task.text);
            all.push(measured);
        }
        figures.replace(Size::Small, way, all);
    }
    assert!(
        document.with(&figures, &goals::written(&figures)) == text,
        "docs/agent-efficiency.md is out of date; run: cargo run -p benchmark -- efficiency"
    );
}

#[test]
fn digits_are_grouped() {
    for (number, expected) in [
        (0, "0"),
        (999, "999"),
        (1_000, "1,000"),
        (1_234_567, "1,234,567"),
    ] {
        assert_eq!(grouped(number), expected);
    }
}
