//! The real app on port 0, with a manual clock and a directory of its own for each test. One file a capability.

#![expect(clippy::unwrap_used, reason = "in helpers of tests too, a failure is a panic")]

mod account;
mod analytics;
mod approvals;
mod architecture;
mod audit;
mod audit_page;
mod audit_search;
mod cli;
mod config;
mod crash;
mod csrf;
mod customers;
mod directory_page;
mod error_pages;
mod forgot;
mod harness;
mod hidden_columns;
mod hosts;
mod import_faults;
mod imports_page;
mod inventory_page;
mod invite;
mod jobs;
mod mail_page;
mod mailbox;
mod notices;
mod office;
mod own_login;
mod profile;
mod restarts;
mod rows;
mod second_factor;
mod server;
mod sessions;
mod settings_page;
mod setup;
mod sign_in;
mod sign_up;
mod signed_in_now;
mod store;
mod tenancy;
mod throttle;
mod user_import;
mod users_page;
