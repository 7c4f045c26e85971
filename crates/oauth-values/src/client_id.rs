//! The `client_id` of a registration: the id of its row and a keyed check.
//!
//! An example is `019b0c5e-7f3a-7c41-9d0e-2b8f6a1c3d4e-5f60718293a4b5c6`. The clients of operators,
//! and those that registered with an older version, have only the id of their row.

use uuid::Uuid;

use super::{
    check_key::{CHECK_BYTES, CheckKey},
    token::TokenHash,
};

/// The kind that the check covers, in addition to the id.
const KIND: &str = "client_id";
const ID_DIGITS: usize = 36;
const CHECK_DIGITS: usize = 2 * CHECK_BYTES;

/// The origin of a `client_id`, judged by its form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientIdForm {
    /// The hub issued it: its check is valid.
    Checked,
    /// The hub may have issued it: it has no check, or one that may be of an earlier key.
    Unchecked,
    /// The URL of a metadata document.
    Url,
    /// The hub never issued it.
    NeverIssued,
}

/// The `client_id` of a new registration.
pub fn issue(row: Uuid, key: &CheckKey) -> String {
    let check = u64::from_be_bytes(key.check(KIND, row.as_bytes()));
    format!("{row}-{check:0CHECK_DIGITS$x}")
}

impl ClientIdForm {
    pub fn of(client_id: &str, key: &CheckKey) -> Self {
        if client_id.starts_with("https://") || client_id.starts_with("http://") {
            return Self::Url;
        }
        let Some((id, rest)) = client_id.split_at_checked(ID_DIGITS) else {
            return Self::NeverIssued;
        };
        // Only the hub's own spelling of the id is accepted, because it is compared as text.
        let Some(row) = Uuid::parse_str(id).ok().filter(|row| row.to_string() == id) else {
            return Self::NeverIssued;
        };
        match rest.strip_prefix('-').map(read_check) {
            None if rest.is_empty() => Self::Unchecked,
            Some(Some(check)) if key.is_right(KIND, row.as_bytes(), check) => Self::Checked,
            Some(Some(_)) if key.replaces_another() => Self::Unchecked,
            _ => Self::NeverIssued,
        }
    }
}

fn read_check(digits: &str) -> Option<[u8; CHECK_BYTES]> {
    let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    if digits.len() != CHECK_DIGITS || !digits.bytes().all(is_digit) {
        return None;
    }
    u64::from_str_radix(digits, 16).ok().map(u64::to_be_bytes)
}

/// The digest under which a `client_id` is cached.
pub fn digest(client_id: &str) -> TokenHash {
    use sha2::{Digest, Sha256};
    TokenHash::of_digest(Sha256::digest(client_id.as_bytes()).into())
}

#[cfg(test)]
mod tests {
    use foundation::random::Random;
    use proptest::prelude::*;

    use super::*;

    fn key() -> CheckKey {
        let random = Random::from_fn(|bytes| bytes.fill(7));
        CheckKey::parse(&CheckKey::generate(&random)).expect("a key")
    }

    #[test]
    fn an_issued_client_id_is_recognized() {
        let row = Uuid::from_u128(0x019b_0c5e_7f3a_7c41_9d0e_2b8f_6a1c_3d4e);
        let issued = issue(row, &key());
        assert_eq!(issued.len(), 53);
        let other = issue(Uuid::from_u128(1), &key());
        let swapped = format!("{}{}", &issued[..36], &other[36..]);
        for (client_id, expected) in [
            (issued.as_str(), ClientIdForm::Checked),
            (&issued[..36], ClientIdForm::Unchecked),
            ("https://app.example/client.json", ClientIdForm::Url),
            ("http://127.0.0.1:1/client.json", ClientIdForm::Url),
            (&swapped, ClientIdForm::NeverIssued),
            (&issued.to_uppercase(), ClientIdForm::NeverIssued),
            (&issued[..36].to_uppercase(), ClientIdForm::NeverIssued),
            (&issued[..52], ClientIdForm::NeverIssued),
            (&issued[..37], ClientIdForm::NeverIssued),
            (&issued[..36].replace('-', ""), ClientIdForm::NeverIssued),
            ("", ClientIdForm::NeverIssued),
            ("claude", ClientIdForm::NeverIssued),
        ] {
            assert_eq!(ClientIdForm::of(client_id, &key()), expected, "{client_id}");
        }
    }

    /// The operator deleted the key, and the next start generated another one.
    #[test]
    fn clients_of_a_key_that_is_gone_are_looked_up() {
        let row = Uuid::from_u128(1);
        let other = CheckKey::parse(&CheckKey::generate(&Random::system())).expect("a key");
        let issued = issue(row, &other);
        assert_eq!(ClientIdForm::of(&issued, &key()), ClientIdForm::NeverIssued);
        let key = key().replacing_another(true);
        assert_eq!(ClientIdForm::of(&issued, &key), ClientIdForm::Unchecked);
        assert_eq!(
            ClientIdForm::of(&issue(row, &key), &key),
            ClientIdForm::Checked
        );
        assert_eq!(
            ClientIdForm::of(&issued[..52], &key),
            ClientIdForm::NeverIssued
        );
    }

    proptest! {
        #[test]
        fn any_one_wrong_character_is_noticed(position in 0_usize..53, letter in "[0-9a-z-]") {
            let issued = issue(Uuid::from_u128(42), &key());
            let mut text = issued.clone();
            text.replace_range(position..=position, &letter);
            let expected = match text == issued {
                true => ClientIdForm::Checked,
                false => ClientIdForm::NeverIssued,
            };
            prop_assert_eq!(ClientIdForm::of(&text, &key()), expected);
        }

        #[test]
        fn reading_never_panics(text in "\\PC*") {
            ClientIdForm::of(&text, &key());
        }
    }
}
