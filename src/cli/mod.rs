//! The command line: one file a command. Imports everything; nothing imports it.
//!
//! Data goes to stdout, everything else to stderr. A command that needs the site's data goes through
//! [`site::Site`], which opens the store or talks to the server that holds it.

pub mod audit;
pub mod backup;
pub mod cert;
pub mod completions;
pub mod config;
pub mod demo;
pub mod doctor;
pub mod doctor_directory;
pub mod error;
pub mod export;
pub mod hash_password;
pub mod healthcheck;
pub mod import;
pub mod index;
pub mod init;
pub mod inspect;
pub mod keys;
pub mod licenses;
pub mod logging;
pub mod openapi;
pub mod options;
pub mod password_input;
pub mod plan;
pub mod restore;
pub mod sample;
pub mod serve;
pub mod service;
pub mod site;
pub mod token;
pub mod user;
pub mod user_admin_reset;
pub mod user_import;
pub mod version;
pub mod watchdog;
pub mod worker;

use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

use error::CliError;
use options::GlobalOptions;

/// An inventory portal in one file: import the ERP's exports, let every customer find exactly their own stock.
#[derive(Debug, Parser)]
#[command(
    name = "stockroom",
    version,
    before_help = "Examples:\n  stockroom serve --demo                     try it with sample data\n  \
        stockroom init --admin-email ann@example.com --admin-password-file pw\n  \
        stockroom serve                            serve the site in ./data\n  \
        stockroom import Inventory stock.csv --set owner=Customer --yes\n  \
        stockroom user add bob@acme.example --role customer --owner \"ACME Ltd\" --password-file pw"
)]
struct Cli {
    #[command(flatten)]
    global: GlobalOptions,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the site.
    Serve(serve::ServeArgs),
    /// Make a service of systemd of the site.
    #[command(subcommand)]
    Service(service::ServiceCommand),
    /// Set a site up with its first admin.
    Init(init::InitArgs),
    /// Make the hash of a password read from standard input.
    HashPassword,
    /// Add, list and change users.
    #[command(subcommand)]
    User(user::UserCommand),
    /// Make, list and revoke tokens for programs.
    #[command(subcommand)]
    Token(token::TokenCommand),
    /// Import a file into a dataset.
    Import(import::ImportArgs),
    /// Export a dataset's rows.
    Export(export::ExportArgs),
    /// Make, list, import and export plans of production and sales.
    #[command(subcommand)]
    Plan(plan::PlanCommand),
    /// Say what the importer sees in a file.
    Inspect(inspect::InspectArgs),
    /// Write a realistic inventory of any size.
    Sample(sample::SampleArgs),
    /// Check or show the configuration.
    #[command(subcommand)]
    Config(config::ConfigCommand),
    /// Tell how indexes are, build them again, give back room.
    #[command(subcommand)]
    Index(index::IndexCommand),
    /// Replace the keys that secrets are sealed with, or tell how they stand.
    #[command(subcommand)]
    Keys(keys::KeysCommand),
    /// Check, export or sign the audit log.
    #[command(subcommand)]
    Audit(audit::AuditCommand),
    /// Make, list and check backups.
    #[command(subcommand)]
    Backup(backup::BackupCommand),
    /// Make and show the site's own certificates.
    #[command(subcommand)]
    Cert(cert::CertCommand),
    /// Put a backup in the place of the site.
    Restore(restore::RestoreArgs),
    /// Look at what the site stands on, piece by piece.
    Doctor(doctor::DoctorArgs),
    /// Print what completes commands in a shell.
    Completions(completions::CompletionsArgs),
    /// Print the manual, or write a page for each command.
    Man(completions::ManArgs),
    /// Print the licences of everything that this program is made of.
    Licenses(licenses::LicensesArgs),
    /// Print what this program is made of, as CycloneDX JSON.
    Sbom,
    /// Print the description of the API (OpenAPI 3.1, JSON).
    Openapi,
    /// Say which version this is.
    Version(version::VersionArgs),
    /// Ask a running server whether it is up (for containers).
    Healthcheck(healthcheck::HealthcheckArgs),
    /// The child process that reads files.
    #[command(subcommand, hide = true)]
    Worker(worker::WorkerCommand),
}

/// Parses the arguments, runs the command and returns the exit code of DESIGN §6.
pub fn main() -> ExitCode {
    // Whatever we make is for the owner alone, unless it says otherwise (ASVS 13.3.1).
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o077));
    // Exit code 2 for usage errors, 0 for help.
    let cli = Cli::parse();
    match run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            if !error.message.is_empty() {
                eprintln!("stockroom: {}", error.message);
            }
            ExitCode::from(error.exit_code)
        }
    }
}

fn run(cli: Cli) -> Result<(), CliError> {
    let Cli { global, command } = cli;
    match command {
        Command::Serve(args) => serve::run(&global, &args),
        Command::Service(command) => service::run(&global, &command),
        Command::Init(args) => init::run(&global, &args),
        Command::HashPassword => hash_password::run(&global),
        Command::User(command) => user::run(&global, command),
        Command::Token(command) => token::run(&global, command),
        Command::Import(args) => import::run(&global, &args),
        Command::Export(args) => export::run(&global, &args),
        Command::Plan(command) => plan::run(&global, &command),
        Command::Inspect(args) => inspect::run(&args).map(drop).map_err(|error| CliError {
            exit_code: if error.is_not_found() { 6 } else { 1 },
            message: error.to_string(),
        }),
        Command::Sample(args) => Ok(sample::run(&args).map(drop)?),
        Command::Worker(command) => worker::run(&command),
        Command::Config(command) => config::run(&global, &command),
        Command::Index(command) => index::run(&global, &command),
        Command::Keys(command) => keys::run(&global, &command),
        Command::Audit(command) => audit::run(&global, &command),
        Command::Backup(command) => backup::run(&global, &command),
        Command::Cert(command) => cert::run(&global, &command),
        Command::Restore(args) => restore::run(&global, &args),
        Command::Doctor(args) => doctor::run(&global, &args),
        Command::Completions(args) => completions::run(&args, Cli::command()),
        Command::Man(args) => completions::man(&args, Cli::command()),
        Command::Licenses(args) => licenses::run(&args),
        Command::Sbom => licenses::sbom(),
        Command::Openapi => openapi::run(),
        Command::Version(args) => version::run(&args),
        Command::Healthcheck(args) => healthcheck::run(&global, &args),
    }
}
