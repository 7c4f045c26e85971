//! Properties that hold for every input.

use backlog_words::{
    day::{self, Shift, Toward},
    issue_type, key,
    matching::{self, Candidate},
    person, priority,
    removal::is_removal,
    resolution,
    span::{self, DueFilter, Span},
    status::{self, StatusFilter},
    url,
};
use chrono::{DateTime, Datelike, Days, NaiveDate, TimeZone, Weekday};
use chrono_tz::{Asia::Tokyo, Tz};
use proptest::prelude::*;

const TOWARD: [Toward; 3] = [Toward::Future, Toward::Past, Toward::Nearest];
/// Parts of which texts about days consist.
const PARTS: [&str; 60] = [
    "today", "friday", "fri", "next", "last", "this", "week", "month", "year", "quarter", "days",
    "day", "in", "ago", "end of", "start of", "the", "since", "until", "before", "after", "to",
    "between", "and", "..", "〜", "-", "/", ".", " ", " ", " ", "12", "31", "2026", "0", "999999",
    "18th", "dec", "may", "q", "t", "z", "15:00", "(", ")", "年", "月", "日", "週", "末", "後",
    "前", "来", "今", "先", "の", "金曜", "令和", "三",
];

fn text_about_days() -> impl Strategy<Value = String> {
    let parts = prop::collection::vec(prop::sample::select(PARTS.as_slice()), 1..8);
    parts.prop_map(|parts| parts.concat())
}

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        text_about_days(),
        "[ -~]{0,40}",
        "\\PC{0,40}"
    ]
}

fn day_from(first: i32, last: i32) -> impl Strategy<Value = NaiveDate> {
    let first = NaiveDate::from_ymd_opt(first, 1, 1).expect("a day");
    let last = NaiveDate::from_ymd_opt(last, 12, 31).expect("a day");
    let days = (last - first).num_days().unsigned_abs();
    (0..=days).prop_map(move |days| first + Days::new(days))
}

fn any_day() -> impl Strategy<Value = NaiveDate> {
    day_from(1000, 9999)
}

/// A time at which the readers run.
fn any_now() -> impl Strategy<Value = DateTime<Tz>> {
    (day_from(1970, 2200), 0..24u32).prop_filter_map("not in the zone", |(day, hour)| {
        let time = Tokyo.from_local_datetime(&day.and_hms_opt(hour, 0, 0)?);
        time.single()
    })
}

fn reread(span: Span, now: &DateTime<Tz>) -> Option<Span> {
    span::read(&span.to_string(), now, Toward::Future).ok()
}

proptest! {
    // A failure is not kept in a file: the message has the input.
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_makes_a_reader_panic(text in any_text(), now in any_now()) {
        for toward in TOWARD {
            let _ = day::read_toward(&text, &now, toward);
            let _ = span::read(&text, &now, toward);
        }
        let _ = Shift::read(&text).map(|shift| shift.from(now.date_naive()));
        let _ = (day::absolute(&text), DueFilter::read(&text, &now), is_removal(&text));
        let _ = (status::builtin(&text), StatusFilter::read(&text), issue_type::builtin(&text));
        let _ = (priority::read(&text), resolution::read(&text), person::read(&text));
        let _ = (key::issue(&text), key::project(&text), key::pull_request(&text));
        let _ = url::read(&text, "acme.backlog.com");
        let _ = url::read(&format!("https://acme.backlog.com/{text}"), "acme.backlog.com");
        let candidates = [Candidate::new(1, text.clone()), Candidate::new(2, "x")];
        let _ = matching::find("user", &text, &candidates);
    }

    #[test]
    fn days_near_the_ends_of_the_calendar_do_not_panic(
        text in text_about_days(),
        first in day_from(1000, 1001),
        last in day_from(9998, 9999),
    ) {
        for day in [first, last] {
            let noon = Tokyo.from_local_datetime(&day.and_hms_opt(12, 0, 0).unwrap());
            let now = noon.earliest().unwrap();
            for toward in TOWARD {
                let _ = day::read_toward(&text, &now, toward);
                let _ = span::read(&text, &now, toward);
            }
        }
    }

    #[test]
    fn a_day_is_read_as_it_is_printed(day in any_day(), now in any_now()) {
        prop_assert_eq!(day::absolute(&day.to_string()), Ok(day));
        prop_assert_eq!(day::read(&day.to_string(), &now), Ok(day));
        let (year, month, date) = (day.year(), day.month(), day.day());
        let weekday = day.weekday();
        for text in [
            format!("{year}/{month}/{date}"),
            format!("{year}年{month}月{date}日"),
            day.format("%Y%m%d").to_string(),
            day.format("%d %B %Y").to_string(),
            day.format("%b %d, %Y").to_string(),
            day.format("%a, %d %b %Y").to_string(),
            format!("{day} ({weekday})"),
            format!("{day} 23:59"),
        ] {
            prop_assert_eq!(day::read(&text, &now), Ok(day), "{}", text);
        }
    }

    #[test]
    fn an_accepted_day_is_printed_and_read_as_the_same(text in any_text(), now in any_now()) {
        if let Ok(day) = day::read(&text, &now) {
            prop_assert!((1000..=9999).contains(&day.year()));
            prop_assert_eq!(day::read(&day.to_string(), &now), Ok(day));
            // A day is the same as a span, unless a word opens its other end.
            if let Ok(span) = span::read(&text, &now, Toward::Future) {
                prop_assert!(span.contains(day), "{} is not in {}", day, span);
            }
        }
        if let Ok(day) = day::absolute(&text) {
            prop_assert_eq!(day::read(&text, &now), Ok(day));
        }
    }

    #[test]
    fn an_accepted_span_is_in_order(text in any_text(), now in any_now()) {
        for toward in TOWARD {
            if let Ok(span) = span::read(&text, &now, toward) {
                prop_assert!(span.start().is_some() || span.end().is_some());
                if let (Some(start), Some(end)) = (span.start(), span.end()) {
                    prop_assert!(start <= end, "{}", span);
                    prop_assert!(span.contains(start) && span.contains(end));
                }
                prop_assert_eq!(reread(span, &now), Some(span));
            }
        }
    }

    #[test]
    fn two_days_are_a_span_in_their_order(one in any_day(), other in any_day(), now in any_now()) {
        let span = span::read(&format!("{one}..{other}"), &now, Toward::Future);
        prop_assert_eq!(span.is_ok(), one <= other);
        if let Ok(span) = span {
            prop_assert_eq!((span.start(), span.end()), (Some(one), Some(other)));
        }
    }

    #[test]
    fn a_period_around_today_has_today(now in any_now()) {
        for text in ["this week", "今週", "this month", "今月", "this quarter", "this year", "今年",
            "last 7 days", "next 7 days", "直近1か月", "today"] {
            let span = span::read(text, &now, Toward::Future).unwrap();
            prop_assert!(span.contains(now.date_naive()), "{}", text);
        }
        let week = span::read("this week", &now, Toward::Future).unwrap();
        prop_assert_eq!(week.start().unwrap().weekday(), Weekday::Mon);
        let next = span::read("next week", &now, Toward::Future).unwrap();
        prop_assert_eq!(week.end().unwrap().succ_opt(), next.start());
    }

    #[test]
    fn next_friday_is_in_the_next_week(now in any_now()) {
        let today = now.date_naive();
        let week = span::read("next week", &now, Toward::Future).unwrap();
        let next = day::read("next friday", &now).unwrap();
        prop_assert!(week.contains(next) && next.weekday() == Weekday::Fri);
        prop_assert_eq!(day::read("来週の金曜", &now), Ok(next));
        let friday = day::read("friday", &now).unwrap();
        prop_assert!(friday >= today && friday < today + Days::new(7));
    }

    #[test]
    fn an_error_is_short(text in "\\PC{0,1500}", now in any_now()) {
        let errors = [
            day::read(&text, &now).map(|_| ()).map_err(|error| error.to_string()),
            span::read(&text, &now, Toward::Past).map(|_| ()).map_err(|error| error.to_string()),
            priority::read(&text).map(|_| ()).map_err(|error| error.to_string()),
            StatusFilter::read(&text).map(|_| ()).map_err(|error| error.to_string()),
            key::issue(&text).map(|_| ()).map_err(|error| error.to_string()),
        ];
        for error in errors.into_iter().filter_map(Result::err) {
            prop_assert!(error.chars().count() < 1200 && !error.contains('\n'), "{}", error);
        }
    }

    #[test]
    fn a_key_is_read_as_it_is_printed(project in "[A-Z][A-Z0-9_]{0,20}", number in 1..1_000_000i64) {
        let text = format!("{project}-{number}");
        let key = key::issue(&text).unwrap();
        prop_assert!(key::is_issue(&text) && key.to_string() == text);
        let url = format!("https://acme.backlog.com/view/{}", text.to_lowercase());
        let page = url::read(&url, "acme.backlog.com").unwrap().unwrap();
        prop_assert_eq!(page, url::Page::Issue { key, comment: None });
    }

    #[test]
    fn a_candidate_is_found_by_its_own_name(name in "[A-Za-zぁ-ん一-龠][A-Za-zぁ-ん一-龠 ]{0,30}") {
        let candidates = [Candidate::new(1, name.clone()), Candidate::new(2, "2026-12")];
        for text in [name.clone(), format!(" {name} "), format!("「{name}」"), name.to_uppercase()] {
            let found = matching::find("user", &text, &candidates).unwrap();
            prop_assert_eq!((found.candidate.id, found.fit), (1, matching::Fit::Name));
        }
    }
}
