//! What the site is told: flags, then `STOCKROOM_*` in the environment, then `.env`, then `stockroom.toml`, then what an
//! admin set on the settings page, then the default. One file a section. Imports [`crate::base`] and [`crate::domain`];
//! services and everything above them read it.
//!
//! Every problem is found before anything starts, and all are told at once.

pub mod accounts;
pub mod admin;
pub mod backup;
pub mod directory;
pub mod dotenv;
pub mod error;
pub mod feeds;
pub mod files;
pub mod import;
pub mod later;
pub mod links;
pub mod mail;
mod named_secret;
pub mod parse;
pub mod password;
pub mod reader;
pub mod reload;
pub mod remote;
pub mod retention;
pub mod second_factor;
pub mod server;
pub mod session;
pub mod setting;
pub mod show;
pub mod site;
pub mod sources;
pub mod template;
pub mod throttle;
pub mod tls;
pub mod webhooks;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

pub use error::{ConfigError, Problem};
pub use sources::Sources;

use reader::Reader;
use setting::Setting;

/// The whole configuration, valid.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where the site lives.
    pub data_dir: PathBuf,
    /// What the site is called and how it looks.
    pub site: site::SiteConfig,
    /// Addresses, hosts, connections.
    pub server: server::ServerConfig,
    /// How connections are encrypted.
    pub tls: tls::TlsConfig,
    /// How long a sign-in lasts.
    pub session: session::SessionConfig,
    /// What a password must be and how it is hashed.
    pub password: password::PasswordConfig,
    /// How guessing is slowed.
    pub throttle: throttle::ThrottleConfig,
    /// How much a file may hold.
    pub import: crate::domain::limits::ImportLimits,
    /// What may come by itself.
    pub feeds: feeds::FeedsConfig,
    /// Who may be told over HTTP what happens.
    pub webhooks: webhooks::WebhooksConfig,
    /// What users may keep in their folders.
    pub files: files::FilesConfig,
    /// Live links for spreadsheets.
    pub links: links::LinksConfig,
    /// Where copies of what they keep go, if anywhere.
    pub remote: Option<remote::RemoteConfig>,
    /// The first admin, for a site that has none.
    pub admin: admin::AdminConfig,
    /// How mails leave.
    pub mail: mail::MailConfig,
    /// The company's directory, if users of one sign in.
    pub directory: Option<directory::DirectoryConfig>,
    /// How people come by an account.
    pub accounts: accounts::AccountsConfig,
    /// Who must have a second factor.
    pub second_factor: second_factor::SecondFactorConfig,
    /// How long things are kept.
    pub retention: retention::RetentionConfig,
    /// What the site puts aside by itself.
    pub backup: backup::BackupConfig,
    /// What is understood of other systems, kept, and read by nothing.
    pub later: later::LaterConfig,
    /// All settings with what was given for them and where, secrets masked.
    pub shown: Vec<show::Shown>,
    /// Names that were given and mean nothing any more, or nothing to us; told at start, never an error.
    pub notices: Vec<String>,
    /// Where all of it was said.
    pub sources: Arc<Sources>,
}

const ROOT: &[Setting] = &[Setting::new("data_dir", "Directory the site lives in (default: data)")];

/// All settings of all sections.
pub fn all_settings() -> impl Iterator<Item = &'static Setting> {
    ROOT.iter()
        .chain(site::SETTINGS)
        .chain(server::SETTINGS)
        .chain(tls::SETTINGS)
        .chain(session::SETTINGS)
        .chain(password::SETTINGS)
        .chain(throttle::SETTINGS)
        .chain(import::SETTINGS)
        .chain(feeds::SETTINGS)
        .chain(webhooks::SETTINGS)
        .chain(links::SETTINGS)
        .chain(files::SETTINGS)
        .chain(remote::SETTINGS)
        .chain(admin::SETTINGS)
        .chain(mail::SETTINGS)
        .chain(directory::SETTINGS)
        .chain(accounts::SETTINGS)
        .chain(second_factor::SETTINGS)
        .chain(retention::SETTINGS)
        .chain(backup::SETTINGS)
        .chain(later::SETTINGS)
}

impl Config {
    /// Merges and checks everything.
    ///
    /// # Errors
    /// All problems at once (exit code 3).
    pub fn load(sources: &Sources) -> Result<Self, ConfigError> {
        let mut reader = Reader::merge(sources);
        let config = Self::read(&mut reader);
        let sources = Arc::new(sources.clone());
        Ok(Self { notices: reader.finish()?, shown: show::show(&sources), sources, ..config })
    }

    /// The same with other settings made on the page.
    ///
    /// # Errors
    /// All problems at once; those of the settings made there name [`sources::HERE`].
    pub fn with_here(&self, here: Vec<(String, String)>) -> Result<Self, ConfigError> {
        let sections = |settings: &[(String, String)]| -> BTreeSet<String> {
            settings.iter().filter_map(|(name, _)| Some(name.split_once('.')?.0.to_owned())).collect()
        };
        let mut changed = sections(&self.sources.here);
        changed.extend(sections(&here));
        let fresh = Self::load(&Sources { here, ..(*self.sources).clone() })?;
        // What was not touched stays as it is, also where it was not read from a source.
        let mut config = self.clone();
        config.take_sections(&fresh, &changed);
        Ok(Self { notices: fresh.notices, shown: fresh.shown, sources: fresh.sources, ..config })
    }

    /// Takes sections over from another configuration: those of which every setting is asked for when it is needed.
    fn take_sections(&mut self, fresh: &Self, changed: &BTreeSet<String>) {
        for section in changed {
            match section.as_str() {
                "site" => self.site = fresh.site.clone(),
                "session" => self.session = fresh.session.clone(),
                "password" => self.password = fresh.password,
                "import" => self.import = fresh.import,
                "throttle" => self.throttle = fresh.throttle,
                "directory" => self.directory.clone_from(&fresh.directory),
                "retention" => self.retention = fresh.retention.clone(),
                "links" => self.links = fresh.links,
                "backup" => self.backup = fresh.backup.clone(),
                "files" => {
                    self.files = fresh.files.clone();
                    self.remote.clone_from(&fresh.remote);
                    self.backup.remote.clone_from(&fresh.backup.remote);
                }
                "s3" | "cloudinary" => {
                    self.remote.clone_from(&fresh.remote);
                    self.backup.remote.clone_from(&fresh.backup.remote);
                }
                "second_factor" => self.second_factor = fresh.second_factor.clone(),
                // Whether there is mail decides how people come by accounts.
                "mail" | "smtp" | "smtp2" | "smtp3" => {
                    self.mail = fresh.mail.clone();
                    self.accounts = fresh.accounts;
                }
                "signup" | "accounts" | "password_change" => self.accounts = fresh.accounts,
                _ => {}
            }
        }
    }

    /// True where the site is reached over https: what it speaks itself, or what the public address says of the proxy in
    /// front. No header of a request has a say.
    pub fn is_https(&self) -> bool {
        let https = self.server.public_url.as_ref().is_some_and(|url| url.is_https);
        self.tls.is_on() || self.session.cookie_secure.unwrap_or(https)
    }

    fn read(reader: &mut Reader) -> Self {
        let mail = mail::MailConfig::read(reader);
        let server = server::ServerConfig::read(reader);
        Self {
            data_dir: reader.get("data_dir", PathBuf::from("data"), |text| Ok(PathBuf::from(text))),
            site: site::SiteConfig::read(reader),
            tls: tls::TlsConfig::read(reader, &server),
            server,
            session: session::SessionConfig::read(reader),
            password: password::PasswordConfig::read(reader),
            throttle: throttle::ThrottleConfig::read(reader),
            import: import::read(reader),
            feeds: feeds::FeedsConfig::read(reader),
            links: links::LinksConfig::read(reader),
            webhooks: webhooks::WebhooksConfig::read(reader),
            files: files::FilesConfig::read(reader),
            remote: remote::read(reader),
            admin: admin::AdminConfig::read(reader),
            directory: directory::read(reader),
            accounts: accounts::AccountsConfig::read(reader, &mail),
            mail,
            second_factor: second_factor::SecondFactorConfig::read(reader),
            retention: retention::RetentionConfig::read(reader),
            backup: backup::BackupConfig::read(reader),
            later: later::LaterConfig::read(reader),
            shown: Vec::new(),
            notices: Vec::new(),
            sources: Arc::default(),
        }
    }
}

impl Default for Config {
    fn default() -> Self {
        Self::read(&mut Reader::merge(&Sources::default()))
    }
}
