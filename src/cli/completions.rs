//! `stockroom completions` and `stockroom man`: made of the very commands.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::{Args, Command};
use clap_complete::Shell;
use clap_mangen::Man;

use super::error::CliError;

/// Which shell.
#[derive(Debug, Args)]
#[command(before_help = "Examples:\n  stockroom completions bash > /etc/bash_completion.d/stockroom\n  \
        stockroom completions zsh > ~/.zfunc/_stockroom\n  \
        stockroom completions fish > ~/.config/fish/completions/stockroom.fish")]
pub struct CompletionsArgs {
    /// The shell
    shell: Shell,
}

/// Where to.
#[derive(Debug, Args)]
#[command(
    before_help = "Examples:\n  stockroom man | man -l -\n  stockroom man -o /usr/local/share/man/man1"
)]
pub struct ManArgs {
    /// Write one file a command into this directory
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,
}

/// Writes to standard output; whoever closed it had enough.
fn print(bytes: &[u8]) -> Result<(), CliError> {
    match io::stdout().lock().write_all(bytes) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}

/// Prints what the shell is to read.
pub fn run(args: &CompletionsArgs, mut command: Command) -> Result<(), CliError> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command, "stockroom", &mut script);
    print(&script)
}

/// Prints the manual page of the program, or writes that of each command as well.
pub fn man(args: &ManArgs, mut command: Command) -> Result<(), CliError> {
    command.build();
    let Some(directory) = &args.output else {
        let mut page = Vec::new();
        Man::new(command).render(&mut page)?;
        return print(&page);
    };
    fs::create_dir_all(directory)
        .map_err(|error| CliError::failed(format!("{}: {error}", directory.display())))?;
    write_pages(directory, &command, "stockroom")
}

fn write_pages(directory: &Path, command: &Command, name: &str) -> Result<(), CliError> {
    let mut page = Vec::new();
    // Titles of manual pages have no blanks.
    Man::new(command.clone()).title(name.to_uppercase()).render(&mut page)?;
    let path = directory.join(format!("{name}.1"));
    fs::write(&path, page).map_err(|error| CliError::failed(format!("{}: {error}", path.display())))?;
    for below in command.get_subcommands().filter(|below| !below.is_hide_set() && below.get_name() != "help")
    {
        write_pages(directory, below, &format!("{name}-{}", below.get_name()))?;
    }
    Ok(())
}
