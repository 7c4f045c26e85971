use super::*;

fn users() -> Vec<Candidate> {
    vec![
        Candidate::new(1, "佐藤 遥").with_words(["h.sato", "h.sato@example.com"]),
        Candidate::new(2, "Mika Lindqvist").with_words(["m.lindqvist"]),
        Candidate::new(3, "Hana Ito").with_words(["hana1"]),
        Candidate::new(4, "Hana Ito").with_words(["hana2"]),
        Candidate::new(2026, "12"),
        Candidate::new(12, "Release 2026"),
        Candidate::new(7, "[WIP] Crane"),
        Candidate::new(8, "Straße"),
    ]
}

#[test]
fn a_text_means_one_candidate() {
    let users = users();
    for (text, id, fit) in [
        ("1", 1, Fit::Id),
        ("id:1", 1, Fit::Id),
        ("#1", 1, Fit::Id),
        ("12", 12, Fit::Id),
        ("\"12\"", 2026, Fit::Name),
        ("佐藤 遥", 1, Fit::Name),
        ("佐藤　遥", 1, Fit::Name),
        ("佐藤遥", 1, Fit::Name),
        ("「佐藤 遥」", 1, Fit::Name),
        ("H.SATO", 1, Fit::Name),
        ("佐藤", 1, Fit::Part),
        ("mika", 2, Fit::Part),
        ("ＭＩＫＡ lindqvist", 2, Fit::Name),
        ("hana2", 4, Fit::Name),
        ("Release", 12, Fit::Part),
        ("[WIP] Crane", 7, Fit::Name),
        ("STRASSE", 8, Fit::Name),
    ] {
        let found = find("user", text, &users).unwrap();
        assert_eq!((found.candidate.id, found.fit), (id, fit), "{text}");
    }
}

#[test]
fn an_accent_makes_no_difference_unless_another_name_has_none() {
    let users = [
        Candidate::new(1, "Lucía Gómez"),
        Candidate::new(2, "Lucia Bo"),
        Candidate::new(3, "Jürgen Groß"),
        Candidate::new(4, "Bob Stone"),
        Candidate::new(5, "José"),
        Candidate::new(6, "Jose"),
    ];
    for (text, expected) in [
        ("lucia gomez", Ok((1, Fit::Name))),
        ("Gomez", Ok((1, Fit::Part))),
        ("gómez", Ok((1, Fit::Part))),
        ("jurgen", Ok((3, Fit::Part))),
        ("José", Ok((5, Fit::Name))),
        ("jose", Ok((6, Fit::Name))),
        ("lucia", Err("more than one")),
        // Two letters are a part only as a whole word.
        ("bo", Ok((2, Fit::Part))),
        ("st", Err("unknown user")),
        ("b", Err("unknown user")),
    ] {
        match (find("user", text, &users), expected) {
            (Ok(found), Ok(expected)) => {
                assert_eq!((found.candidate.id, found.fit), expected, "{text}");
            }
            (Err(error), Err(expected)) => assert!(error.to_string().contains(expected), "{error}"),
            (found, _) => panic!("{text}: {found:?}"),
        }
    }
}

#[test]
fn a_text_that_fits_several_lists_them() {
    let error = find("user", "Hana Ito", &users()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "\"Hana Ito\" fits more than one user: \"Hana Ito\" (3), \"Hana Ito\" (4); \
         give the id or the whole name"
    );
    assert!(matches!(
        find("user", "hana", &users()).unwrap_err(),
        MatchError::Several { fitting, .. } if fitting.len() == 2
    ));
}

#[test]
fn an_unknown_name_lists_the_nearest() {
    let error = find("user", "Mika Lindquist", &users()).unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("unknown user \"Mika Lindquist\"; nearest: \"Mika Lindqvist\", ")
    );
    assert!(error.to_string().ends_with("and 3 more"), "{error}");
    let statuses = [Candidate::new(1, "Open"), Candidate::new(4, "Closed")];
    assert_eq!(
        find("status", "Opn", &statuses).unwrap_err().to_string(),
        "unknown status \"Opn\"; available, nearest first: \"Open\", \"Closed\""
    );
    assert_eq!(
        find("status", "Opn", &[]).unwrap_err().to_string(),
        "unknown status \"Opn\"; none is available"
    );
}

#[test]
fn kana_and_short_parts_are_not_guessed() {
    let types = [Candidate::new(1, "タスク"), Candidate::new(2, "Feature")];
    for text in ["たすく", "タ", "fe", "", "「」", "#"] {
        assert!(find("type", text, &types).is_err(), "{text}");
    }
    assert_eq!(find("type", "ﾀｽｸ", &types).unwrap().candidate.id, 1);
}

#[test]
fn names_in_an_error_are_bounded() {
    let many: Vec<_> = (0..2000)
        .map(|id| Candidate::new(id, "\u{202E}x\n".repeat(2000)))
        .collect();
    let error = find("user", &"y".repeat(100_000), &many)
        .unwrap_err()
        .to_string();
    assert!(
        error.len() < 5000 && !error.contains(['\n', '\u{202E}']),
        "{error}"
    );
}

#[test]
fn a_new_name_may_be_a_misspelt_one() {
    let names = [
        "Runbook/Deployment",
        "Home",
        "Sprint 12",
        "棚卸し手順",
        "Q&A",
    ];
    let numbered = (1..).zip(names);
    let pages: Vec<_> = numbered.map(|(id, it)| Candidate::new(id, it)).collect();
    for (name, expected) in [
        ("Runbook/Deploymnet", Some("Runbook/Deployment")),
        ("runbook / deployments", Some("Runbook/Deployment")),
        ("Hoem", Some("Home")),
        ("棚卸手順", Some("棚卸し手順")),
        ("Runbook/Tides", None),
        ("Runbook", None),
        ("Sprint 13", None),
        ("Q&B", None),
        ("", None),
    ] {
        let found = misspelt(name, &pages).map(|it| it.name.as_str());
        assert_eq!(found, expected, "{name}");
    }
    assert!(misspelt(&"x".repeat(100_000), &pages).is_none());
}
