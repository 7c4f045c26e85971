//! Lists the entries of a zip archive. Nothing is unpacked.

use crate::{archive::Archive, error::ExtractError, kind::Kind, limits::Meter, markdown::Markdown};

pub(crate) fn read(bytes: &[u8], meter: &Meter, out: &mut Markdown) -> Result<(), ExtractError> {
    let mut archive = Archive::open(Kind::Zip.name(), bytes, meter)?;
    let count = archive.len();
    out.set_parts(count);
    if count == 0 {
        return Ok(out.push("The archive is empty.\n")?);
    }
    out.row(true, ["name", "bytes"])?;
    for index in 0..count {
        meter.check_time()?;
        let entry = archive.listed(index)?;
        let size = if entry.is_folder {
            "folder".to_owned()
        } else {
            entry.size.to_string()
        };
        if entry.is_encrypted {
            out.note("Some entries of the archive are encrypted.");
        }
        out.row(false, [entry.name.as_str(), size.as_str()])?;
    }
    out.note("Only the names and the declared sizes of the entries are listed.");
    Ok(())
}
