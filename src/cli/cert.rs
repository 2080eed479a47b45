//! `stockroom cert …`

use std::fs;
use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::error::CliError;
use super::options::GlobalOptions;
use super::site::Site;
use super::user::OutputArgs;
use crate::services::commands::{AdminCommand, AdminReply};
use crate::services::tls::{Standing, Wanted};

/// What to do with the site's own certificates (`serve --tls auto`).
#[derive(Debug, Subcommand)]
#[command(
    before_help = "Examples:\n  stockroom cert show\n  stockroom cert export-ca ca.crt\n  stockroom cert init --again   \
        # after the site got a name that its authority may not vouch for"
)]
pub enum CertCommand {
    /// Make authority and certificate where there are none.
    Init(InitArgs),
    /// Show the certificates: names, ends, fingerprints.
    Show(ShowArgs),
    /// Make the server's certificate anew.
    Renew,
    /// Write the authority's certificate (PEM), which devices are given.
    ExportCa(ExportArgs),
}

/// Which authority.
#[derive(Debug, Args)]
pub struct InitArgs {
    /// Make another authority: each device has to be given it anew
    #[arg(long)]
    again: bool,
}

/// How they are shown.
#[derive(Debug, Args)]
pub struct ShowArgs {
    #[command(flatten)]
    output: OutputArgs,
}

/// Where it is written.
#[derive(Debug, Args)]
pub struct ExportArgs {
    /// A file; without one it is printed
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
}

/// Runs it, beside a server or without one.
pub fn run(global: &GlobalOptions, command: &CertCommand) -> Result<(), CliError> {
    let site = Site::open(global.load(&[])?)?;
    let ask = |make: Option<Wanted>| match site.run(AdminCommand::Certificates { make })? {
        AdminReply::Certificates(standing) => Ok(standing),
        _ => Err(CliError::failed("the running server answered something else than certificates")),
    };
    match command {
        CertCommand::Init(args) => {
            let wanted = if args.again { Wanted::AnotherAuthority } else { Wanted::Init };
            show(&*ask(Some(wanted))?);
        }
        CertCommand::Renew => show(&*ask(Some(Wanted::Renew))?),
        CertCommand::Show(args) if args.output.json => {
            let json = serde_json::to_string_pretty(&ask(None)?);
            println!("{}", json.map_err(|error| CliError::failed(error.to_string()))?);
        }
        CertCommand::Show(_) => show(&*ask(None)?),
        CertCommand::ExportCa(args) => {
            let authority = ask(None)?.authority.ok_or_else(|| CliError {
                exit_code: 6,
                message: "this site has no certificate authority of its own. Make one: stockroom cert init"
                    .to_owned(),
            })?;
            match &args.file {
                Some(path) => fs::write(path, &authority.pem)
                    .map_err(|error| CliError::failed(format!("cannot write {}: {error}", path.display())))?,
                None => print!("{}", authority.pem),
            }
            global.say(&format!("SHA-256 {}", authority.fingerprint));
        }
    }
    Ok(())
}

fn show(standing: &Standing) {
    println!("tls.mode     {}", standing.mode);
    if let Some(authority) = &standing.authority {
        println!("authority    {}", authority.name);
        println!("  ends       {}", authority.expires_at);
        println!("  SHA-256    {}", authority.fingerprint);
        println!("  may name   {}", authority.permitted.join(" "));
    }
    match &standing.certificate {
        Some(certificate) => {
            println!("certificate  {}", certificate.issuer);
            println!("  ends       {}", certificate.expires_at);
            println!("  SHA-256    {}", certificate.fingerprint);
            println!("  names      {}", certificate.names.join(" "));
        }
        None => println!("certificate  none so far"),
    }
    if let Some(trouble) = &standing.trouble {
        println!("\n{trouble}");
    }
}
