//! The IDs of the seeded entities.

use crate::model::Id;

/// 佐藤 遥, administrator; joined every project.
pub const HARUKA: Id = 40211;

/// Daniel Okafor, member; joined every project.
pub const DANIEL: Id = 40218;

/// Maja Lindqvist, member; joined HARBOR and OPS, not KURA.
pub const MAJA: Id = 40226;

/// 山口 健太, member; joined HARBOR and KURA, not OPS.
pub const KENTA: Id = 40237;

/// Lucía Reyes, may only add issues; joined HARBOR.
pub const LUCIA: Id = 40244;

/// Tomasz Nowak, may only read; joined OPS.
pub const TOMASZ: Id = 40251;

/// The English project, with all custom fields.
pub const HARBOR: Id = 88104;

/// The Japanese project, with statuses of its own.
pub const KURA: Id = 88117;

/// The small project.
pub const OPS: Id = 88131;

/// The custom fields of HARBOR, by type.
pub mod field {
    use crate::model::Id;

    pub const TEXT: Id = 92010;
    /// Required, for issues of the type [`INCIDENT`](super::INCIDENT) only.
    pub const TEXT_AREA: Id = 92011;
    pub const NUMERIC: Id = 92012;
    pub const DATE: Id = 92013;
    pub const SINGLE_LIST: Id = 92014;
    pub const MULTIPLE_LIST: Id = 92015;
    pub const CHECK_BOX: Id = 92016;
    pub const RADIO: Id = 92017;
}

/// Issue types of HARBOR.
pub const BUG: Id = 301_412;

pub const TASK: Id = 301_413;

pub const REQUEST: Id = 301_414;

pub const INCIDENT: Id = 301_415;

/// Teams: the first is in HARBOR, the second in no project.
pub mod team {
    use crate::model::Id;

    /// Daniel and Maja.
    pub const WEB: Id = 901;
    /// Maja and Tomasz.
    pub const SUPPORT: Id = 902;
}

/// The webhook of HARBOR.
pub const WEBHOOK: Id = 7001;

/// Git repositories: two of HARBOR, one of KURA; OPS does not use Git.
pub mod repository {
    use crate::model::Id;

    pub const PORTAL: Id = 3307;
    pub const GATEWAY: Id = 3308;
    pub const KURA_WEB: Id = 3311;
}

/// Documents of HARBOR; the second one is below the first.
pub mod document {
    pub const LAUNCH_PLAN: &str = "0199c5d07a1e7f0b9d3f5a6b7c8d9e01";
    pub const OPEN_QUESTIONS: &str = "0199c5d07a1e7f0b9d3f5a6b7c8d9e02";
}

/// A file that Daniel uploaded and that is not attached yet.
pub const UPLOAD: Id = 660_407;

/// The shared files of HARBOR; the first is a directory.
pub mod shared_file {
    use crate::model::Id;

    pub const DESIGNS: Id = 77_101;
    pub const CALENDAR: Id = 77_102;
    pub const MINUTES: Id = 77_103;
}
