//! The store on a disk whose power is cut and which fails at any operation, through the services that a site runs.
//!
//! `tests/soak/power` makes it long: `STOCKROOM_POWER_IMAGES` is the number of power cuts, `STOCKROOM_POWER_SEED`
//! repeats those of an earlier run.

#![expect(clippy::unwrap_used, reason = "in helpers of tests too, a failure is a panic")]

mod cuts;
mod disk;
mod faults;
mod rng;
mod site;
mod work;

/// True where the long run was asked for.
fn is_long() -> bool {
    std::env::var_os("STOCKROOM_POWER_IMAGES").is_some()
}

/// A directory in memory where there is one: syncing the marks beside the database is not what is tested here.
fn directory() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
}
