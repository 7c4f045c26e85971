//! All columns that hold sealed values, for verifying and rotating keys.

use sqlx::PgExecutor;

/// A column of sealed values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SealedColumn {
    SpaceSecret,
    AccountAccessToken,
    AccountRefreshToken,
    BacklogAccessToken,
    BacklogRefreshToken,
    RefreshResponse,
    CheckKey,
    SignInVerifier,
    SignInResponse,
}

/// A sealed value, and the place it was sealed for.
pub struct SealedText {
    /// The row's id in the sealing; paging continues after it.
    pub row: String,
    /// The Backlog site that it is bound to; empty if it is bound to none.
    pub bound_to: String,
    pub sealed: String,
}

/// The number of values in a column that are sealed with a key.
#[derive(Debug, PartialEq, Eq)]
pub struct KeyUse {
    pub key_id: String,
    pub count: i64,
}

impl SealedColumn {
    pub const ALL: [Self; 9] = [
        Self::SpaceSecret,
        Self::AccountAccessToken,
        Self::AccountRefreshToken,
        Self::BacklogAccessToken,
        Self::BacklogRefreshToken,
        Self::RefreshResponse,
        Self::CheckKey,
        Self::SignInVerifier,
        Self::SignInResponse,
    ];

    /// The table and column that the sealing is bound to.
    pub fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::SpaceSecret => ("spaces", "oauth_client_secret"),
            Self::AccountAccessToken => ("accounts", "backlog_access_token"),
            Self::AccountRefreshToken => ("accounts", "backlog_refresh_token"),
            Self::BacklogAccessToken => ("grants", "backlog_access_token"),
            Self::BacklogRefreshToken => ("grants", "backlog_refresh_token"),
            Self::RefreshResponse => ("refresh_tokens", "answer"),
            Self::CheckKey => ("check_key", "key"),
            Self::SignInVerifier => ("authorization_requests", "backlog_verifier"),
            Self::SignInResponse => ("authorization_requests", "confirmed_answer"),
        }
    }
}

macro_rules! key_uses {
    ($db:ident, $column:literal, $table:literal) => {
        sqlx::query_as!(
            KeyUse,
            "SELECT split_part("
                + $column
                + ", ':', 3) AS \"key_id!\", count(*) AS \"count!\" FROM "
                + $table
                + " WHERE "
                + $column
                + " IS NOT NULL GROUP BY 1 ORDER BY 1"
        )
        .fetch_all($db)
        .await
    };
}

/// Counts the uses of each key in a column.
pub async fn key_uses(
    db: impl PgExecutor<'_>,
    column: SealedColumn,
) -> Result<Vec<KeyUse>, sqlx::Error> {
    match column {
        SealedColumn::SpaceSecret => key_uses!(db, "oauth_client_secret", "hub.spaces"),
        SealedColumn::AccountAccessToken => key_uses!(db, "backlog_access_token", "hub.accounts"),
        SealedColumn::AccountRefreshToken => {
            key_uses!(db, "backlog_refresh_token", "hub.accounts")
        }
        SealedColumn::BacklogAccessToken => key_uses!(db, "backlog_access_token", "hub.grants"),
        SealedColumn::BacklogRefreshToken => key_uses!(db, "backlog_refresh_token", "hub.grants"),
        SealedColumn::RefreshResponse => key_uses!(db, "answer", "hub.refresh_tokens"),
        SealedColumn::CheckKey => key_uses!(db, "key", "hub.check_key"),
        SealedColumn::SignInVerifier => {
            key_uses!(db, "backlog_verifier", "hub.authorization_requests")
        }
        SealedColumn::SignInResponse => {
            key_uses!(db, "confirmed_answer", "hub.authorization_requests")
        }
    }
}

/// The part of a column that a page is taken from.
struct Part<'a> {
    after: Option<&'a str>,
    not_with: Option<&'a str>,
    limit: i64,
}

macro_rules! page {
    (grants $db:ident, $part:ident, $column:literal) => {
        page!(
            tokens
            "(SELECT id AS key, * FROM hub.grants) AS sealed_rows
             JOIN hub.spaces AS spaces ON spaces.id = sealed_rows.space_id",
            $db, $part, $column
        )
    };
    (accounts $db:ident, $part:ident, $column:literal) => {
        page!(
            tokens
            "(SELECT id AS key, * FROM hub.accounts) AS sealed_rows
             JOIN hub.spaces AS spaces ON spaces.id = sealed_rows.space_id",
            $db, $part, $column
        )
    };
    (requests $db:ident, $part:ident, $column:literal) => {
        page!(
            tokens
            "(SELECT id AS key, * FROM hub.authorization_requests) AS sealed_rows
             JOIN hub.spaces AS spaces ON spaces.id = sealed_rows.space_id",
            $db, $part, $column
        )
    };
    (tokens $from:literal, $db:ident, $part:ident,
     $column:literal) => {
        page!(
            $db,
            $part,
            "sealed_rows.key::text",
            "spaces.base_url",
            $column,
            $from,
            "key > coalesce($1::text, '00000000-0000-0000-0000-000000000000')::uuid"
        )
    };
    ($db:ident, $part:ident,
     $row:literal, $bound:literal, $column:literal, $from:literal, $beyond:literal) => {
        sqlx::query_as!(
            SealedText,
            "SELECT "
                + $row
                + " AS \"row!\", "
                + $bound
                + " AS \"bound_to!\", "
                + $column
                + " AS \"sealed!\" FROM "
                + $from
                + " WHERE "
                + $column
                + " IS NOT NULL AND "
                + $beyond
                + " AND split_part("
                + $column
                + ", ':', 3) IS DISTINCT FROM $2
                ORDER BY sealed_rows.key LIMIT $3",
            $part.after,
            $part.not_with,
            $part.limit,
        )
        .fetch_all($db)
        .await
    };
}

/// The next values of a column after the row `after`, in row order; with `not_with`, only those
/// sealed with another key.
pub async fn page(
    db: impl PgExecutor<'_>,
    column: SealedColumn,
    after: Option<&str>,
    not_with: Option<&str>,
    limit: i64,
) -> Result<Vec<SealedText>, sqlx::Error> {
    let part = Part {
        after,
        not_with,
        limit,
    };
    match column {
        SealedColumn::SpaceSecret => page!(
            db,
            part,
            "key::text",
            "secret_base_url",
            "oauth_client_secret",
            "(SELECT id AS key, * FROM hub.spaces) AS sealed_rows",
            "key > coalesce($1::text, '00000000-0000-0000-0000-000000000000')::uuid"
        ),
        SealedColumn::AccountAccessToken => page!(accounts db, part, "backlog_access_token"),
        SealedColumn::AccountRefreshToken => page!(accounts db, part, "backlog_refresh_token"),
        SealedColumn::BacklogAccessToken => page!(grants db, part, "backlog_access_token"),
        SealedColumn::BacklogRefreshToken => page!(grants db, part, "backlog_refresh_token"),
        SealedColumn::RefreshResponse => page!(
            db,
            part,
            "encode(key, 'hex')",
            "''",
            "answer",
            "(SELECT token_hash AS key, * FROM hub.refresh_tokens) AS sealed_rows",
            "key > decode(coalesce($1::text, ''), 'hex')"
        ),
        SealedColumn::CheckKey => page!(
            db,
            part,
            "sealed_rows.name",
            "''",
            "sealed_rows.sealed",
            "(SELECT 1 AS key, 'only' AS name, key AS sealed FROM hub.check_key) AS sealed_rows",
            "name > coalesce($1::text, '')"
        ),
        SealedColumn::SignInVerifier => page!(requests db, part, "backlog_verifier"),
        SealedColumn::SignInResponse => page!(requests db, part, "confirmed_answer"),
    }
}

/// Replaces `old` with another sealing of the same value. Returns false if `old` is no longer
/// stored, because the value was changed and sealed again meanwhile.
pub async fn replace(
    db: impl PgExecutor<'_>,
    column: SealedColumn,
    row: &str,
    old: &str,
    new: &str,
) -> Result<bool, sqlx::Error> {
    macro_rules! replace {
        ($table:literal, $column:literal) => {
            replace!($table, $column, "id = $1::text::uuid")
        };
        ($table:literal, $column:literal, $is_row:literal) => {
            sqlx::query!(
                "UPDATE "
                    + $table
                    + " SET "
                    + $column
                    + " = $3::text WHERE "
                    + $is_row
                    + " AND "
                    + $column
                    + " = $2::text",
                row,
                old,
                new,
            )
            .execute(db)
            .await
        };
    }
    let done = match column {
        SealedColumn::SpaceSecret => replace!(
            "hub.spaces",
            "oauth_client_secret",
            "id = $1::text::uuid AND base_url = secret_base_url"
        ),
        SealedColumn::AccountAccessToken => replace!("hub.accounts", "backlog_access_token"),
        SealedColumn::AccountRefreshToken => replace!("hub.accounts", "backlog_refresh_token"),
        SealedColumn::BacklogAccessToken => replace!("hub.grants", "backlog_access_token"),
        SealedColumn::BacklogRefreshToken => replace!("hub.grants", "backlog_refresh_token"),
        SealedColumn::RefreshResponse => replace!(
            "hub.refresh_tokens",
            "answer",
            "token_hash = decode($1::text, 'hex')"
        ),
        SealedColumn::CheckKey => replace!("hub.check_key", "key", "$1::text = 'only'"),
        SealedColumn::SignInVerifier => replace!("hub.authorization_requests", "backlog_verifier"),
        SealedColumn::SignInResponse => replace!("hub.authorization_requests", "confirmed_answer"),
    };
    done.map(|done| done.rows_affected() == 1)
}
