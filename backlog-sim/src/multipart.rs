//! The file in a `multipart/form-data` body (RFC 7578).

use actix_web::web::Bytes;

/// The part called `file`.
#[derive(Clone, Debug)]
pub(crate) struct Upload {
    pub name: String,
    pub bytes: Bytes,
}

/// Finds the file in a body of this content type; `None` for another type, or a malformed body.
pub(crate) fn file(content_type: &str, body: &Bytes) -> Option<Upload> {
    let (kind, parameters) = content_type.split_once(';')?;
    if !kind.trim().eq_ignore_ascii_case("multipart/form-data") {
        return None;
    }
    let boundary = parameters.trim().strip_prefix("boundary=")?;
    let delimiter = format!("--{}", boundary.trim_matches('"')).into_bytes();
    let mut start = position(body, &delimiter)? + delimiter.len();
    let end_of_part = [b"\r\n", delimiter.as_slice()].concat();
    loop {
        let part = body.slice(start..);
        let head = position(&part, b"\r\n\r\n")?;
        let content = head + 4;
        let length = position(&part[content..], &end_of_part)?;
        if let Some(name) = file_name(std::str::from_utf8(&part[..head]).ok()?) {
            let bytes = part.slice(content..content + length);
            return Some(Upload { name, bytes });
        }
        start += content + length + end_of_part.len();
    }
}

fn position(body: &[u8], wanted: &[u8]) -> Option<usize> {
    body.windows(wanted.len()).position(|found| found == wanted)
}

/// The name of the file, if these are the headers of the part called `file`.
fn file_name(headers: &str) -> Option<String> {
    let disposition = headers.lines().find(|line| {
        line.to_ascii_lowercase()
            .starts_with("content-disposition:")
    })?;
    let parameter = |name: &str| {
        let quoted = disposition.split_once(&format!("; {name}=\""))?.1;
        let mut text = String::new();
        let mut characters = quoted.chars();
        loop {
            match characters.next()? {
                '"' => return Some(text),
                '\\' => text.push(characters.next()?),
                character => text.push(character),
            }
        }
    };
    (parameter("name")? == "file").then(|| parameter("filename"))?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_found() {
        let kind = "multipart/form-data; boundary=xyz";
        let body = Bytes::from_static(
            "--xyz\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nb\r\n\
             --xyz\r\nContent-Disposition: form-data; name=\"file\"; filename=\"図 \\\"1\\\".txt\"\r\n\
             Content-Type: text/plain\r\n\r\none\r\n--two\r\n\r\n--xyz--\r\n"
                .as_bytes(),
        );
        let upload = file(kind, &body).unwrap();
        assert_eq!(upload.name, "図 \"1\".txt");
        assert_eq!(&upload.bytes[..], b"one\r\n--two\r\n");
        assert!(file("multipart/form-data; boundary=abc", &body).is_none());
        assert!(file("text/plain; boundary=xyz", &body).is_none());
        assert!(file(kind, &body.slice(..40)).is_none());
    }
}
