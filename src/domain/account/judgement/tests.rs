//! Every transition, as a table.

use super::*;

fn at(minutes: i64) -> DateTime<Utc> {
    DateTime::<Utc>::UNIX_EPOCH + TimeDelta::minutes(minutes)
}

fn in_doubt(doubt: Doubt, since: i64, until: i64) -> Standing {
    Standing::InDoubt {
        doubt,
        since: at(since),
        until: at(until),
    }
}

fn case(evidence: Evidence, standing: Standing, now: i64) -> Case {
    Case {
        evidence,
        standing,
        taken_over: false,
        neighbors: Neighbors::default(),
        endings: Endings::default(),
        now: at(now),
    }
}

fn doubted(doubt: Doubt, since: DateTime<Utc>, until: DateTime<Utc>) -> Judgement {
    crate::domain::account::judgement::doubt(doubt, since, until)
}

#[test]
fn a_refusal_ends_an_account_unless_another_holder_may_have_the_response() {
    let ends = Judgement::End(EndReason::InvalidGrant);
    for (standing, taken_over, expected) in [
        (Standing::Live, false, ends),
        (
            Standing::Live,
            true,
            doubted(Doubt::TakenOver, at(100), at(102)),
        ),
        // The second one, after the time in which the holder would have stored its pair.
        (in_doubt(Doubt::TakenOver, 97, 99), false, ends),
        // This time another holder died halfway.
        (
            in_doubt(Doubt::TakenOver, 97, 99),
            true,
            doubted(Doubt::TakenOver, at(97), at(102)),
        ),
        (in_doubt(Doubt::Unreadable, 97, 99), false, ends),
        (in_doubt(Doubt::Spared, 89, 99), false, ends),
    ] {
        let case = Case {
            taken_over,
            ..case(Evidence::Refused, standing, 100)
        };
        assert_eq!(judge(&case), expected, "{standing:?} {taken_over}");
    }
}

#[test]
fn bare_400s_end_an_account_only_when_they_go_on_while_others_are_renewed() {
    let ends = Judgement::End(EndReason::Unreadable);
    let goes_on = |since| doubted(Doubt::Unreadable, at(since), at(100) + ASK_AGAIN_AFTER);
    let bare_since = |since| in_doubt(Doubt::Unreadable, since, 99);
    for (standing, renewed, unreadable, expected) in [
        (Standing::Live, Some(99), None, goes_on(100)),
        (bare_since(91), Some(99), None, goes_on(91)),
        (bare_since(90), Some(99), None, ends),
        // No other account was renewed since it began.
        (bare_since(90), None, None, goes_on(90)),
        (bare_since(90), Some(89), None, goes_on(90)),
        // Others were renewed, but now they fail as well.
        (bare_since(90), Some(95), Some(98), goes_on(90)),
        (bare_since(90), Some(98), Some(95), ends),
        // An hour is enough, regardless of the others.
        (bare_since(41), None, None, goes_on(41)),
        (bare_since(40), None, None, ends),
        (bare_since(40), Some(41), Some(99), ends),
        // After another kind of doubt, the 400s have only begun.
        (
            in_doubt(Doubt::TakenOver, 0, 99),
            Some(99),
            None,
            goes_on(100),
        ),
        // The last one was long ago, so this is another failure.
        (
            in_doubt(Doubt::Unreadable, 0, 39),
            Some(99),
            None,
            goes_on(100),
        ),
    ] {
        let case = Case {
            neighbors: Neighbors {
                renewed_at: renewed.map(at),
                unreadable_at: unreadable.map(at),
            },
            ..case(Evidence::Unreadable, standing, 100)
        };
        assert_eq!(
            judge(&case),
            expected,
            "{standing:?} {renewed:?} {unreadable:?}"
        );
    }
}

#[test]
fn too_many_at_once_are_spared_and_pause_the_endings_of_the_space() {
    let spared = |until, pauses_endings| Judgement::Doubt {
        doubt: Doubt::Spared,
        since: at(100),
        until,
        pauses_endings,
    };
    for (ended, paused_until, expected) in [
        (19, None, Judgement::End(EndReason::InvalidGrant)),
        (20, None, spared(at(110), true)),
        // Accounts that a pause spares do not extend it.
        (0, Some(104), spared(at(104), false)),
        (0, Some(100), Judgement::End(EndReason::InvalidGrant)),
        (20, Some(99), spared(at(110), true)),
    ] {
        let case = Case {
            endings: Endings {
                ended,
                renewed: 0,
                paused_until: paused_until.map(at),
            },
            ..case(Evidence::Refused, Standing::Live, 100)
        };
        assert_eq!(judge(&case), expected, "{ended} {paused_until:?}");
    }
}

#[test]
fn a_doubt_has_an_end() {
    let standing = in_doubt(Doubt::TakenOver, 97, 99);
    assert_eq!(standing.in_doubt_at(at(98)), Some(at(99)));
    assert_eq!(standing.in_doubt_at(at(99)), None);
    assert_eq!(Standing::Live.in_doubt_at(at(0)), None);
    assert_eq!(Standing::Ended.in_doubt_at(at(0)), None);
}
