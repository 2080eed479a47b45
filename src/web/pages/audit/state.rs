//! The address of the list is its state: what is looked for, and where the page begins.

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, ToSpan};

use crate::services::ServiceError;
use crate::services::audit::filter::Filter;
use crate::services::audit::search::Place;
use crate::web::error::AppError;
use crate::web::extract::FormData;
use crate::web::ui::form::FieldError;
use crate::web::ui::t;

/// Where the list is.
pub const LIST: &str = "/admin/audit";

/// What is in the address, as it was typed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditState {
    fields: Vec<(&'static str, String)>,
}

/// What can be filtered by, in the order of addresses.
const FIELDS: [&str; 7] = ["q", "actor", "action", "target", "from", "to", "request"];

impl AuditState {
    /// Reads an address.
    pub fn of(query: &FormData) -> Self {
        let typed = |name: &'static str| (name, query.text(name).to_owned());
        Self { fields: FIELDS.map(typed).into_iter().filter(|(_, value)| !value.is_empty()).collect() }
    }

    /// A list of nothing but this.
    pub fn only(name: &'static str, value: &str) -> Self {
        Self { fields: vec![(name, value.to_owned())] }
    }

    /// What was typed for a field.
    pub fn typed(&self, name: &str) -> &str {
        self.fields.iter().find(|(known, _)| *known == name).map_or("", |(_, value)| value)
    }

    /// All that is set.
    pub fn fields(&self) -> &[(&'static str, String)] {
        &self.fields
    }

    /// The same without one field.
    #[must_use]
    pub fn without(&self, name: &str) -> Self {
        Self { fields: self.fields.iter().filter(|(known, _)| *known != name).cloned().collect() }
    }

    /// The address of the list, or of something else with the same filters, and `more` behind them.
    pub fn address(&self, path: &str, more: &[(&str, &str)]) -> String {
        let mut pairs = form_urlencoded::Serializer::new(String::new());
        pairs.extend_pairs(&self.fields).extend_pairs(more);
        let pairs = pairs.finish();
        if pairs.is_empty() { path.to_owned() } else { format!("{path}?{pairs}") }
    }

    /// What it means in the reader's zone.
    ///
    /// # Errors
    /// What is wrong with which field.
    pub fn filter(&self, zone: &TimeZone) -> Result<Filter, Vec<FieldError>> {
        let mut errors = Vec::new();
        let mut time = |name: &str, after: fn(bool) -> Span| {
            let typed = self.typed(name);
            if typed.is_empty() {
                return String::new();
            }
            match moment(typed, zone, after) {
                Some(at) => at.to_string(),
                None => {
                    errors.push(FieldError::new(name, t("audit-wrong-time")));
                    String::new()
                }
            }
        };
        let from = time("from", |_| Span::new());
        // To the end of the day or minute that was typed.
        let until = time("to", |is_day| if is_day { 1.day() } else { 1.minute() });
        let parsed = |text: &str| text.parse::<Timestamp>().ok();
        if let (Some(from), Some(until)) = (parsed(&from), parsed(&until))
            && from >= until
        {
            errors.push(FieldError::new("to", t("audit-to-before-from")));
        }
        let typed = ["q", "actor", "action", "target", "request"].map(|name| (name, self.typed(name)));
        let times = [("from", from.as_str()), ("until", until.as_str())];
        match Filter::from_pairs(typed.into_iter().chain(times)) {
            Ok(filter) if errors.is_empty() => Ok(filter),
            Ok(_) => Err(errors),
            Err(ServiceError::Invalid { field, message }) => {
                errors.push(FieldError::new(field, message));
                Err(errors)
            }
            Err(other) => {
                errors.push(FieldError::new("", other.to_string()));
                Err(errors)
            }
        }
    }

    /// The filter for what has no form to show errors in.
    ///
    /// # Errors
    /// 422.
    pub fn filter_or_refuse(&self, zone: &TimeZone) -> Result<Filter, AppError> {
        self.filter(zone).map_err(|errors| {
            let message = errors.into_iter().next().map(|error| error.message).unwrap_or_default();
            ServiceError::invalid("filter", message).into()
        })
    }
}

/// The moment that was typed: a day, a minute, or exactly one with its zone. `after` says how much is added for a day or
/// a minute.
fn moment(typed: &str, zone: &TimeZone, after: fn(bool) -> Span) -> Option<Timestamp> {
    if let Ok(exact) = typed.parse::<Timestamp>() {
        return Some(exact);
    }
    // A day has no colon; the parser would take either for both.
    let is_day = !typed.contains(':');
    let local =
        if is_day { typed.parse::<Date>().ok()?.at(0, 0, 0, 0) } else { typed.parse::<DateTime>().ok()? };
    let local = local.checked_add(after(is_day)).ok()?;
    Some(local.to_zoned(zone.clone()).ok()?.timestamp())
}

/// What was typed as the control for times wants it: a minute in the reader's zone. `None` for nothing and for what is
/// no time.
pub fn local_time(typed: &str, zone: &TimeZone, is_end: bool) -> Option<String> {
    let at = moment(typed, zone, |_| Span::new())?;
    let is_day = !typed.contains(':');
    let at = if is_end && is_day {
        at.to_zoned(zone.clone()).end_of_day().ok()?
    } else {
        at.to_zoned(zone.clone())
    };
    Some(at.strftime("%Y-%m-%dT%H:%M").to_string())
}

/// Where the page begins.
pub fn place(query: &FormData) -> Place {
    let number = |name: &str| query.text(name).parse::<u64>().ok();
    match (number("before"), number("after")) {
        (Some(seq), _) => Place::Before(seq),
        (None, Some(seq)) => Place::After(seq),
        (None, None) => Place::Newest,
    }
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::AuditState;
    use crate::web::extract::FormData;

    #[test]
    fn days_and_minutes_are_the_readers_and_the_end_is_part_of_it() {
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        let filter = |query: &str| AuditState::of(&FormData::parse(query.as_bytes())).filter(&zone);
        let day = filter("from=2026-11-21&to=2026-11-21").unwrap();
        assert_eq!(day.from.unwrap().to_string(), "2026-11-20T23:00:00Z");
        assert_eq!(day.until.unwrap().to_string(), "2026-11-21T23:00:00Z");
        let minute = filter("from=2026-11-21T08%3A00&to=2026-11-21T08%3A00").unwrap();
        assert_eq!(minute.until.unwrap().to_string(), "2026-11-21T07:01:00Z");
        let exact = filter("to=2026-11-21T08%3A00%3A00Z").unwrap();
        assert_eq!(exact.until.unwrap().to_string(), "2026-11-21T08:00:00Z");
        assert_eq!(filter("from=yesterday&to=x").unwrap_err().len(), 2);
        let turned = filter("from=2026-11-22&to=2026-11-21").unwrap_err();
        assert_eq!((turned.len(), turned[0].field.as_str()), (1, "to"));
    }
}
