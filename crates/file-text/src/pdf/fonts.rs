//! Writes the fonts of a page.
//!
//! - A composite font loses its font file. The library then maps the characters of a font without
//!   a table for Unicode by its collection, such as Adobe-Japan1.
//! - A simple font keeps its font file only if it has no table for Unicode, since the file may say
//!   which characters it has.
//! - The widths of a composite font are limited: a range may have four billion characters.

use super::{
    filters,
    object::{Dict, Object},
    writer::{Writer, add},
};
use crate::error::ExtractError;

/// The characters of a composite font.
const MAX_CHARACTERS: u32 = 65_536;

/// The entries of the widths, which may repeat characters.
const MAX_WIDTHS: u32 = 4 * MAX_CHARACTERS;

/// A table for Unicode, or an encoding. Real ones are far below.
const MAX_TABLE: usize = 4 << 20;

pub(super) fn write<'f>(
    writer: &mut Writer<'f, '_>,
    number: u32,
    font: &Dict<'f>,
) -> Result<(), ExtractError> {
    let (file, meter) = (writer.file, writer.meter);
    let is_composite = font.has_name("Subtype", "Type0");
    let to_unicode = table(writer, font.get("ToUnicode"))?;
    let encoding = font.get("Encoding").filter(|_| is_composite);
    let encoding = table(writer, encoding)?;
    let descriptor = file.dict(font.get("FontDescriptor"), meter)?;
    let program = match &descriptor {
        Some(descriptor) if !is_composite && to_unicode.is_none() => program(writer, descriptor)?,
        _ => None,
    };

    writer.start(number);
    writer.put("<<");
    let keys = [
        "Type",
        "Subtype",
        "BaseFont",
        "Name",
        "FirstChar",
        "LastChar",
        "Widths",
        "FontMatrix",
        "FontBBox",
    ];
    copy(writer, font, &keys)?;
    match to_unicode {
        Some(Table::Stream(number)) => writer.put(&format!("/ToUnicode {number} 0 R")),
        Some(Table::Name) => copy(writer, font, &["ToUnicode"])?,
        None => {}
    }
    match encoding {
        Some(Table::Stream(number)) => writer.put(&format!("/Encoding {number} 0 R")),
        _ => copy(writer, font, &["Encoding"])?,
    }
    if let Some(descriptor) = &descriptor {
        describe(writer, descriptor)?;
        if let Some((key, number)) = program {
            writer.put(&format!("/{key} {number} 0 R"));
        }
        writer.put(">>");
    }
    if is_composite {
        descendant(writer, font)?;
    }
    writer.put(">>\nendobj\n");
    Ok(())
}

fn copy<'f>(
    writer: &mut Writer<'f, '_>,
    dict: &Dict<'f>,
    keys: &[&str],
) -> Result<(), ExtractError> {
    for key in keys {
        if let Some(value) = dict.get(key) {
            writer.put(&format!("/{key}"));
            writer.copy(value, 0)?;
        }
    }
    Ok(())
}

/// Starts the description of a font, without its end.
fn describe<'f>(writer: &mut Writer<'f, '_>, descriptor: &Dict<'f>) -> Result<(), ExtractError> {
    writer.put("/FontDescriptor<<");
    let keys = ["Type", "FontName", "FontFamily", "Flags", "MissingWidth"];
    copy(writer, descriptor, &keys)
}

enum Table {
    /// The number of the written stream.
    Stream(u32),
    /// The table is predefined.
    Name,
}

/// Writes a table that may be a stream.
fn table<'f>(
    writer: &mut Writer<'f, '_>,
    table: Option<&Object<'f>>,
) -> Result<Option<Table>, ExtractError> {
    let (file, meter) = (writer.file, writer.meter);
    let Some(table) = table else {
        return Ok(None);
    };
    if let Some(stream) = file.stream(table, meter)? {
        let unpacked = filters::unpacked(&stream.dict, stream.data, meter)?;
        return Ok(match unpacked.filter(|it| it.len() <= MAX_TABLE) {
            Some(unpacked) => {
                let number = writer.reserve();
                writer.stream(number, "", &unpacked)?;
                Some(Table::Stream(number))
            }
            None => None,
        });
    }
    let found = file.resolve(table, meter)?;
    Ok(found.and_then(|it| matches!(it.object, Object::Name(_)).then_some(Table::Name)))
}

/// Writes the font file of a simple font.
fn program<'f>(
    writer: &mut Writer<'f, '_>,
    descriptor: &Dict<'f>,
) -> Result<Option<(&'static str, u32)>, ExtractError> {
    let (file, meter) = (writer.file, writer.meter);
    for key in ["FontFile", "FontFile2", "FontFile3"] {
        let Some(program) = descriptor.get(key) else {
            continue;
        };
        let Some(stream) = file.stream(program, meter)? else {
            continue;
        };
        if let Some(unpacked) = filters::unpacked(&stream.dict, stream.data, meter)? {
            let mut head = String::new();
            for key in ["Length1", "Length2", "Length3"] {
                let value = stream.dict.get(key).map(|it| file.resolve(it, meter));
                let value = value.transpose()?.flatten();
                if let Some(length) = value.and_then(|it| it.object.number::<u32>()) {
                    add(&mut head, format_args!("/{key} {length}"));
                }
            }
            if let Some(Object::Name(name)) = stream.dict.get("Subtype")
                && let Ok(name) = std::str::from_utf8(name)
            {
                add(&mut head, format_args!("/Subtype/{name}"));
            }
            let number = writer.reserve();
            writer.stream(number, &head, &unpacked)?;
            return Ok(Some((key, number)));
        }
    }
    Ok(None)
}

fn descendant<'f>(writer: &mut Writer<'f, '_>, font: &Dict<'f>) -> Result<(), ExtractError> {
    let (file, meter) = (writer.file, writer.meter);
    let fonts = match font.get("DescendantFonts") {
        Some(fonts) => file.resolve(fonts, meter)?.map(|it| it.object),
        None => None,
    };
    let Some(Object::Array(fonts)) = fonts else {
        return Ok(());
    };
    let font = file.dict(fonts.first(), meter)?.unwrap_or_default();
    writer.put("/DescendantFonts[<<");
    copy(
        writer,
        &font,
        &["Type", "Subtype", "BaseFont", "CIDSystemInfo", "DW"],
    )?;
    if let Some(descriptor) = file.dict(font.get("FontDescriptor"), meter)? {
        describe(writer, &descriptor)?;
        writer.put(">>");
    }
    if let Some(widths) = font.get("W") {
        writer.put("/W[");
        copy_widths(writer, widths)?;
        writer.put("]");
    }
    writer.put(">>]");
    Ok(())
}

/// Copies widths: `first [width …]` and `first last width`.
fn copy_widths<'f>(writer: &mut Writer<'f, '_>, widths: &Object<'f>) -> Result<(), ExtractError> {
    let (file, meter) = (writer.file, writer.meter);
    let Some(Object::Array(values)) = file.resolve(widths, meter)?.map(|it| it.object) else {
        return Ok(());
    };
    let mut left = MAX_WIDTHS;
    let mut values = values.iter();
    while let (Some(first), Some(second)) = (values.next(), values.next()) {
        let Some(first) = first.number::<u32>().filter(|it| *it < MAX_CHARACTERS) else {
            break;
        };
        let second = file.resolve(second, meter)?.map(|it| it.object);
        let (count, text) = match second {
            Some(Object::Array(widths)) => {
                let widths = widths.iter().map(|it| it.number::<f32>().unwrap_or(0.0));
                let widths: Vec<_> = widths.map(|it| it.to_string()).collect();
                let count = u32::try_from(widths.len()).unwrap_or(u32::MAX);
                (count, format!(" {first}[{}]", widths.join(" ")))
            }
            Some(last) => {
                let last = last.number::<u32>().filter(|it| *it < MAX_CHARACTERS);
                let width = values.next().and_then(Object::number::<f32>);
                let (Some(last), Some(width)) = (last, width) else {
                    break;
                };
                (
                    last.saturating_sub(first),
                    format!(" {first} {last} {width}"),
                )
            }
            None => break,
        };
        let Some(rest) = left.checked_sub(count.saturating_add(1)) else {
            break;
        };
        left = rest;
        meter.unpack(text.len())?;
        writer.put(&text);
    }
    Ok(())
}
