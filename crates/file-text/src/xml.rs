//! Reads the XML of office documents, as a stream.
//!
//! A document type is an error, so that there are no entities except the predefined ones. Elements
//! are known by their local names: the prefixes differ between programs.

use std::{borrow::Cow, io::BufRead};

use quick_xml::{
    Reader,
    escape::resolve_xml_entity,
    events::{BytesEnd, BytesStart, Event},
};

use crate::error::{ExtractError, LimitReached};

/// The depth of elements. Word nests tables and text boxes; real documents stay below 100.
const MAX_DEPTH: usize = 256;

/// A stream of XML.
pub(crate) struct Xml<R> {
    kind: &'static str,
    reader: Reader<R>,
    buffer: Vec<u8>,
    depth: usize,
}

/// A piece of XML. An empty element is a start and an end.
pub(crate) enum Node<'a> {
    Start(Element<'a>),
    End(Name<'a>),
    Text(Cow<'a, str>),
    Eof,
}

/// The end of an element.
pub(crate) struct Name<'a>(BytesEnd<'a>);

impl Name<'_> {
    pub(crate) fn local(&self) -> &str {
        local(self.0.name().0)
    }
}

/// The start of an element.
pub(crate) struct Element<'a>(BytesStart<'a>);

impl Element<'_> {
    pub(crate) fn local(&self) -> &str {
        local(self.0.name().0)
    }

    /// The value of the attribute with this local name.
    pub(crate) fn attribute(&self, name: &str) -> Option<String> {
        self.find(|key| local(key) == name)
    }

    /// The value of the attribute with this name, which has a prefix.
    pub(crate) fn prefixed(&self, name: &str) -> Option<String> {
        self.find(|key| key.contains(':') && local(key) == name)
    }

    /// The number in the attribute with this local name.
    pub(crate) fn number<T: std::str::FromStr>(&self, name: &str) -> Option<T> {
        self.attribute(name)?.trim().parse().ok()
    }

    fn find(&self, matches: impl Fn(&str) -> bool) -> Option<String> {
        // The checks compare each attribute with all others.
        let mut attributes = self.0.attributes();
        let mut attributes = attributes.with_checks(false).flatten();
        let attribute = attributes.find(|it| matches(it.key.0))?;
        Some(unescaped(&attribute.value))
    }
}

impl<R: BufRead> Xml<R> {
    pub(crate) fn new(kind: &'static str, reader: R) -> Self {
        let mut reader = Reader::from_reader(reader);
        let config = reader.config_mut();
        config.expand_empty_elements = true;
        config.allow_dangling_amp = true;
        Self {
            kind,
            reader,
            buffer: Vec::new(),
            depth: 0,
        }
    }

    pub(crate) fn next(&mut self) -> Result<Node<'_>, ExtractError> {
        self.buffer.clear();
        let event = self.reader.read_event_into(&mut self.buffer);
        let event = event.map_err(|error| match &error {
            quick_xml::Error::Io(error) => ExtractError::from_io(self.kind, error),
            error => ExtractError::damaged(self.kind, error),
        })?;
        Ok(match event {
            Event::Start(start) | Event::Empty(start) => {
                self.depth += 1;
                if self.depth > MAX_DEPTH {
                    return Err(LimitReached::Nesting.into());
                }
                Node::Start(Element(start))
            }
            Event::End(end) => {
                self.depth -= 1;
                Node::End(Name(end))
            }
            Event::Text(text) => Node::Text(text.xml10_content()),
            Event::CData(text) => Node::Text(text.xml10_content()),
            Event::GeneralRef(reference) => Node::Text(character(&reference).into()),
            Event::DocType(_) => return Err(ExtractError::DocumentType),
            Event::Eof => Node::Eof,
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) => Node::Text("".into()),
        })
    }

    /// Reads the text in the element that has just started, up to its end.
    pub(crate) fn text(&mut self) -> Result<String, ExtractError> {
        let outside = self.depth - 1;
        let mut text = String::new();
        while self.depth > outside {
            match self.next()? {
                Node::Text(part) => text.push_str(&part),
                Node::Eof => break,
                Node::Start(_) | Node::End(_) => {}
            }
        }
        Ok(text)
    }

    /// Leaves out the element that has just started.
    pub(crate) fn skip(&mut self) -> Result<(), ExtractError> {
        let outside = self.depth - 1;
        while self.depth > outside {
            if let Node::Eof = self.next()? {
                break;
            }
        }
        Ok(())
    }
}

fn local(name: &str) -> &str {
    name.rsplit_once(':').map_or(name, |(_, local)| local)
}

/// The character of a reference. An unknown one stays as it is.
fn character(reference: &quick_xml::events::BytesRef<'_>) -> String {
    if let Ok(Some(character)) = reference.resolve_char_ref() {
        return character.to_string();
    }
    resolve_xml_entity(reference).map_or_else(|| format!("&{};", &**reference), str::to_owned)
}

fn unescaped(value: &str) -> String {
    quick_xml::escape::unescape(value).map_or_else(|_| value.to_owned(), Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all_text(xml: &str) -> Result<String, ExtractError> {
        let mut xml = Xml::new("test", xml.as_bytes());
        let mut text = String::new();
        loop {
            match xml.next()? {
                Node::Text(part) => text.push_str(&part),
                Node::Eof => return Ok(text),
                Node::Start(_) | Node::End(_) => {}
            }
        }
    }

    #[test]
    fn predefined_references_are_resolved_and_others_kept() {
        let text = all_text("<a>1 &lt; 2 &amp;&#x8868;&#34920;<![CDATA[&lt;]]>&x;</a>").unwrap();
        assert_eq!(text, "1 < 2 &表表&lt;&x;");
    }

    #[test]
    fn a_document_type_is_refused() {
        let bomb = "<!DOCTYPE a [<!ENTITY b \"bb\"><!ENTITY c \"&b;&b;\">]><a>&c;</a>";
        assert!(matches!(all_text(bomb), Err(ExtractError::DocumentType)));
    }

    #[test]
    fn deep_nesting_is_refused() {
        let nested = |depth| format!("{}x{}", "<a>".repeat(depth), "</a>".repeat(depth));
        assert_eq!(all_text(&nested(MAX_DEPTH)).unwrap(), "x");
        let too_deep = all_text(&nested(MAX_DEPTH + 1));
        assert!(matches!(
            too_deep,
            Err(ExtractError::Limit(LimitReached::Nesting))
        ));
    }

    #[test]
    fn an_element_is_read_or_skipped_as_a_whole() {
        let mut xml = Xml::new(
            "test",
            "<a><b i:id='&lt;1'>x<c>y</c></b>z<b>w</b></a>".as_bytes(),
        );
        assert!(matches!(xml.next().unwrap(), Node::Start(_)));
        match xml.next().unwrap() {
            Node::Start(b) => assert_eq!(b.attribute("id").as_deref(), Some("<1")),
            _ => panic!("expected an element"),
        }
        assert_eq!(xml.text().unwrap(), "xy");
        assert!(matches!(xml.next().unwrap(), Node::Text(text) if text == "z"));
        assert!(matches!(xml.next().unwrap(), Node::Start(_)));
        xml.skip().unwrap();
        assert!(matches!(xml.next().unwrap(), Node::End(name) if name.local() == "a"));
    }
}
