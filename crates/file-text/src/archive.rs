//! Reads a zip archive through the meter.
//!
//! 1. The headers of entries are counted before the library reads them, since it keeps all of them
//!    in memory.
//! 2. An entry is unpacked only while it is read. Its declared size is never trusted.

use std::io::{BufReader, Cursor};

use encoding_rs::SHIFT_JIS;
use memchr::memmem;
use zip::{ZipArchive, read::ZipFile, result::ZipError};

use crate::{
    encryption::is_encrypted,
    error::{ExtractError, LimitReached},
    limits::{Meter, Metered},
};

/// The signature of an entry in the central directory.
const ENTRY: &[u8] = b"PK\x01\x02";

/// The entries of a file of a kind that is not yet known.
const MAX_ANY: usize = 20_000;

/// An unpacking reader of one entry.
pub(crate) type EntryReader<'a, 'b> = BufReader<Metered<'a, ZipFile<'a, Cursor<&'b [u8]>>>>;

/// A zip archive.
pub(crate) struct Archive<'b> {
    kind: &'static str,
    zip: ZipArchive<Cursor<&'b [u8]>>,
}

/// An entry in a listing.
pub(crate) struct Listed {
    pub(crate) name: String,
    /// The declared size.
    pub(crate) size: u64,
    pub(crate) is_folder: bool,
    pub(crate) is_encrypted: bool,
}

impl<'b> Archive<'b> {
    /// Opens an archive of a kind, such as `Word`.
    pub(crate) fn open(
        kind: &'static str,
        bytes: &'b [u8],
        meter: &Meter,
    ) -> Result<Self, ExtractError> {
        meter.check_time()?;
        if is_encrypted(bytes) {
            return Err(ExtractError::Encrypted);
        }
        Self::open_with(kind, bytes, meter.limits().max_entries)
    }

    /// Opens an archive only to look for entries.
    pub(crate) fn open_any(bytes: &'b [u8]) -> Result<Self, ExtractError> {
        Self::open_with("zip", bytes, MAX_ANY)
    }

    fn open_with(kind: &'static str, bytes: &'b [u8], max: usize) -> Result<Self, ExtractError> {
        // This also counts entries of archives that are stored inside, which only makes it stricter.
        if memmem::find_iter(bytes, ENTRY).take(max + 1).count() > max {
            return Err(LimitReached::Entries.into());
        }
        let zip = ZipArchive::new(Cursor::new(bytes));
        let zip = zip.map_err(|error| failure(kind, &error))?;
        Ok(Self { kind, zip })
    }

    pub(crate) fn kind(&self) -> &'static str {
        self.kind
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.zip.index_for_name(name).is_some()
    }

    pub(crate) fn len(&self) -> usize {
        self.zip.len()
    }

    /// The reader of an entry; `None` if there is no such entry.
    pub(crate) fn entry<'a>(
        &'a mut self,
        name: &str,
        meter: &'a Meter,
    ) -> Result<Option<EntryReader<'a, 'b>>, ExtractError> {
        let Some(index) = self.zip.index_for_name(name) else {
            return Ok(None);
        };
        let kind = self.kind;
        let inner = self.zip.by_index(index);
        let inner = inner.map_err(|error| failure(kind, &error))?;
        Ok(Some(BufReader::new(Metered { inner, meter })))
    }

    /// The header of the entry at this index.
    pub(crate) fn listed(&mut self, index: usize) -> Result<Listed, ExtractError> {
        let kind = self.kind;
        let entry = self.zip.by_index_raw(index);
        let entry = entry.map_err(|error| failure(kind, &error))?;
        Ok(Listed {
            name: decoded(entry.name_raw()),
            size: entry.size(),
            is_folder: entry.is_dir(),
            is_encrypted: entry.encrypted(),
        })
    }
}

fn failure(kind: &'static str, error: &ZipError) -> ExtractError {
    match error {
        ZipError::InvalidPassword | ZipError::UnsupportedArchive(ZipError::PASSWORD_REQUIRED) => {
            ExtractError::Encrypted
        }
        ZipError::Io(error) => ExtractError::from_io(kind, error),
        error => ExtractError::damaged(kind, error),
    }
}

/// Decodes a name. Programs in Japan write `Shift_JIS` without declaring it.
fn decoded(name: &[u8]) -> String {
    if let Ok(name) = std::str::from_utf8(name) {
        return name.to_owned();
    }
    let japanese = SHIFT_JIS.decode_without_bom_handling_and_without_replacement(name);
    japanese.map_or_else(
        || String::from_utf8_lossy(name).into_owned(),
        std::borrow::Cow::into_owned,
    )
}
