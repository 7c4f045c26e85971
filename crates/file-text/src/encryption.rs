//! Recognizes an office document that needs a password.

use memchr::memmem;

/// The first bytes of a compound file, which holds an encrypted document.
const COMPOUND: &[u8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1";

/// Whether a file is an office document that is encrypted with a password.
pub(crate) fn is_encrypted(bytes: &[u8]) -> bool {
    let name: Vec<u8> = "EncryptedPackage"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    bytes.starts_with(COMPOUND) && memmem::find(bytes, &name).is_some()
}
