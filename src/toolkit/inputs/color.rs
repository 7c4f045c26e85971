//! The colors of Backlog's two palettes: one for statuses, one for issue types.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, de::Error};

const STATUS: &[&str] = &[
    "#ea2c00", "#e87758", "#e07b9a", "#868cb7", "#3b9dbd", "#4caf93", "#b0be3c", "#eda62a",
    "#f42858", "#393939",
];

const ISSUE_TYPE: &[&str] = &[
    "#e30000", "#990000", "#934981", "#814fbc", "#2779ca", "#007e9a", "#7ea800", "#ff9200",
    "#ff3265", "#666665",
];

/// One of [`STATUS`].
#[derive(Clone, Debug, Serialize)]
#[serde(transparent)]
pub(crate) struct StatusColor(&'static str);

/// One of [`ISSUE_TYPE`].
#[derive(Clone, Debug, Serialize)]
#[serde(transparent)]
pub(crate) struct IssueTypeColor(&'static str);

macro_rules! color {
    ($($type:ident: $palette:ident),+) => {$(
        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                choose($palette, deserializer).map(Self)
            }
        }

        impl JsonSchema for $type {
            fn schema_name() -> Cow<'static, str> {
                stringify!($type).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({"type": "string", "enum": $palette})
            }
        }
    )+};
}

color!(StatusColor: STATUS, IssueTypeColor: ISSUE_TYPE);

/// Chooses a color in any case; Backlog accepts lowercase only.
fn choose<'de, D: Deserializer<'de>>(
    palette: &'static [&'static str],
    deserializer: D,
) -> Result<&'static str, D::Error> {
    let text = String::deserialize(deserializer)?;
    let found = palette
        .iter()
        .find(|color| color.eq_ignore_ascii_case(&text));
    found.copied().ok_or_else(|| {
        let choices = palette.join(", ");
        D::Error::custom(format!("expected one of {choices}, received \"{text}\""))
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn a_palette_is_all_there_is() {
        let status = |color: Value| serde_json::from_value::<StatusColor>(color);
        assert_eq!(status(json!("#EA2C00")).unwrap().0, "#ea2c00");
        let error = status(json!("#e30000")).unwrap_err().to_string();
        assert!(
            error.starts_with("expected one of #ea2c00, #e87758"),
            "{error}"
        );
        assert!(error.ends_with("received \"#e30000\""), "{error}");
        assert!(serde_json::from_value::<IssueTypeColor>(json!("#e30000")).is_ok());
        assert!(serde_json::from_value::<IssueTypeColor>(json!("red")).is_err());
    }
}
