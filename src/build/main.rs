//! What is done before the program is compiled: the help is turned into markup (`help.rs`), and it is said how the binary is
//! linked.
//!
//! The released binary is linked smaller, with the linker that the toolchain brings for this target (LLD).
//!
//! Relative relocations are packed: a megabyte of them becomes a few kilobytes; the C library of 2022 and later reads them.
//! Functions of the same code are kept once, as long as nobody compares their addresses (`safe`): SQLite does compare some,
//! and what C compilers made is left as it is.
//!
//! A statically linked binary (`+crt-static`) looks names of hosts up by itself: `static_names.c` says how.

mod help;

use std::env;

fn main() -> std::io::Result<()> {
    println!("cargo::rerun-if-changed=src/build");
    println!("cargo::rerun-if-changed=assets/help");
    link();
    help::write()
}

fn link() {
    let is = |name: &str, value: &str| env::var(name).is_ok_and(|found| found == value);
    let has_lld = is("CARGO_CFG_TARGET_ARCH", "x86_64")
        && is("CARGO_CFG_TARGET_OS", "linux")
        && is("CARGO_CFG_TARGET_ENV", "gnu");
    if has_lld && is("PROFILE", "release") {
        println!("cargo::rustc-link-arg-bins=-Wl,--icf=safe");
        println!("cargo::rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
    }
    let is_static =
        env::var("CARGO_CFG_TARGET_FEATURE").is_ok_and(|all| all.split(',').any(|one| one == "crt-static"));
    if is_static && is("CARGO_CFG_TARGET_OS", "linux") && is("CARGO_CFG_TARGET_ENV", "gnu") {
        cc::Build::new().file("src/build/static_names.c").cargo_metadata(false).compile("static_names");
        let folder = env::var("OUT_DIR").unwrap_or_default();
        println!("cargo::rustc-link-search=native={folder}");
        // Whole: nothing calls what runs before everything else.
        println!("cargo::rustc-link-lib=static:+whole-archive,-bundle=static_names");
    }
}
