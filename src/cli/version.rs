//! `stockroom version`

use clap::Args;

use super::error::CliError;
use crate::store::migrations::SCHEMA;

/// How to print.
#[derive(Debug, Args)]
pub struct VersionArgs {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Prints version and schema.
pub fn run(args: &VersionArgs) -> Result<(), CliError> {
    let version = env!("CARGO_PKG_VERSION");
    if args.json {
        println!("{}", serde_json::json!({ "version": version, "schema": SCHEMA }));
    } else {
        println!("stockroom {version} (schema {SCHEMA})");
    }
    Ok(())
}
