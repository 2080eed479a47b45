//! Section `password`: what a password must be and how it is hashed.

use super::parse;
use super::reader::Reader;
use super::setting::{Control, Setting};

/// Rules and cost (ASVS 6.2.1, 6.2.9, 11.4.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PasswordConfig {
    /// Characters at least.
    pub min_length: usize,
    /// Characters at least for users who manage users and have no second factor.
    pub admin_min_length: usize,
    /// Argon2id memory in KiB.
    pub memory_kib: u32,
    /// Argon2id passes.
    pub passes: u32,
    /// Threads that hash.
    pub threads: usize,
}

/// Characters at most, so that a request cannot make us hash a book.
pub const MAX_LENGTH: usize = 128;

/// What can be set.
pub const SETTINGS: &[Setting] = &[
    Setting::new("password.min_length", "Characters at least (default: 12)").on_page(Control::Number),
    Setting::new("password.admin_min_length", "Characters at least for admins (default: 15)")
        .on_page(Control::Number),
    Setting::new("password.memory_kib", "Argon2id memory in KiB (default: 19456)"),
    Setting::new("password.passes", "Argon2id passes (default: 2)"),
    Setting::new("password.threads", "Threads that hash passwords (default: 2, or 1 on one core)"),
];

impl PasswordConfig {
    pub(super) fn read(reader: &mut Reader) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let config = Self {
            min_length: reader.get("password.min_length", 12, parse::number(8, MAX_LENGTH)),
            admin_min_length: reader.get("password.admin_min_length", 15, parse::number(8, MAX_LENGTH)),
            memory_kib: reader.get("password.memory_kib", 19_456, parse::number(12_288, 262_144)),
            passes: reader.get("password.passes", 2, parse::number(2, 16)),
            threads: reader.get("password.threads", cores.min(2), parse::number(1, 16)),
        };
        // The pairs of ASVS appendix C: less memory needs a further pass.
        if config.memory_kib < 19_456 && config.passes < 3 {
            reader.complain(
                "password.memory_kib",
                "below 19456 KiB, password.passes must be 3 or more".to_owned(),
            );
        }
        config
    }
}
