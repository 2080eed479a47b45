//! Use cases: what can be done, whoever asks. Synchronous plain functions on [`Services`]; one call is one write
//! transaction that holds the data, the audit event and the jobs together. Imports [`crate::base`],
//! [`crate::config`], [`crate::domain`], [`crate::store`], [`crate::ingest`], [`crate::search`], [`crate::mail`] and
//! [`crate::directory`].
//!
//! A function that needs a permission takes a [`authorize::Grant`]; one that reads inventory takes a
//! [`crate::domain::scope::Scope`].

pub mod access;
pub mod account;
pub mod account_data;
pub mod analytics;
pub mod api_tokens;
pub mod approvals;
pub mod audit;
pub mod authorize;
pub mod avatars;
pub mod backups;
pub mod bootstrap;
pub mod changes;
pub mod commands;
pub mod dashboard;
pub mod datasets;
pub mod directory;
pub mod doctor;
mod end_sessions;
pub mod error;
pub mod export;
pub mod feeds;
pub mod files;
pub mod guarded_store;
pub mod history;
pub mod host_commands;
pub mod import_rules;
pub mod imports;
pub mod indexes;
pub mod jobs;
pub mod keys;
pub mod limits;
pub mod live_links;
pub mod logins;
pub mod logo;
pub mod mail_waits;
pub mod master_data;
pub mod metrics;
mod names;
pub mod news;
pub mod notices;
pub mod once;
pub mod outbound;
pub mod outbox;
pub mod own_login;
pub mod password_policy;
pub mod passwords;
pub mod plans;
pub mod preferences;
pub mod profiles;
pub mod reload;
pub mod row_history;
pub mod rows;
pub mod sample;
pub mod searches;
pub mod second_factor;
pub mod security_question;
pub mod sessions;
pub mod settings;
pub mod setup;
pub mod sign_in;
pub mod sign_up;
pub mod signed_in_now;
pub mod site;
pub mod sources;
pub mod stock;
pub mod system;
pub mod throttle;
pub mod tls;
pub mod tokens;
pub mod user_files;
pub mod users;
pub mod view_as;
pub mod webhooks;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use jiff::Timestamp;

use crate::base::clock::Clock;
use crate::base::secret::SecretString;
use crate::config::Config;
use crate::directory::Directory;
use crate::domain::ids::TokenId;
use crate::store::Store;
use guarded_store::GuardedStore;

pub use error::ServiceError;

/// Ends of links by the request that they answer, in memory alone.
#[derive(Default)]
pub struct ShownLinks(Mutex<HashMap<TokenId, SecretString>>);

impl ShownLinks {
    pub(crate) fn put(&self, request: TokenId, sealed: SecretString) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(request, sealed);
    }

    /// The link for a request, once there is one.
    pub fn find(&self, request: TokenId) -> Option<SecretString> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&request).cloned()
    }
}

/// What the site is told, and what is made of it: replaced as a whole, so that nobody sees half a change.
struct Live {
    config: Arc<Config>,
    directory: Option<Arc<Directory>>,
}

impl Live {
    fn new(config: Arc<Config>) -> Self {
        let directory = config.directory.clone().map(|config| Arc::new(Directory::new(config)));
        Self { config, directory }
    }
}

/// What every service stands on. One for each running site; share it in an [`Arc`].
pub struct Services {
    /// What survives a restart.
    pub store: GuardedStore,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// What the site is told.
    live: RwLock<Arc<Live>>,
    /// Whoever changes settings holds it.
    settings_turn: Mutex<()>,
    /// What links and users' secrets are sealed with.
    pub keys: keys::SiteKey,
    /// The threads that hash passwords.
    pub passwords: passwords::PasswordPool,
    /// When sessions were last seen, not yet written down.
    pub(crate) seen: sessions::SeenSessions,
    pub(in crate::services) at_work_once: once::AtWork,
    /// Sign-ins being checked right now.
    pub(crate) in_flight: throttle::InFlight,
    /// What makes the first admin.
    pub(crate) setup_code: setup::SetupCode,
    /// Told when a job is queued, so that nobody polls.
    pub(crate) job_bell: jobs::JobBell,
    /// What mails would hold, shown on the page itself: only where the site is tried out on a loopback address.
    pub(crate) shown_links: Option<ShownLinks>,
    /// What each mail sender sent of late.
    pub(crate) senders: outbox::SenderUse,
    /// Generations held open.
    pub(crate) generations: datasets::OpenGenerations,
    pub(crate) differences: changes::Differences,
    /// Owners of generations that were looked at.
    pub(crate) known_owners: users::owners::KnownOwners,
    /// Builds under way.
    pub(crate) builds: imports::Builds,
    /// How much of what happened each has not read.
    pub(crate) news: news::Counts,
    /// What people search for, until it is written down.
    pub(crate) searches: searches::Searches,
    /// Requests that ended in a fault of late.
    pub(crate) errors: system::LastErrors,
    /// When this process began.
    pub(crate) started_at: Timestamp,
    /// Pictures being read.
    pub(crate) avatars: avatars::AtWork,
    /// How often live links are fetched.
    pub(crate) live_links: live_links::Fetches,
    /// Backups being made.
    pub(crate) backups: backups::AtWork,
    /// Tries that the throttle turned away, not yet written down.
    pub(crate) refusals: audit::refusals::Refusals,
    /// Checks of the audit log that are running.
    pub(crate) audit_checker: audit::verify::Checker,
    /// What is worth knowing of lines of plans.
    pub(crate) plan_figures: plans::KnownFigures,
    /// Whoever reads a file into a plan holds it.
    pub(crate) plan_file_turn: Mutex<()>,
    /// What is wrong with the drop folder.
    pub(crate) inbox_trouble: feeds::Trouble,
    /// Files of folders that are open in the grid.
    pub(crate) file_tables: user_files::Tables,
    /// The certificate that is shown.
    pub(crate) tls: tls::Tls,
    /// What reads files.
    pub(crate) worker_program: imports::WorkerProgram,
    /// How imports ended.
    pub(crate) import_counts: metrics::ImportCounts,
}

impl Services {
    /// Services on an open store.
    pub fn new(store: Arc<Store>, clock: Arc<dyn Clock>, config: Arc<Config>) -> Self {
        let keys = keys::SiteKey::of(store.directory());
        let passwords = passwords::PasswordPool::new(&config.password);
        Self {
            store: GuardedStore::new(store, Arc::clone(&clock)),
            live: RwLock::new(Arc::new(Live::new(config))),
            settings_turn: Mutex::default(),
            plan_file_turn: Mutex::default(),
            keys,
            passwords,
            seen: sessions::SeenSessions::default(),
            at_work_once: once::AtWork::default(),
            in_flight: throttle::InFlight::default(),
            setup_code: setup::SetupCode::default(),
            job_bell: jobs::JobBell::default(),
            shown_links: None,
            senders: outbox::SenderUse::default(),
            generations: datasets::OpenGenerations::default(),
            differences: changes::Differences::default(),
            known_owners: users::owners::KnownOwners::default(),
            builds: imports::Builds::default(),
            avatars: avatars::AtWork::default(),
            live_links: live_links::Fetches::default(),
            backups: backups::AtWork::default(),
            news: news::Counts::default(),
            searches: searches::Searches::default(),
            refusals: audit::refusals::Refusals::default(),
            audit_checker: audit::verify::Checker::default(),
            errors: system::LastErrors::default(),
            inbox_trouble: feeds::Trouble::default(),
            plan_figures: plans::KnownFigures::default(),
            started_at: clock.now(),
            file_tables: user_files::Tables::default(),
            worker_program: imports::WorkerProgram::default(),
            tls: tls::Tls::default(),
            import_counts: metrics::ImportCounts::default(),
            clock,
        }
    }

    /// The same with another program to read files: tests are not the binary.
    #[must_use]
    pub fn with_worker(mut self, program: imports::WorkerProgram) -> Self {
        self.worker_program = program;
        self
    }

    /// The same showing on its pages what it would mail: for trying it out.
    #[must_use]
    pub fn showing_links(mut self) -> Self {
        self.shown_links = Some(ShownLinks::default());
        self
    }

    /// True where the site is only tried out, and shows what it would mail.
    pub fn shows_links(&self) -> bool {
        self.shown_links.is_some()
    }

    /// The end of a link that a mail would hold, where the site is only tried out.
    pub fn shown_link(&self, request: TokenId) -> Option<SecretString> {
        self.shown_links.as_ref()?.find(request)
    }

    fn live(&self) -> Arc<Live> {
        Arc::clone(&self.live.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// From now on this is what the site is told. Work under way goes on with what it began with.
    fn reconfigure(&self, config: Config) {
        let live = Arc::new(Live::new(Arc::new(config)));
        *self.live.write().unwrap_or_else(PoisonError::into_inner) = live;
    }

    /// What the site is told, as it stands now.
    pub fn config(&self) -> Arc<Config> {
        Arc::clone(&self.live().config)
    }

    /// The company's directory, where there is one.
    pub fn directory(&self) -> Option<Arc<Directory>> {
        self.live().directory.clone()
    }

    /// Where the site lives.
    pub fn data_dir(&self) -> &std::path::Path {
        self.store.directory()
    }

    /// Tries that the throttle turned away, not yet written down.
    pub fn refusals(&self) -> &audit::refusals::Refusals {
        &self.refusals
    }

    /// True where nothing is to be changed: what is written all the same stays in memory.
    pub fn is_read_only(&self) -> bool {
        self.store.is_aside()
    }

    /// When this process began.
    pub fn started_at(&self) -> Timestamp {
        self.started_at
    }

    /// How imports of this process ended.
    pub fn import_counts(&self) -> &metrics::ImportCounts {
        &self.import_counts
    }

    /// The present instant.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }
}
