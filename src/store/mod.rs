//! Everything that must survive a restart, in one redb file. The only user of redb and of bincode; imports
//! [`crate::base`] and [`crate::domain`].
//!
//! [`Store::read`] and [`Store::write`] are the only doors. Inside them, the functions of the modules below take
//! the transaction: `store.write(|w| users::insert_user(w, &user))`. One file a kind of record.

pub mod api_tokens;
mod aside;
pub mod audit;
pub mod audit_blocks;
pub mod audit_heads;
pub mod avatars;
pub mod backup;
pub mod backups;
pub mod certificates;
pub mod codec;
mod convert;
pub mod database;
pub mod datasets;
pub mod devices;
pub mod directory;
pub mod error;
pub mod figures;
pub mod file;
pub mod file_copies;
pub mod gone_users;
pub mod holder;
pub mod imports;
pub mod install;
pub mod jobs;
pub mod keys;
pub mod known_profiles;
pub mod live_links;
pub mod master_data;
pub mod migrations;
pub mod once;
pub mod outbox;
pub mod owners_seen;
pub mod plan_edits;
pub mod plan_lines;
pub mod plans;
pub mod preferences;
pub mod publications;
pub mod second_factors;
pub mod security_questions;
pub mod sessions;
pub mod settings;
pub mod sources;
pub mod tables;
pub mod taken_files;
pub mod throttle;
pub mod tokens;
pub mod transaction;
pub mod trusted_browsers;
pub mod user_files;
pub mod users;
pub mod waiting;
pub mod webhooks;

pub use database::{DamagedTable, Store};
pub use error::{InUse, StoreError};
pub use file::Medium;
pub use transaction::{Read, ReadTxn, WriteTxn};
