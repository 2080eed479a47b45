//! The command line: one file a command.

/// Parses the arguments, runs the command and returns the exit code of DESIGN §6.
pub fn main() -> std::process::ExitCode {
    std::process::ExitCode::SUCCESS
}
