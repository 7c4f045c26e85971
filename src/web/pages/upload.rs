//! The page of an upload link, and the page after the upload.
//!
//! The form has no action: it is sent to the URL of the page, so the secret of the link is in no
//! text of the page.

use askama::Template;

use super::{display, frame::Frame, locale::Phrase};

/// The number of characters shown of a name.
const NAME_MAX: usize = 60;
const FILE_MAX: usize = 80;
const HOST_MAX: usize = 80;

/// A field for a file, and where the file goes.
#[derive(Clone, Debug, Template)]
#[template(path = "upload.html")]
pub struct UploadPage {
    pub frame: Frame,
    /// The base URL of the space.
    pub space: String,
    /// The name of the Backlog user whose connection asked for the file.
    pub user: String,
    /// The name that the client proposed; not trusted.
    pub file: Option<String>,
    /// How long the link may be used.
    pub minutes: i64,
    /// The maximum size of a file.
    pub megabytes: u64,
}

impl UploadPage {
    /// The page. The template uses no fallible filter, so this cannot fail.
    pub fn html(&self) -> String {
        self.to_string()
    }

    fn host(&self) -> String {
        let host = self.space.split_once("://").map_or("", |(_, host)| host);
        display::host(host, HOST_MAX)
    }

    fn shown_user(&self) -> Option<String> {
        display::line(&self.user, NAME_MAX)
    }

    fn shown_file(&self) -> Option<String> {
        display::line(self.file.as_deref()?, FILE_MAX)
    }
}

/// Says that Backlog has the file.
#[derive(Clone, Debug, Template)]
#[template(path = "uploaded.html")]
pub struct UploadedPage {
    pub frame: Frame,
    pub name: String,
    /// In bytes.
    pub size: i64,
}

impl UploadedPage {
    /// The page. The template uses no fallible filter, so this cannot fail.
    pub fn html(&self) -> String {
        self.to_string()
    }

    fn shown_name(&self) -> String {
        display::line(&self.name, FILE_MAX).unwrap_or_default()
    }

    /// The size with a unit: `512 B`, `3.4 MB`.
    fn shown_size(&self) -> String {
        const UNITS: [&str; 3] = ["kB", "MB", "GB"];
        let (whole, mut rest, mut unit) = (self.size, self.size % 1000, "B");
        let mut size = whole;
        for next in UNITS {
            if size < 1000 {
                break;
            }
            (rest, size, unit) = (size % 1000, size / 1000, next);
        }
        match unit {
            "B" => format!("{size} B"),
            unit => format!("{size}.{} {unit}", rest / 100),
        }
    }

    fn what(&self) -> Phrase {
        self.frame.phrase("uploaded.what", self.shown_name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_has_the_unit_that_fits() {
        for (size, expected) in [
            (0, "0 B"),
            (999, "999 B"),
            (1_000, "1.0 kB"),
            (3_456_789, "3.4 MB"),
            (104_857_600, "104.8 MB"),
            (5_000_000_000, "5.0 GB"),
        ] {
            let page = UploadedPage {
                frame: Frame::default(),
                name: "a".to_owned(),
                size,
            };
            assert_eq!(page.shown_size(), expected);
        }
    }
}
