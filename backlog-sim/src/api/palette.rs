//! The colors available for statuses and issue types.

use crate::{error::ApiError, params::malformed};

const STATUS: [&str; 10] = [
    "#ea2c00", "#e87758", "#e07b9a", "#868cb7", "#3b9dbd", "#4caf93", "#b0be3c", "#eda62a",
    "#f42858", "#393939",
];

const ISSUE_TYPE: [&str; 10] = [
    "#e30000", "#990000", "#934981", "#814fbc", "#2779ca", "#007e9a", "#7ea800", "#ff9200",
    "#ff3265", "#666665",
];

pub(super) fn status(color: &str) -> Result<&str, ApiError> {
    one_of(&STATUS, color)
}

pub(super) fn issue_type(color: &str) -> Result<&str, ApiError> {
    one_of(&ISSUE_TYPE, color)
}

fn one_of<'a>(palette: &[&str], color: &'a str) -> Result<&'a str, ApiError> {
    match palette.contains(&color) {
        true => Ok(color),
        false => Err(malformed("color", color)),
    }
}
