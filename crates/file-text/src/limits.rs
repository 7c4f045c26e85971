//! The limits of the work on one file, and the meter that enforces them.

use std::{
    cell::Cell,
    io::{self, Read},
    time::Instant,
};

use crate::error::LimitReached;

/// Limits of the work on one file.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The length of the text.
    pub max_text_bytes: usize,
    /// The bytes that are unpacked: in total for a zip-based file, for each page of a PDF.
    pub max_unpacked_bytes: usize,
    /// The entries of an archive, and the objects of a PDF.
    pub max_entries: usize,
    /// When the work ends at the latest. It is checked between the pages of a PDF and while a page
    /// is drawn, and for each block of unpacked bytes.
    pub deadline: Instant,
}

impl Limits {
    /// The limits for an ordinary file: 1 MiB of text, 64 MiB unpacked, and 20,000 entries.
    pub fn until(deadline: Instant) -> Self {
        Self {
            max_text_bytes: 1 << 20,
            max_unpacked_bytes: 64 << 20,
            max_entries: 20_000,
            deadline,
        }
    }
}

/// Measures the work on one file.
pub(crate) struct Meter {
    limits: Limits,
    unpacked: Cell<usize>,
    kept: Cell<usize>,
}

impl Meter {
    pub(crate) fn new(limits: Limits) -> Self {
        Self {
            limits,
            unpacked: Cell::new(0),
            kept: Cell::new(0),
        }
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.limits
    }

    /// The bytes that may still be unpacked.
    pub(crate) fn left(&self) -> usize {
        self.limits.max_unpacked_bytes - self.unpacked.get()
    }

    /// Counts unpacked bytes.
    pub(crate) fn unpack(&self, bytes: usize) -> Result<(), LimitReached> {
        if bytes > self.left() {
            self.unpacked.set(self.limits.max_unpacked_bytes);
            return Err(LimitReached::Unpacked);
        }
        self.unpacked.set(self.unpacked.get() + bytes);
        Ok(())
    }

    /// Remembers that the bytes so far stay in memory.
    pub(crate) fn keep(&self) {
        self.kept.set(self.unpacked.get());
    }

    /// Forgets the bytes that do not stay in memory.
    pub(crate) fn release(&self) {
        self.unpacked.set(self.kept.get());
    }

    pub(crate) fn check_time(&self) -> Result<(), LimitReached> {
        if Instant::now() >= self.limits.deadline {
            return Err(LimitReached::Deadline);
        }
        Ok(())
    }
}

/// A reader that counts the bytes that it returns as unpacked.
pub(crate) struct Metered<'m, R> {
    pub(crate) inner: R,
    pub(crate) meter: &'m Meter,
}

impl<R: Read> Read for Metered<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.meter.check_time().map_err(io::Error::other)?;
        let count = self.inner.read(buffer)?;
        self.meter.unpack(count).map_err(io::Error::other)?;
        Ok(count)
    }
}
