//! Writes a small PDF of one page that has nothing but its text.
//!
//! 1. The page's content, the appearances of its form fields and the forms that they draw are
//!    reduced to text operators.
//! 2. Their resources are fonts and forms. Each is written once, and waits in a queue until then,
//!    so that forms that draw themselves or each other do not recur here.
//! 3. All streams are written unpacked. The cross-reference table is exact, because the library
//!    would otherwise search the content for objects.

use std::collections::{HashMap, VecDeque};

use super::{
    content,
    file::{File, Stream},
    filters, fonts,
    object::{Dict, Object},
    tree::Page,
    writer::{Writer, add},
};
use crate::{
    error::{ExtractError, LimitReached},
    limits::Meter,
};

/// The fonts and forms of a page.
const MAX_RESOURCES: usize = 1000;

/// The fonts of a page. The library may load one without a check of the time.
const MAX_FONTS: usize = 200;

/// The annotations of a page that are looked at.
const MAX_ANNOTATIONS: usize = 1000;

/// The small PDF.
pub(super) struct Small {
    pub(super) bytes: Vec<u8>,
    /// Whether it has all text of the page.
    pub(super) is_whole: bool,
}

/// A resource that is not yet written.
enum Waiting<'f> {
    Font(Dict<'f>),
    Form(Stream<'f>),
}

/// Writes the objects of one page.
struct PageWriter<'f, 'm> {
    writer: Writer<'f, 'm>,
    /// The numbers here by the numbers in the file.
    numbers: HashMap<u32, u32>,
    queue: VecDeque<(u32, Waiting<'f>)>,
    fonts: usize,
    resources: usize,
    is_whole: bool,
}

pub(super) fn write(file: &File<'_>, page: Page, meter: &Meter) -> Result<Small, ExtractError> {
    let mut page_writer = PageWriter {
        writer: Writer::new(file, meter),
        numbers: HashMap::new(),
        queue: VecDeque::new(),
        fonts: 0,
        resources: 0,
        is_whole: true,
    };
    let number = Object::Reference(page.number);
    let dict = file.dict(Some(&number), meter)?.unwrap_or_default();
    page_writer.page(&dict, page.above)?;
    while let Some((number, waiting)) = page_writer.queue.pop_front() {
        meter.check_time()?;
        match waiting {
            Waiting::Font(font) => fonts::write(&mut page_writer.writer, number, &font)?,
            Waiting::Form(form) => page_writer.form(number, &form)?,
        }
    }
    Ok(Small {
        is_whole: page_writer.is_whole,
        bytes: page_writer.writer.finish(),
    })
}

impl<'f> PageWriter<'f, '_> {
    fn page(&mut self, dict: &Dict<'f>, above: Option<u32>) -> Result<(), ExtractError> {
        let [catalog, pages, page, contents] = [(); 4].map(|()| self.writer.reserve());
        self.writer.start(catalog);
        self.writer
            .put(&format!("<</Type/Catalog/Pages {pages} 0 R>>\nendobj\n"));
        self.writer.start(pages);
        self.writer.put(&format!(
            "<</Type/Pages/Count 1/Kids[{page} 0 R]>>\nendobj\n"
        ));

        let content = self.content(dict)?;
        let resources = self.resources(dict, above)?;
        let annotations = self.annotations(dict)?;
        self.writer.start(page);
        self.writer.put(&format!(
            "<</Type/Page/Parent {pages} 0 R/MediaBox[0 0 1000 1000]/Contents {contents} 0 R\
             /Resources{resources}/Annots[{annotations}]>>\nendobj\n"
        ));
        self.writer.stream(contents, "", &content)
    }

    /// The reduced content of a page, which may be in several streams.
    fn content(&mut self, dict: &Dict<'f>) -> Result<Vec<u8>, ExtractError> {
        let mut whole = Vec::new();
        let contents = match dict.get("Contents") {
            Some(contents) => self.writer.file.resolve(contents, self.writer.meter)?,
            None => None,
        };
        let streams = match contents.map(|it| it.object) {
            Some(Object::Array(streams)) => streams,
            _ => dict.get("Contents").cloned().into_iter().collect(),
        };
        for stream in &streams {
            self.writer.meter.check_time()?;
            let Some(stream) = self.writer.file.stream(stream, self.writer.meter)? else {
                continue;
            };
            match filters::unpacked(&stream.dict, stream.data, self.writer.meter)? {
                Some(unpacked) => {
                    whole.extend_from_slice(&unpacked);
                    // A token does not continue in the next stream.
                    whole.push(b'\n');
                }
                None => self.is_whole = false,
            }
        }
        Ok(self.reduced(&whole))
    }

    fn reduced(&mut self, content: &[u8]) -> Vec<u8> {
        let mut reduced = Vec::new();
        self.is_whole &= content::reduce(content, &mut reduced);
        reduced
    }

    /// The resources of a page or a form: references to fonts and forms.
    fn resources(&mut self, dict: &Dict<'f>, above: Option<u32>) -> Result<String, ExtractError> {
        let (file, meter) = (self.writer.file, self.writer.meter);
        let mut resources = file.dict(dict.get("Resources"), meter)?;
        if let (None, Some(above)) = (&resources, above) {
            let above = file.dict(Some(&Object::Reference(above)), meter)?;
            let above = above.unwrap_or_default();
            resources = file.dict(above.get("Resources"), meter)?;
        }
        let resources = resources.unwrap_or_default();
        let mut written = "<</Font<<".to_owned();
        let fonts = file.dict(resources.get("Font"), meter)?.unwrap_or_default();
        for (name, font) in fonts.entries() {
            if let Some(dict) = file.dict(Some(font), meter)? {
                self.refer(name, font, Waiting::Font(dict), &mut written);
            }
        }
        written.push_str(">>/XObject<<");
        let forms = file
            .dict(resources.get("XObject"), meter)?
            .unwrap_or_default();
        for (name, form) in forms.entries() {
            if let Some(stream) = file.stream(form, meter)?
                && stream.dict.has_name("Subtype", "Form")
            {
                self.refer(name, form, Waiting::Form(stream), &mut written);
            }
        }
        written.push_str(">>>>");
        Ok(written)
    }

    /// Writes an entry that refers to a resource, which is written later if it is new.
    fn refer(&mut self, name: &[u8], object: &Object<'_>, new: Waiting<'f>, out: &mut String) {
        let known = match object {
            Object::Reference(number) => self.numbers.get(number).copied(),
            _ => None,
        };
        let number = match known {
            Some(number) => number,
            None if self.resources >= MAX_RESOURCES || self.fonts >= MAX_FONTS => {
                self.is_whole = false;
                return;
            }
            None => self.writer.reserve(),
        };
        if known.is_none() {
            self.resources += 1;
            self.fonts += usize::from(matches!(new, Waiting::Font(_)));
            if let Object::Reference(original) = object {
                self.numbers.insert(*original, number);
            }
            self.queue.push_back((number, new));
        }
        if let Ok(name) = std::str::from_utf8(name) {
            add(out, format_args!("/{name} {number} 0 R"));
        }
    }

    fn form(&mut self, number: u32, form: &Stream<'f>) -> Result<(), ExtractError> {
        let unpacked = filters::unpacked(&form.dict, form.data, self.writer.meter)?;
        self.is_whole &= unpacked.is_some();
        let content = self.reduced(&unpacked.unwrap_or_default());
        let resources = self.resources(&form.dict, None)?;
        let mut head = format!("/Type/XObject/Subtype/Form/Resources{resources}");
        for key in ["BBox", "Matrix"] {
            if let Some(numbers) = self.numbers_of(form.dict.get(key))? {
                add(&mut head, format_args!("/{key}[{numbers}]"));
            }
        }
        self.writer.stream(number, &head, &content)
    }

    /// The form fields and free texts of a page, with their appearances.
    fn annotations(&mut self, dict: &Dict<'f>) -> Result<String, ExtractError> {
        let (file, meter) = (self.writer.file, self.writer.meter);
        let mut written = String::new();
        let list = match dict.get("Annots") {
            Some(list) => file.resolve(list, meter)?.map(|it| it.object),
            None => None,
        };
        let Some(Object::Array(list)) = list else {
            return Ok(written);
        };
        for annotation in list.iter().take(MAX_ANNOTATIONS) {
            let dict = file.dict(Some(annotation), meter)?.unwrap_or_default();
            if !(dict.has_name("Subtype", "Widget") || dict.has_name("Subtype", "FreeText")) {
                continue;
            }
            let appearances = file.dict(dict.get("AP"), meter)?.unwrap_or_default();
            let (Some(normal), Some(rect)) =
                (appearances.get("N"), self.numbers_of(dict.get("Rect"))?)
            else {
                continue;
            };
            // Buttons have a dictionary of streams instead, without text.
            if let Some(stream) = file.stream(normal, meter)? {
                add(
                    &mut written,
                    format_args!("<</Subtype/Widget/Rect[{rect}]/AP<<"),
                );
                self.refer(b"N", normal, Waiting::Form(stream), &mut written);
                written.push_str(">>>>");
            }
        }
        Ok(written)
    }

    /// The numbers of an array, if it has nothing else.
    fn numbers_of(&self, array: Option<&Object<'f>>) -> Result<Option<String>, LimitReached> {
        let Some(array) = array else {
            return Ok(None);
        };
        let Some(Object::Array(values)) = self
            .writer
            .file
            .resolve(array, self.writer.meter)?
            .map(|it| it.object)
        else {
            return Ok(None);
        };
        let mut numbers = String::new();
        for value in values.iter().take(6) {
            let value = self.writer.file.resolve(value, self.writer.meter)?;
            let Some(number) = value.and_then(|it| it.object.number::<f64>()) else {
                return Ok(None);
            };
            add(&mut numbers, format_args!(" {number}"));
        }
        Ok(Some(numbers))
    }
}
