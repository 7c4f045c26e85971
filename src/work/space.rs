//! The space of a call: its time zone, the current time there, and how its things are written.

use backlog_rendering::Renderer;
use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeZone, Utc};
use chrono_tz::Tz;

use crate::toolkit::work::{Operations, WorkError};

/// The space of a call.
#[derive(Clone, Debug)]
pub(crate) struct Space {
    /// The current time in the time zone of the space.
    pub now: DateTime<Tz>,
    pub renderer: Renderer,
    /// The host with its port, as in the URLs of the space.
    pub host: String,
    base_url: String,
}

impl Space {
    pub(crate) async fn read(operations: &dyn Operations) -> Result<Self, WorkError> {
        let zone = operations.time_zone().await?;
        Ok(Self::new(
            operations.space().as_str(),
            zone,
            operations.now(),
        ))
    }

    pub(crate) fn new(url: &str, zone: Tz, now: DateTime<Utc>) -> Self {
        let host = url.split_once("://").map_or(url, |(_, host)| host);
        Self {
            now: now.with_timezone(&zone),
            renderer: Renderer::new(url, zone),
            host: host.trim_end_matches('/').to_owned(),
            base_url: url.trim_end_matches('/').to_owned(),
        }
    }

    /// The URL of a page of the space.
    pub(crate) fn url(&self, path: &[&str]) -> String {
        format!("{}/{}", self.base_url, path.join("/"))
    }

    pub(crate) fn today(&self) -> NaiveDate {
        self.now.date_naive()
    }

    /// The day of a moment, in the time zone of the space.
    pub(crate) fn day(&self, moment: DateTime<Utc>) -> NaiveDate {
        moment.with_timezone(&self.now.timezone()).date_naive()
    }

    /// The moment at which a day starts.
    pub(crate) fn start_of(&self, day: NaiveDate) -> DateTime<Utc> {
        let midnight = day.and_time(NaiveTime::MIN);
        let local = self.now.timezone().from_local_datetime(&midnight);
        // Summer time may begin at midnight, which then does not exist.
        local
            .earliest()
            .map_or_else(|| midnight.and_utc(), |local| local.to_utc())
    }

    /// The moment at which a day ends.
    pub(crate) fn end_of(&self, day: NaiveDate) -> DateTime<Utc> {
        let next = day.checked_add_days(Days::new(1));
        next.map_or(DateTime::<Utc>::MAX_UTC, |next| self.start_of(next))
    }
}

/// Reads a moment of Backlog's JSON.
pub(crate) fn moment(value: &serde_json::Value) -> Option<DateTime<Utc>> {
    let moment = DateTime::parse_from_rfc3339(value.as_str()?).ok()?;
    Some(moment.to_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_that_of_the_time_zone() {
        let now = "2026-12-01T20:00:00Z".parse().unwrap();
        let space = Space::new("http://127.0.0.1:8080/", Tz::Asia__Tokyo, now);
        assert_eq!(space.host, "127.0.0.1:8080");
        assert_eq!(space.today().to_string(), "2026-12-02");
        let day = space.today();
        assert_eq!(
            space.start_of(day).to_rfc3339(),
            "2026-12-01T15:00:00+00:00"
        );
        assert_eq!(space.end_of(day).to_rfc3339(), "2026-12-02T15:00:00+00:00");
        assert_eq!(space.end_of(NaiveDate::MAX), DateTime::<Utc>::MAX_UTC);
    }

    #[test]
    fn a_midnight_that_does_not_exist_is_replaced() {
        // In Beirut, summer time starts at midnight.
        let now = "2026-03-29T12:00:00Z".parse().unwrap();
        let space = Space::new("https://a.backlog.com", Tz::Asia__Beirut, now);
        let start = space.start_of(space.today());
        assert_eq!(start.date_naive().to_string(), "2026-03-29");
    }
}
