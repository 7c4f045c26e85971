use chrono::NaiveDate;
use chrono_tz::Asia::Tokyo;

use super::*;

/// Monday, 30 November 2026.
fn now() -> DateTime<chrono_tz::Tz> {
    Tokyo.with_ymd_and_hms(2026, 11, 30, 9, 0, 0).unwrap()
}

fn at(day: &str) -> DateTime<chrono_tz::Tz> {
    let day: NaiveDate = day.parse().unwrap();
    let noon = day.and_hms_opt(12, 0, 0).unwrap();
    Tokyo.from_local_datetime(&noon).unwrap()
}

#[test]
fn an_end_without_a_year_fits_the_other_end() {
    for (today, text, toward, expected) in [
        (
            "2026-12-10",
            "12月1日〜18日",
            Toward::Future,
            "2026-12-01..2026-12-18",
        ),
        (
            "2026-12-20",
            "12月1日〜18日",
            Toward::Future,
            "2027-12-01..2027-12-18",
        ),
        (
            "2026-12-20",
            "12月1日〜18日",
            Toward::Past,
            "2026-12-01..2026-12-18",
        ),
        (
            "2026-11-10",
            "12月20日〜1月10日",
            Toward::Future,
            "2026-12-20..2027-01-10",
        ),
        (
            "2027-01-05",
            "12月20日〜1月10日",
            Toward::Past,
            "2026-12-20..2027-01-10",
        ),
        (
            "2026-12-02",
            "monday..friday",
            Toward::Future,
            "2026-11-30..2026-12-04",
        ),
        (
            "2026-12-05",
            "monday..friday",
            Toward::Future,
            "2026-12-07..2026-12-11",
        ),
        (
            "2026-12-02",
            "monday..2026-12-20",
            Toward::Future,
            "2026-12-14..2026-12-20",
        ),
        (
            "2026-12-02",
            "2026-12-20〜1月5日",
            Toward::Future,
            "2026-12-20..2027-01-05",
        ),
    ] {
        let span = read(text, &at(today), toward).unwrap();
        assert_eq!(span.to_string(), expected, "{today}: {text}");
    }
}

#[test]
fn a_month_without_a_year_is_on_the_side_that_is_asked_for() {
    for (text, future, past) in [
        ("12月", "2026-12-01..2026-12-31", "2025-12-01..2025-12-31"),
        (
            "november",
            "2026-11-01..2026-11-30",
            "2026-11-01..2026-11-30",
        ),
        ("march", "2027-03-01..2027-03-31", "2026-03-01..2026-03-31"),
    ] {
        let read = |toward| read(text, &now(), toward).unwrap().to_string();
        assert_eq!(read(Toward::Future), future, "{text}");
        assert_eq!(read(Toward::Past), past, "{text}");
    }
}

#[test]
fn a_span_that_ends_before_it_starts_is_an_error() {
    let error = read("2026-12-18..2026-12-01", &now(), Toward::Future).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the span ends on 2026-12-01, before it starts on 2026-12-18"
    );
}

#[test]
fn a_span_knows_its_days() {
    let read = |text| read(text, &now(), Toward::Future).unwrap();
    let today = now().date_naive();
    assert!(read("today").contains(today) && read("this week").contains(today));
    assert!(read("..2026-11-30").contains(today) && read("2026-11-30..").contains(today));
    assert!(!read("next week").contains(today) && !read("before today").contains(today));
    assert!(!read("after today").contains(today) && !read("last week").contains(today));
}
