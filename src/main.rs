//! The `stockroom` binary: parses the command line and hands over.

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    stockroom::cli::main()
}
