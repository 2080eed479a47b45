//! `stockroom serve`

use std::io::ErrorKind;
use std::net::{IpAddr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use listenfd::ListenFd;
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::error::CliError;
use super::logging::LogLevel;
use super::options::GlobalOptions;
use super::{demo, logging, watchdog};
use crate::app::{App, Deps, Running, StartError};
use crate::base::secret::SecretString;
use crate::base::service_manager::ServiceManager;
use crate::config::{Config, Sources};
use crate::services::reload::reload;
use crate::services::{Services, setup, tls};
use crate::store::StoreError;

/// Exit code of a stop that waits for nothing.
const AT_ONCE: u8 = 130;

/// How to serve.
#[derive(Debug, Args)]
#[command(
    before_help = "Examples:\n  stockroom serve --demo\n  stockroom --data-dir /srv/stockroom serve --listen 0.0.0.0:80"
)]
pub struct ServeArgs {
    /// Address and port, or `systemd` for the sockets that it hands over [default: 0.0.0.0:8080] [env: STOCKROOM_SERVER_LISTEN]
    #[arg(long, value_name = "ADDR")]
    listen: Option<String>,
    /// off, auto (an authority of the site's own) or files [default: off] [env: STOCKROOM_TLS_MODE]
    #[arg(long, value_name = "MODE")]
    tls: Option<String>,
    /// Certificate of the server (PEM); makes --tls files
    #[arg(long, value_name = "F", requires = "tls_key")]
    tls_cert: Option<String>,
    /// Its private key (PEM)
    #[arg(long, value_name = "F", requires = "tls_cert")]
    tls_key: Option<String>,
    /// Show what is there and change nothing: for maintenance, or a disk that can only be read
    #[arg(long, conflicts_with = "demo")]
    read_only: bool,
    /// Try it: sample inventory and sign-ins in data/demo
    #[arg(long)]
    demo: bool,
    /// For trying things out: more in the log, and on a loopback address a forgotten password's link on the page
    #[arg(long)]
    dev: bool,
}

impl ServeArgs {
    /// The settings that were given as options.
    fn settings(&self) -> [(&'static str, Option<String>); 5] {
        let files = self.tls_cert.as_ref().map(|_| "files".to_owned());
        [
            ("server.listen", self.listen.clone()),
            ("server.read_only", self.read_only.then(|| "true".to_owned())),
            ("tls.mode", self.tls.clone().or(files)),
            ("tls.cert", self.tls_cert.clone()),
            ("tls.key", self.tls_key.clone()),
        ]
    }
}

/// Serves until told to stop.
pub fn run(global: &GlobalOptions, args: &ServeArgs) -> Result<(), CliError> {
    let mut global = global.clone();
    if args.demo && global.data_dir.is_none() {
        global.data_dir = Some(demo::DATA_DIR.into());
    }
    if args.dev && global.log_level.is_none() {
        global.log_level = Some("info,stockroom=debug".to_owned());
    }
    let config = global.load(&args.settings())?;
    let level = logging::init(&global, &config)?;
    for notice in &config.notices {
        tracing::warn!("{notice}");
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let served = runtime.block_on(serve(&global, args, config, level));
    if served.as_ref().is_err_and(|error| error.exit_code == AT_ONCE) {
        runtime.shutdown_background();
    } else {
        // Threads that still block (a stuck disk) must not keep the process.
        runtime.shutdown_timeout(Duration::from_secs(5));
    }
    served
}

async fn serve(
    global: &GlobalOptions,
    args: &ServeArgs,
    config: Config,
    level: LogLevel,
) -> Result<(), CliError> {
    // Listened to from the first moment on: a stop asked for while the site starts is a stop too.
    let signals = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    let mut hangup = signal(SignalKind::hangup())?;
    let directory = config.data_dir.display().to_string();
    let is_tls = config.tls.is_on();
    let public_url = config.server.public_url.as_ref().map(|url| url.origin.clone());
    let manager = ServiceManager::from_env()?;
    manager.tell("STATUS=Opening the site");
    let sockets = if config.server.from_systemd { sockets()? } else { Vec::new() };
    let deps = Deps { shows_links: args.dev, sockets, ..Deps::default() };
    let running = App::start(config, deps).await.map_err(explain)?;
    let sign_ins = if args.demo {
        let services = Arc::clone(&running.services);
        tokio::task::spawn_blocking(move || demo::set_up(&services))
            .await
            .map_err(|error| CliError::failed(error.to_string()))??
    } else {
        Vec::new()
    };
    global.say("Stockroom is up.");
    let scheme = if is_tls { "https" } else { "http" };
    let urls: Vec<String> = public_url.into_iter().chain(urls(scheme, running.address)).collect();
    for url in &urls {
        global.say(&format!("  {url}"));
    }
    global.say(&format!("Data directory: {directory}"));
    tell_certificate(global, &running).await?;
    if args.demo && sign_ins.is_empty() {
        global.say("The sign-ins are those shown at the first start; to begin anew, remove the directory.");
    }
    for sign_in in sign_ins {
        // Shown once, on purpose, and never in the log.
        eprintln!("  {}  {}  ({})", sign_in.email, sign_in.password.expose(), sign_in.about);
    }
    let services = Arc::clone(&running.services);
    if running.services.is_read_only() {
        global.say("Read-only: nothing is changed, and whoever would change something is refused.");
    } else {
        tokio::task::spawn_blocking(move || setup::open(&services, move |code| tell_setup_code(&urls, code)))
            .await
            .map_err(|error| CliError::failed(error.to_string()))??;
    }
    manager.tell("READY=1\nSTATUS=Serving");
    let services = Arc::clone(&running.services);
    let watched = Arc::clone(&services);
    let reloading = async {
        while hangup.recv().await.is_some() {
            manager.tell("RELOADING=1\nSTATUS=Reading the configuration again");
            let (sources, site) = (global.sources(&args.settings()), Arc::clone(&services));
            let reloaded = tokio::task::spawn_blocking(move || reload_site(sources?, &site)).await;
            match reloaded.map_err(|error| CliError::failed(error.to_string())).flatten() {
                Ok(()) => {
                    if let Err(error) = level.set(&services.config()) {
                        tracing::error!("{}", error.message);
                    }
                }
                Err(error) => tracing::error!(
                    "The configuration is wrong; everything stays as it was. {}",
                    error.message
                ),
            }
            manager.tell("READY=1\nSTATUS=Serving");
        }
    };
    tokio::select! {
        stopped = wait_for_stop(running, signals, &manager) => stopped,
        () = watchdog::run(&manager, &watched) => Err(CliError::failed("the watchdog ended")),
        () = reloading => Err(CliError::failed("signals cannot be received any more")),
    }
}

/// Says what to do where the disk is the reason.
fn explain(error: StartError) -> CliError {
    let is_read_only = match &error {
        StartError::Store(StoreError::Path { source, .. }) => source.kind() == ErrorKind::ReadOnlyFilesystem,
        _ => false,
    };
    let mut error = CliError::from(error);
    if is_read_only {
        error.message.push_str(". `stockroom serve --read-only` shows what is there");
    }
    error
}

/// The sockets that systemd handed over (sd_listen_fds(3)).
fn sockets() -> Result<Vec<TcpListener>, CliError> {
    let mut handed = ListenFd::from_env();
    let mut sockets = Vec::new();
    for at in 0..handed.len() {
        let socket = handed.take_tcp_listener(at).map_err(|error| {
            CliError::failed(format!("what systemd hands over is no TCP socket that is listened on: {error}"))
        })?;
        sockets.extend(socket);
    }
    if sockets.is_empty() {
        return Err(CliError::failed(
            "--listen systemd: no socket was handed over; start it with stockroom.socket, which `stockroom service print` \
             shows, or name an address",
        ));
    }
    Ok(sockets)
}

/// Reads configuration and certificate again, and says what came of it.
fn reload_site(sources: Sources, services: &Services) -> Result<(), CliError> {
    LogLevel::check(&Config::load(&sources)?)?;
    let reloaded = reload(services, sources).map_err(|error| CliError::failed(error.to_string()))?;
    let names = |names: &[&str]| if names.is_empty() { "nothing".to_owned() } else { names.join(", ") };
    tracing::info!(
        "Read the configuration and the certificate again. Changed: {}. After a restart: {}.",
        names(&reloaded.at_once),
        names(&reloaded.after_restart)
    );
    Ok(())
}

/// Shows what devices compare before they trust the site's own authority.
async fn tell_certificate(global: &GlobalOptions, running: &Running) -> Result<(), CliError> {
    let services = Arc::clone(&running.services);
    let standing = tokio::task::spawn_blocking(move || tls::standing(&services))
        .await
        .map_err(|error| CliError::failed(error.to_string()))??;
    if let (Some(authority), "auto") = (&standing.authority, standing.mode.as_str()) {
        let way = urls("http", running.address).pop().unwrap_or_default();
        global.say("Encrypted with the site's own certificate authority. Each device trusts it after one installation:");
        global.say(&format!("  {way}trust\n  SHA-256 {}", authority.fingerprint));
    }
    if let (Some(certificate), true) = (&standing.certificate, standing.mode != "off") {
        global.say(&format!("The certificate is good until {}", certificate.expires_at));
    }
    if !running.services.config().is_https() && !running.address.ip().is_loopback() {
        global.say("Connections are not encrypted: passwords travel readable. `stockroom serve --tls auto` encrypts them.");
    }
    if let Some(trouble) = &standing.trouble {
        tracing::warn!("{trouble}");
    }
    Ok(())
}

/// Shows the way to the first admin. On purpose even where little else is said, and never in the log.
fn tell_setup_code(urls: &[String], code: &SecretString) {
    eprintln!(
        "There is no admin yet. Open one of these in a browser to set the site up (good until then, once):"
    );
    for url in urls {
        eprintln!("  {}/setup?code={}", url.trim_end_matches('/'), code.expose());
    }
}

/// Where people reach a server that listens on `address`.
fn urls(scheme: &str, address: SocketAddr) -> Vec<String> {
    let port = address.port();
    if !address.ip().is_unspecified() {
        return vec![format!("{scheme}://{address}/")];
    }
    let mut urls = vec![format!("{scheme}://localhost:{port}/")];
    let interfaces = if_addrs::get_if_addrs().unwrap_or_default();
    for interface in interfaces {
        match interface.ip() {
            IpAddr::V4(ip) if !ip.is_loopback() && !ip.is_link_local() => {
                urls.push(format!("{scheme}://{ip}:{port}/"));
            }
            _ => {}
        }
    }
    urls
}

async fn wait_for_stop(
    running: Running,
    (mut interrupt, mut terminate): (Signal, Signal),
    manager: &ServiceManager,
) -> Result<(), CliError> {
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    manager.tell("STOPPING=1\nSTATUS=Open requests and jobs come to an end");
    tracing::info!("Stopping; a second signal stops at once");
    tokio::select! {
        () = running.shutdown() => Ok(()),
        _ = interrupt.recv() => Err(CliError { exit_code: AT_ONCE, message: "stopped at once".to_owned() }),
        _ = terminate.recv() => Err(CliError { exit_code: AT_ONCE, message: "stopped at once".to_owned() }),
    }
}
