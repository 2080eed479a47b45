//! Every string that a person reads, on a page or in a mail, from one Fluent catalogue (`assets/text/en/`). A test of the
//! house compares the ids used here with those in the catalogue.

use std::sync::LazyLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use unic_langid::LanguageIdentifier;

/// The catalogue, one file an area.
const ENGLISH: &[&str] = &[
    include_str!("../../assets/text/en/shell.ftl"),
    include_str!("../../assets/text/en/sign-in.ftl"),
    include_str!("../../assets/text/en/tls.ftl"),
    include_str!("../../assets/text/en/inventory.ftl"),
    include_str!("../../assets/text/en/imports.ftl"),
    include_str!("../../assets/text/en/files.ftl"),
    include_str!("../../assets/text/en/copies.ftl"),
    include_str!("../../assets/text/en/guard.ftl"),
    include_str!("../../assets/text/en/profiles.ftl"),
    include_str!("../../assets/text/en/plan.ftl"),
    include_str!("../../assets/text/en/feeds.ftl"),
    include_str!("../../assets/text/en/users.ftl"),
    include_str!("../../assets/text/en/account.ftl"),
    include_str!("../../assets/text/en/tokens.ftl"),
    include_str!("../../assets/text/en/outbound.ftl"),
    include_str!("../../assets/text/en/links.ftl"),
    include_str!("../../assets/text/en/webhooks.ftl"),
    include_str!("../../assets/text/en/setup.ftl"),
    include_str!("../../assets/text/en/mail.ftl"),
    include_str!("../../assets/text/en/directory.ftl"),
    include_str!("../../assets/text/en/sign-up.ftl"),
    include_str!("../../assets/text/en/forgot.ftl"),
    include_str!("../../assets/text/en/approvals.ftl"),
    include_str!("../../assets/text/en/audit.ftl"),
    include_str!("../../assets/text/en/sessions.ftl"),
    include_str!("../../assets/text/en/settings.ftl"),
    include_str!("../../assets/text/en/office.ftl"),
    include_str!("../../assets/text/en/analytics.ftl"),
    include_str!("../../assets/text/en/docs.ftl"),
    include_str!("../../assets/text/en/help.ftl"),
    include_str!("../../assets/text/en/news.ftl"),
];

/// The languages that there are, by tag (BCP 47) and name in that very language.
pub const LANGUAGES: [(&str, &str); 1] = [(LANGUAGE, "English")];

/// The language of the catalogue, for `lang`.
pub const LANGUAGE: &str = "en";

static CATALOGUE: LazyLock<FluentBundle<FluentResource>> = LazyLock::new(|| {
    let mut bundle =
        FluentBundle::new_concurrent(LANGUAGE.parse::<LanguageIdentifier>().into_iter().collect());
    // Marks around what is put in would be copied along with part numbers.
    bundle.set_use_isolating(false);
    for source in ENGLISH {
        // What does not parse is reported by a test; the rest of the catalogue still serves.
        let resource = FluentResource::try_new((*source).to_owned()).unwrap_or_else(|(resource, _)| resource);
        let _ = bundle.add_resource(resource);
    }
    bundle
});

/// The text with this id.
pub fn t(id: &str) -> String {
    t_with(id, &[])
}

/// The text with this id and what belongs into it. Numbers choose plural forms: `("rows", 3.into())`.
pub fn t_with(id: &str, values: &[(&str, FluentValue<'_>)]) -> String {
    let Some(pattern) = CATALOGUE.get_message(id).and_then(|message| message.value()) else {
        return id.to_owned();
    };
    let args: FluentArgs<'_> = values.iter().map(|(name, value)| (*name, value.clone())).collect();
    CATALOGUE.format_pattern(pattern, Some(&args), &mut Vec::new()).into_owned()
}

#[cfg(test)]
mod tests {
    use fluent_bundle::FluentResource;

    use super::{ENGLISH, t, t_with};

    #[test]
    fn the_catalogue_parses() {
        for source in ENGLISH {
            FluentResource::try_new((*source).to_owned()).map_err(|(_, errors)| errors).unwrap();
        }
    }

    #[test]
    fn values_stand_in_their_places() {
        assert_eq!(t("shell-skip"), "Skip to content");
        assert_eq!(t_with("error-request-id", &[("id", "abc".into())]), "Request abc");
        assert_eq!(t("no-such-text"), "no-such-text");
    }
}
