//! How the released binary is linked: smaller, with the linker that the toolchain brings for this target (LLD).
//!
//! Relative relocations are packed: a megabyte of them becomes a few kilobytes; the C library of 2022 and later reads them.
//! Functions of the same code are kept once, as long as nobody compares their addresses (`safe`): SQLite does compare some,
//! and what C compilers made is left as it is.

use std::env;

fn main() {
    println!("cargo::rerun-if-changed=src/build.rs");
    let is = |name: &str, value: &str| env::var(name).is_ok_and(|found| found == value);
    let has_lld = is("CARGO_CFG_TARGET_ARCH", "x86_64")
        && is("CARGO_CFG_TARGET_OS", "linux")
        && is("CARGO_CFG_TARGET_ENV", "gnu");
    if has_lld && is("PROFILE", "release") {
        println!("cargo::rustc-link-arg-bins=-Wl,--icf=safe");
        println!("cargo::rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
    }
}
