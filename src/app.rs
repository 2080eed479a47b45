//! Composition root: puts a running site together. `main` and the tests use the same. Imports everything but
//! [`crate::cli`].

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use thiserror::Error;
use tokio::task::JoinSet;

use crate::base::clock::{Clock, SystemClock};
use crate::base::shutdown::{self, ShutdownHandle};
use crate::base::tls_server::acceptor;
use crate::config::Config;
use crate::jobs::accounts::{ResetKind, SignUpKind};
use crate::jobs::backup::{BackupCopyKind, BackupKind, DrillKind};
use crate::jobs::copies::{CopyKind, UncopyKind};
use crate::jobs::import::{ImportKind, RebuildKind, TableKind};
use crate::jobs::mail::MailKind;
use crate::jobs::source::SourceKind;
use crate::jobs::webhook::WebhookKind;
use crate::jobs::{Registry, certificates, chores, feeds, runner};
use crate::services::imports::{self, WorkerProgram};
use crate::services::{ServiceError, Services, backups, bootstrap, jobs, keys, outbox, settings, tls};
use crate::store::{Store, StoreError};
use crate::web::plain::Way;
use crate::web::server::Front;
use crate::web::state::AppState;
use crate::web::{admin_socket, router, server};

/// What a test may put in place of the real thing.
pub struct Deps {
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Kinds of jobs.
    pub registry: Registry,
    /// What reads files: this program.
    pub worker: WorkerProgram,
    /// Sockets that somebody else listens on for us; the configured address is not opened then.
    pub sockets: Vec<std::net::TcpListener>,
    /// Show links on the page that a mail would hold, where there is no mail: for trying out, on a loopback address
    /// alone.
    pub shows_links: bool,
}

impl Default for Deps {
    fn default() -> Self {
        Self {
            clock: Arc::new(SystemClock),
            registry: registry(),
            worker: WorkerProgram::default(),
            sockets: Vec::new(),
            shows_links: false,
        }
    }
}

/// All kinds of jobs of this site.
pub fn registry() -> Registry {
    Registry::default()
        .with(ImportKind)
        .with(RebuildKind)
        .with(TableKind)
        .with(MailKind)
        .with(SourceKind)
        .with(WebhookKind)
        .with(CopyKind)
        .with(UncopyKind)
        .with(SignUpKind)
        .with(ResetKind)
        .with(BackupKind)
        .with(DrillKind)
        .with(BackupCopyKind)
}

/// Why a site did not start.
#[derive(Debug, Error)]
pub enum StartError {
    /// The store did not open.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Setting it up failed.
    #[error(transparent)]
    Service(#[from] ServiceError),
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {source}. Choose another with --listen")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// The private socket cannot be made.
    #[error("cannot make `admin.sock` in the data directory: {0}")]
    Socket(io::Error),
}

/// The app.
pub struct App;

/// A site at work.
pub struct Running {
    /// Where it listens, with the port that the system chose for port 0.
    pub address: SocketAddr,
    /// Where it leads plain HTTP to https, beside the address itself.
    pub redirects_at: Option<SocketAddr>,
    /// Where it tells figures and nothing else.
    pub metrics_at: Option<SocketAddr>,
    /// The services, for tests and for what else lives in this process.
    pub services: Arc<Services>,
    stop: ShutdownHandle,
    state: AppState,
    tasks: JoinSet<()>,
}

/// What parts of the server have beyond the time that requests and jobs get, to write down how far they are.
const TO_WRITE_DOWN: Duration = Duration::from_secs(5);

/// How long a start waits for a command that has the data directory.
const PATIENCE: Duration = Duration::from_secs(5);

/// Opens it, after the command that has it just now; a server, which has a socket there, is not waited for.
async fn open_when_free(config: Config, clock: Arc<dyn Clock>) -> Result<Services, StoreError> {
    let started = Instant::now();
    let socket = config.data_dir.join(admin_socket::SOCKET_FILE);
    loop {
        let opened = if config.server.read_only {
            Store::open_aside(&config.data_dir)
                .and_then(|store| services_on(store, config.clone(), Arc::clone(&clock)))
        } else {
            open_services(config.clone(), Arc::clone(&clock))
        };
        match opened {
            Err(StoreError::InUse(_)) if started.elapsed() < PATIENCE && !socket.exists() => {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            other => return other,
        }
    }
}

/// Services on the store of `config`: what the command line uses without a server. Commands change what they are told to,
/// whatever a server may do.
pub fn open_services(config: Config, clock: Arc<dyn Clock>) -> Result<Services, StoreError> {
    let store = Store::open(&config.data_dir)?;
    services_on(store, config, clock)
}

fn services_on(store: Store, config: Config, clock: Arc<dyn Clock>) -> Result<Services, StoreError> {
    let services = Services::new(Arc::new(store), clock, Arc::new(config));
    match settings::apply_stored(&services) {
        Ok(()) => {}
        Err(ServiceError::Store(error)) => return Err(error),
        // A site must start: what is said outside holds.
        Err(other) => tracing::error!("The settings made on the settings page are left out: {other}"),
    }
    Ok(services)
}

impl App {
    /// Opens the store, sets up the first admin where the configuration names one, and begins to serve and to
    /// work.
    pub async fn start(config: Config, deps: Deps) -> Result<Running, StartError> {
        let server_config = config.server.clone();
        server::raise_file_limit(&server_config);
        let mut services = open_when_free(config, deps.clock).await?.with_worker(deps.worker);
        if deps.shows_links && server_config.listen.ip().is_loopback() {
            services = services.showing_links();
        }
        let services = Arc::new(services);
        let prepared = Arc::clone(&services);
        tokio::task::spawn_blocking(move || prepare(&prepared))
            .await
            .map_err(|error| ServiceError::Internal(error.to_string()))??;

        let cannot_listen = |source| StartError::Listen { address: server_config.listen, source };
        let mut listeners = Vec::new();
        for socket in deps.sockets {
            listeners.push(server::taken_over(socket).map_err(cannot_listen)?);
        }
        if listeners.is_empty() {
            listeners.push(server::bind(server_config.listen).map_err(cannot_listen)?);
        }
        let address = listeners[0].local_addr().map_err(cannot_listen)?;
        let config_tls = services.config().tls.clone();
        let redirecting = match config_tls.redirect_listen.filter(|_| config_tls.is_on()) {
            Some(address) => {
                Some(server::bind(address).map_err(|source| StartError::Listen { address, source })?)
            }
            None => None,
        };
        let measuring = match server_config.metrics_listen {
            Some(address) => {
                Some(server::bind(address).map_err(|source| StartError::Listen { address, source })?)
            }
            None => None,
        };
        let metrics_at = measuring.as_ref().and_then(|listener| listener.local_addr().ok());
        let redirects_at = redirecting.as_ref().and_then(|listener| listener.local_addr().ok());
        // What commands do over the socket, they would do to memory alone; and it could not be made on a disk that is only read.
        let socket = if services.is_read_only() {
            None
        } else {
            Some(admin_socket::bind(services.store.directory()).map_err(StartError::Socket)?)
        };

        let (stop, signal) = shutdown::channel();
        let state = AppState::new(Arc::clone(&services));
        let mut tasks = JoinSet::new();
        let mut front = Front::plain(router::router(state.clone())).counted(state.connections());
        if config_tls.is_on() {
            let acceptor = acceptor(services.tls.shown()).map_err(ServiceError::Internal)?;
            front.tls = Some((acceptor, router::plain_router(state.clone(), Way::SamePort)));
        }
        for listener in listeners {
            tasks.spawn(server::serve(listener, front.clone(), server_config.clone(), signal.clone()));
        }
        if let Some(listener) = redirecting {
            let front = Front::plain(router::plain_router(state.clone(), Way::Port(address.port())))
                .counted(state.connections());
            tasks.spawn(server::serve(listener, front, server_config.clone(), signal.clone()));
        }
        if let Some(listener) = measuring {
            let front = Front::plain(router::metrics_router(state.clone()));
            tasks.spawn(server::serve(listener, front, server_config.clone(), signal.clone()));
        }
        tasks.spawn(certificates::run(Arc::clone(&services), signal.clone()));
        let Some(socket) = socket else {
            return Ok(Running { address, redirects_at, metrics_at, services, stop, state, tasks });
        };
        let front = Front::plain(router::admin_router(state.clone()));
        tasks.spawn(server::serve(socket, front, server_config, signal.clone()));
        tasks.spawn(runner::run(Arc::clone(&services), deps.registry, signal.clone()));
        tasks.spawn(feeds::run(Arc::clone(&services), signal.clone()));
        tasks.spawn(chores::run(Arc::clone(&services), signal));
        Ok(Running { address, redirects_at, metrics_at, services, stop, state, tasks })
    }
}

fn prepare(services: &Services) -> Result<(), ServiceError> {
    if services.is_read_only() {
        tls::open(services)?;
        return outbox::count_sent(services);
    }
    if let Some(admin) = bootstrap::init_from_config(services)? {
        tracing::info!(user.id = %admin.id, "Made the first admin from the configuration");
    }
    imports::sweep(services)?;
    let interrupted = jobs::requeue_interrupted(services)?;
    if interrupted > 0 {
        tracing::info!(interrupted, "Queued {interrupted} jobs again that the last stop interrupted");
    }
    imports::give_up_abandoned(services)?;
    imports::rebuild_missing(services)?;
    backups::sweep(services.data_dir());
    tls::open(services)?;
    outbox::count_sent(services)?;
    // A site must start; the chores try it again.
    if let Err(error) = keys::rotate::go_on(services, false) {
        tracing::error!("The key of the site could not be replaced to the end: {error}");
    }
    Ok(())
}

impl Running {
    /// Stops: `/readyz` says no, for a while where that is wanted; then nobody new comes in, open requests and jobs finish
    /// or are parked, `seen_at` is written down, the store closes. Takes no longer than the configuration allows.
    pub async fn shutdown(mut self) {
        self.state.start_draining();
        let config = self.services.config();
        if !config.server.stop_delay.is_zero() {
            tokio::time::sleep(config.server.stop_delay).await;
        }
        self.stop.stop();
        let all = async {
            while let Some(ended) = self.tasks.join_next().await {
                if let Err(error) = ended {
                    tracing::error!("A part of the server ended early: {error}");
                }
            }
        };
        if tokio::time::timeout(config.server.drain_timeout + TO_WRITE_DOWN, all).await.is_err() {
            tracing::warn!(
                "A part of the server did not end in time; what it was at is done again at the next start"
            );
        }
        if !self.services.is_read_only() {
            let _ = std::fs::remove_file(self.services.store.directory().join(admin_socket::SOCKET_FILE));
        }
    }
}
