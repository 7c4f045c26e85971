use super::*;

#[test]
fn one_day_has_many_absolute_forms() {
    let read = |text| absolute(text).map(|day| day.to_string());
    for text in [
        "2026-10-20",
        "2026/10/20",
        "2026.10.20",
        "20261020",
        "２０２６－１０－２０",
        "２０２６/１０/２０",
        "2026年10月20日",
        "令和8年10月20日",
        " 2026-10-20\n",
        "2026-10-20T00:00:00Z",
        "2026-10-20T00:00:00.000Z",
        "2026-10-19T15:00:00Z",
        "2026-10-20T09:00:00+09:00",
        "2026-10-20T23:59:59-08:00",
    ] {
        assert_eq!(read(text).as_deref(), Ok("2026-10-20"), "{text}");
    }
    assert_eq!(read("2026-1-2").as_deref(), Ok("2026-01-02"));
    assert_eq!(read("2026-12-31T15:00:00Z").as_deref(), Ok("2027-01-01"));
}

#[test]
fn an_invalid_absolute_date_is_reported() {
    for (text, expected) in [
        ("2026-02-31", "there is no 31 February 2026"),
        ("2026/02/29", "there is no 29 February 2026"),
        ("2026-13-01", "there is no month 13"),
        (
            "10/20",
            "expected a date as yyyy-MM-dd, received string \"10/20\"",
        ),
        ("20", "expected a date as yyyy-MM-dd"),
        ("10/20/2026", "expected a date as yyyy-MM-dd"),
        ("next week", "expected a date as yyyy-MM-dd"),
        ("2026-10-19T18:22:11Z", "expected a date as yyyy-MM-dd"),
        ("", "expected a date as yyyy-MM-dd"),
        ("-2026-10-20", "expected a date as yyyy-MM-dd"),
        ("2026-10-20T", "expected a date as yyyy-MM-dd"),
        ("9999-12-31T15:00:00Z", "expected a date as yyyy-MM-dd"),
    ] {
        let error = absolute(text).unwrap_err().to_string();
        assert!(error.contains(expected), "{text}: {error}");
    }
    let error = absolute(&"1".repeat(100_000)).unwrap_err().to_string();
    assert!(
        error.len() < 500 && error.contains("100000 characters"),
        "{error}"
    );
}

#[test]
fn a_utc_time_is_the_day_in_the_time_zone() {
    for (zone, expected) in [
        (chrono_tz::Asia::Tokyo, "2026-12-19"),
        (chrono_tz::Europe::Berlin, "2026-12-18"),
        (chrono_tz::UTC, "2026-12-18"),
    ] {
        let now = zone.with_ymd_and_hms(2026, 11, 30, 9, 0, 0).unwrap();
        let day = read("2026-12-18T18:22:11Z", &now).unwrap();
        assert_eq!(day.to_string(), expected, "{zone}");
    }
}

#[test]
fn today_is_the_day_in_the_time_zone() {
    let utc = chrono_tz::UTC
        .with_ymd_and_hms(2026, 11, 30, 20, 0, 0)
        .unwrap();
    for (zone, expected) in [
        (chrono_tz::Asia::Tokyo, "2026-12-01"),
        (chrono_tz::America::New_York, "2026-11-30"),
    ] {
        let day = read("today", &utc.with_timezone(&zone)).unwrap();
        assert_eq!(day.to_string(), expected, "{zone}");
    }
}

#[test]
fn a_day_without_a_year_is_on_the_side_that_is_asked_for() {
    let now = chrono_tz::Asia::Tokyo
        .with_ymd_and_hms(2026, 11, 30, 9, 0, 0)
        .unwrap();
    for (text, future, past) in [
        ("12月18日", "2026-12-18", "2025-12-18"),
        ("11月30日", "2026-11-30", "2026-11-30"),
        ("11/29", "2027-11-29", "2026-11-29"),
        ("2月29日", "2028-02-29", "2024-02-29"),
        ("friday", "2026-12-04", "2026-11-27"),
        ("31日", "2026-12-31", "2026-10-31"),
    ] {
        let read = |toward| read_toward(text, &now, toward).unwrap().to_string();
        assert_eq!(read(Toward::Future), future, "{text}");
        assert_eq!(read(Toward::Past), past, "{text}");
    }
}
