//! A configuration that is read again while the site runs: what takes effect at once, and what waits for a restart.

use std::collections::BTreeSet;

use super::reader::{Given, Reader};
use super::sources::Sources;
use super::{Config, ConfigError, all_settings};

/// Sections of which every setting is asked for when it is needed.
const AT_ONCE: &[&str] = &[
    "site",
    "session",
    "password",
    "throttle",
    "import",
    "directory",
    "retention",
    "backup",
    "files",
    "s3",
    "cloudinary",
    "second_factor",
    "mail",
    "smtp",
    "smtp2",
    "smtp3",
    "signup",
    "accounts",
    "password_change",
];
/// Settings of other sections that are.
const AT_ONCE_TOO: &[&str] = &["tls.cert", "tls.key", "tls.hsts", "server.log_level"];
/// Settings of these sections that are not: what was made of them at the start stays.
const NOT_AT_ONCE: &[&str] =
    &["session.cookie_secure", "password.memory_kib", "password.passes", "password.threads"];

/// What another reading brought.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reloaded {
    /// Settings that are different now.
    pub at_once: Vec<&'static str>,
    /// Settings that will be after a restart.
    pub after_restart: Vec<&'static str>,
}

fn section(name: &str) -> &str {
    name.split_once('.').map_or(name, |(section, _)| section)
}

fn is_at_once(name: &str) -> bool {
    AT_ONCE_TOO.contains(&name) || (AT_ONCE.contains(&section(name)) && !NOT_AT_ONCE.contains(&name))
}

impl Config {
    /// The same as it is said in `sources` now, as far as that can change while the site runs. Settings made on the page
    /// stay.
    ///
    /// # Errors
    /// All problems at once; then nothing is to change.
    pub fn reloaded(&self, sources: Sources) -> Result<(Self, Reloaded), ConfigError> {
        let fresh = Self::load(&Sources { here: self.sources.here.clone(), ..sources })?;
        let (before, after) = (Reader::merge(&self.sources), Reader::merge(&fresh.sources));
        let mut reloaded = Reloaded::default();
        let mut changed = BTreeSet::new();
        for setting in all_settings() {
            let (before, after) = (before.given(setting.name), after.given(setting.name));
            // What a secret's file held before is not known any more.
            let may_differ = setting.secret && after.is_some();
            let differs = before.map(Given::value) != after.map(Given::value);
            if differs || may_differ {
                changed.insert(section(setting.name).to_owned());
            }
            if differs && is_at_once(setting.name) {
                reloaded.at_once.push(setting.name);
            } else if differs {
                reloaded.after_restart.push(setting.name);
            }
        }
        let mut config = self.clone();
        config.take_sections(&fresh, &changed);
        config.session.cookie_secure = self.session.cookie_secure;
        config.server.log_level.clone_from(&fresh.server.log_level);
        config.tls.cert.clone_from(&fresh.tls.cert);
        config.tls.key.clone_from(&fresh.tls.key);
        // Another mode comes with the restart, and so does what belongs to it.
        if self.tls.mode == fresh.tls.mode {
            config.tls.hsts = fresh.tls.hsts;
        }
        Ok((Self { notices: fresh.notices, shown: fresh.shown, sources: fresh.sources, ..config }, reloaded))
    }
}

#[cfg(test)]
mod tests {
    use super::Config;
    use crate::config::Sources;

    #[test]
    fn what_can_change_changes_and_the_rest_is_named() {
        let said = |text: &str| Sources {
            here: Vec::new(),
            file: Some(("stockroom.toml".into(), text.to_owned())),
            ..Sources::default()
        };
        let mut config =
            Config::load(&said("[site]\nname = \"Old\"\n[server]\nlog_level = \"info\"\n")).unwrap();
        config.data_dir = "elsewhere".into();
        let again = "[site]\nname = \"New\"\n[server]\nlog_level = \"debug\"\nlisten = \"0.0.0.0:1\"\n\
                     [session]\nidle = \"10m\"\ncookie_secure = true\n[tls]\nmode = \"auto\"\n";
        let (config, reloaded) = config.reloaded(said(again)).unwrap();
        assert_eq!(reloaded.at_once, ["site.name", "server.log_level", "session.idle"]);
        assert_eq!(reloaded.after_restart, ["server.listen", "tls.mode", "session.cookie_secure"]);
        assert_eq!((config.site.name.as_str(), config.server.listen.port()), ("New", 8080));
        assert!(!config.is_https() && config.data_dir == std::path::Path::new("elsewhere"));
        assert!(config.reloaded(said("[site]\nnames = 1\n")).is_err());
    }
}
