//! `stockroom service`: the site as a service of systemd.

use std::fmt::Write;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use super::error::CliError;
use super::options::GlobalOptions;
use crate::config::all_settings;

/// Where units of the machine's admin lie.
const UNITS: &str = "etc/systemd/system";
/// Where secrets lie that the service is told, each called as its setting.
const CREDENTIALS: &str = "etc/stockroom/credentials";
const SERVICE: &str = "stockroom.service";
const SOCKET: &str = "stockroom.socket";

/// What to do.
#[derive(Debug, Subcommand)]
pub enum ServiceCommand {
    /// Print the units for systemd: socket and service.
    #[command(before_help = "Examples:\n  stockroom service print\n  sudo stockroom service install\n  \
            stockroom service install --listen 0.0.0.0:443 --dry-run")]
    Print(UnitArgs),
    /// Write the units and say what comes next.
    Install(InstallArgs),
    /// Take the units away; the data stay.
    Uninstall(RootArgs),
}

/// What the units say.
#[derive(Debug, Args)]
pub struct UnitArgs {
    /// Address and port that systemd listens at [default: as configured]
    #[arg(long, value_name = "ADDR")]
    listen: Option<String>,
    /// The program that is started [default: this one]
    #[arg(long, value_name = "F")]
    program: Option<PathBuf>,
}

/// Where units are.
#[derive(Debug, Args)]
pub struct RootArgs {
    /// Root of the system that is changed, for images
    #[arg(long, value_name = "D", default_value = "/")]
    root: PathBuf,
    /// Say what would be done
    #[arg(long)]
    dry_run: bool,
}

/// What to install, and where.
#[derive(Debug, Args)]
pub struct InstallArgs {
    #[command(flatten)]
    units: UnitArgs,
    #[command(flatten)]
    place: RootArgs,
}

/// Does it.
pub fn run(global: &GlobalOptions, command: &ServiceCommand) -> Result<(), CliError> {
    match command {
        ServiceCommand::Print(args) => {
            let units = Units::of(global, args, Path::new("/"))?;
            print!("# {SOCKET}\n{}\n# {SERVICE}\n{}", units.socket, units.service);
            Ok(())
        }
        ServiceCommand::Install(InstallArgs { units, place }) => {
            install(&Units::of(global, units, &place.root)?, place)
        }
        ServiceCommand::Uninstall(place) => uninstall(place),
    }
}

/// Both units.
struct Units {
    socket: String,
    service: String,
}

impl Units {
    fn of(global: &GlobalOptions, args: &UnitArgs, root: &Path) -> Result<Self, CliError> {
        let config = global.load(&[("server.listen", args.listen.clone())])?;
        let program = match &args.program {
            Some(program) => program.clone(),
            None => std::env::current_exe()?,
        };
        if !program.is_absolute() {
            return Err(CliError::usage(format!("--program {}: a whole path is needed", program.display())));
        }
        let program = program.display().to_string();
        if program.contains([' ', '%', '"', '\\', '$', '\n']) {
            return Err(CliError::usage(format!(
                "`{program}` has characters in it that mean something to systemd; put the program elsewhere"
            )));
        }
        Ok(Self { socket: socket(&config.server.listen.to_string()), service: service(&program, root) })
    }
}

/// systemd listens, so that nobody who asks during a restart is turned away, and the service needs no right to low ports.
fn socket(listen: &str) -> String {
    format!(
        "[Unit]\nDescription=Stockroom, inventory portal: address\n\n\
         [Socket]\nListenStream={listen}\nBacklog=1024\nNoDelay=true\n\n\
         [Install]\nWantedBy=sockets.target\n"
    )
}

/// The service, for itself alone (systemd.exec(5)): no user of the machine, no file but its own, no device, no new right.
fn service(program: &str, root: &Path) -> String {
    let mut credentials = String::new();
    for setting in all_settings().filter(|setting| setting.secret) {
        let name = setting.name;
        // One that is not there must not stop the start.
        if root.join(CREDENTIALS).join(name).exists() {
            let _ = writeln!(credentials, "LoadCredential={name}:/{CREDENTIALS}/{name}");
        }
    }
    format!(
        "[Unit]
Description=Stockroom, inventory portal
Documentation=man:stockroom(1)
Wants=network-online.target
After=network-online.target
Requires={SOCKET}

[Service]
Type=notify
NotifyAccess=main
ExecStart={program} serve --listen systemd
ExecReload=/bin/kill -HUP $MAINPID
WatchdogSec=60
Restart=on-failure
RestartSec=2
# Usage, configuration, data in use, data damaged: starting again does not help.
RestartPreventExitStatus=2 3 4 5
SuccessExitStatus=130
# Open requests have 20 s (`server.drain_timeout`), and what is written down then a few more.
TimeoutStopSec=45
# A database that was not closed is read whole first.
TimeoutStartSec=10min
LimitNOFILE=16384

DynamicUser=yes
StateDirectory=stockroom
StateDirectoryMode=0700
Environment=STOCKROOM_DATA_DIR=%S/stockroom
WorkingDirectory=%S/stockroom
# Settings are in /etc/stockroom/stockroom.toml. Secrets are files here that only root can read, called as their settings.
{credentials}UMask=0077

ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
PrivateDevices=yes
PrivateUsers=yes
ProtectProc=invisible
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
NoNewPrivileges=yes
CapabilityBoundingSet=
AmbientCapabilities=
LockPersonality=yes
MemoryDenyWriteExecute=yes
RemoveIPC=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
# For the processes that read files, which are limited and kept behind.
SystemCallFilter=setrlimit prlimit64 setpriority
SystemCallErrorNumber=EPERM

[Install]
WantedBy=multi-user.target
"
    )
}

/// A refusal by the system, in words.
fn refused(path: &Path, error: &io::Error) -> CliError {
    let why = match error.kind() {
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            "; this takes the rights of root: sudo stockroom service …, or `stockroom service print` and do it by hand"
        }
        _ => "",
    };
    CliError::failed(format!("`{}`: {error}{why}", path.display()))
}

fn install(units: &Units, place: &RootArgs) -> Result<(), CliError> {
    let directory = place.root.join(UNITS);
    for (name, text) in [(SOCKET, &units.socket), (SERVICE, &units.service)] {
        let path = directory.join(name);
        if place.dry_run {
            println!("would write {}", path.display());
            continue;
        }
        write(&directory, &path, text).map_err(|error| refused(&path, &error))?;
        println!("wrote {}", path.display());
    }
    println!(
        "Next:\n  secrets, if any: sudo install -D -m 0600 FILE /{CREDENTIALS}/smtp.password, and `service install` again\n  \
         sudo systemctl daemon-reload\n  \
         sudo systemctl enable --now {SOCKET} {SERVICE}\n  \
         sudo journalctl -u stockroom    # has the link that sets the site up\n\
         The site is in /var/lib/stockroom; commands beside the service: sudo stockroom --data-dir /var/lib/stockroom …"
    );
    Ok(())
}

/// Whole or not at all, and readable by systemd whatever our mask is: there is no secret in it.
fn write(directory: &Path, path: &Path, text: &str) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::create_dir_all(directory)?;
    let mut file = tempfile::NamedTempFile::new_in(directory)?;
    io::Write::write_all(&mut file, text.as_bytes())?;
    file.as_file().set_permissions(fs::Permissions::from_mode(0o644))?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}

fn uninstall(place: &RootArgs) -> Result<(), CliError> {
    let directory = place.root.join(UNITS);
    let mut found = 0;
    for name in [SERVICE, SOCKET] {
        let path = directory.join(name);
        if !path.exists() {
            continue;
        }
        found += 1;
        if place.dry_run {
            println!("would remove {}", path.display());
            continue;
        }
        fs::remove_file(&path).map_err(|error| refused(&path, &error))?;
        println!("removed {}", path.display());
    }
    if found == 0 {
        return Err(CliError {
            exit_code: 6,
            message: format!("there are no units of stockroom in `{}`", directory.display()),
        });
    }
    println!(
        "Next:\n  sudo systemctl disable --now {SOCKET} {SERVICE}    # it runs on until then\n  \
         sudo systemctl daemon-reload\nThe site stays in /var/lib/stockroom."
    );
    Ok(())
}
