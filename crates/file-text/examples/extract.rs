//! Prints the text of a file: `cargo run -p file-text --example extract -- FILE [MAX_TEXT_BYTES]`.

use std::{
    env,
    error::Error,
    fs,
    time::{Duration, Instant},
};

use file_text::{Limits, kind_of, text};

fn main() -> Result<(), Box<dyn Error>> {
    let name = env::args().nth(1).ok_or("expected the name of a file")?;
    let bytes = fs::read(&name)?;
    let kind = kind_of(&bytes, &name).ok_or("the file has no known format")?;
    let start = Instant::now();
    let mut limits = Limits::until(start + Duration::from_mins(1));
    if let Some(max) = env::args().nth(2) {
        limits.max_text_bytes = max.parse()?;
    }
    let extracted = text(kind, &bytes, &limits)?;
    println!("{}", extracted.text);
    for note in &extracted.notes {
        eprintln!("note: {note}");
    }
    eprintln!(
        "{kind:?}, {} bytes of text, complete: {}, {} ms",
        extracted.text.len(),
        extracted.is_complete,
        start.elapsed().as_millis()
    );
    Ok(())
}
