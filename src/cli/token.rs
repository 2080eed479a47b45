//! `stockroom token …`

use clap::{Args, Subcommand};

use super::error::CliError;
use super::options::GlobalOptions;
use super::site::Site;
use super::user::OutputArgs;
use crate::domain::api_token::TokenScope;
use crate::services::api_tokens::{ApiTokenView, NewApiToken};
use crate::services::commands::{AdminCommand, AdminReply};

/// What to do with the tokens of a user's programs. LOGIN is a mail address, a user name or an id.
#[derive(Debug, Subcommand)]
#[command(
    before_help = "Examples:\n  stockroom token create erp@acme.example --name \"ERP export\" --scope import --days 365\n  \
        stockroom token list erp@acme.example\n  stockroom token revoke erp@acme.example \"ERP export\""
)]
pub enum TokenCommand {
    /// Make a token and print it: it is not shown again.
    Create(CreateArgs),
    /// List a user's tokens.
    List(ListArgs),
    /// Revoke a token: it opens nothing from now on.
    Revoke(RevokeArgs),
}

/// A new token.
#[derive(Debug, Args)]
pub struct CreateArgs {
    /// Mail address, user name or id of whom the program works for
    login: String,
    /// What the token is called
    #[arg(long, value_name = "NAME")]
    name: String,
    /// read, import, plans, users, site or audit; repeatable
    #[arg(long, value_name = "SCOPE", default_value = "read")]
    scope: Vec<TokenScope>,
    /// Days until it ends
    #[arg(long, value_name = "N", default_value_t = 90, conflicts_with = "endless")]
    days: u16,
    /// It ends only when it is revoked
    #[arg(long)]
    endless: bool,
    #[command(flatten)]
    output: OutputArgs,
}

/// Whose tokens.
#[derive(Debug, Args)]
pub struct ListArgs {
    /// Mail address, user name or id
    login: String,
    #[command(flatten)]
    output: OutputArgs,
}

/// Which token.
#[derive(Debug, Args)]
pub struct RevokeArgs {
    /// Mail address, user name or id
    login: String,
    /// Name or id of the token
    token: String,
}

/// Runs it, beside a server or without one.
pub fn run(global: &GlobalOptions, command: TokenCommand) -> Result<(), CliError> {
    let site = Site::open(global.load(&[])?)?;
    let (command, is_json) = match command {
        TokenCommand::Create(args) => {
            let days = (!args.endless).then_some(args.days);
            let new = NewApiToken { name: args.name, scopes: args.scope.into_iter().collect(), days };
            (AdminCommand::TokenCreate { login: args.login, new }, args.output.json)
        }
        TokenCommand::List(args) => (AdminCommand::TokenList { login: args.login }, args.output.json),
        TokenCommand::Revoke(args) => {
            (AdminCommand::TokenRevoke { login: args.login, token: args.token }, false)
        }
    };
    match site.run(command)? {
        AdminReply::TokenMade { token, view } if is_json => {
            print_json(&serde_json::json!({ "token": token.expose(), "about": view }))
        }
        AdminReply::TokenMade { token, view } => {
            eprintln!("{}\nThe token is not shown again:", line(&view));
            println!("{}", token.expose());
            Ok(())
        }
        AdminReply::Tokens(tokens) if is_json => print_json(&tokens),
        AdminReply::Tokens(tokens) => {
            for token in &tokens {
                println!("{}", line(token));
            }
            Ok(())
        }
        AdminReply::TokenRevoked(view) => {
            println!("revoked {}", line(&view));
            Ok(())
        }
        _ => Err(CliError::failed("the running server answered something else than tokens")),
    }
}

fn print_json(value: &impl serde::Serialize) -> Result<(), CliError> {
    let json = serde_json::to_string_pretty(value).map_err(|error| CliError::failed(error.to_string()))?;
    println!("{json}");
    Ok(())
}

/// A token in one line.
fn line(token: &ApiTokenView) -> String {
    let scopes: Vec<_> = token.scopes.iter().map(|scope| scope.as_str()).collect();
    let ends = token.expires_at.map_or_else(|| "when revoked".to_owned(), |at| at.to_string());
    let used = token.used_at.map_or_else(|| "not yet".to_owned(), |at| at.to_string());
    let over = if token.is_over { "  over" } else { "" };
    format!("{}  {:?}  {}  ends {ends}  used {used}{over}", token.id, token.name, scopes.join(","))
}
