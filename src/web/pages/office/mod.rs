//! `/admin` and `/admin/system`: what waits, how the site is, and its machinery.

mod backups;
mod backups_view;
mod dashboard;
mod system;
mod system_view;
mod tls_view;

pub use backups::{back_up, download_backup};
pub use dashboard::dashboard;
pub use system::{act_on_job, bundle, system};
