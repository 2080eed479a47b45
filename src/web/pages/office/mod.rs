//! `/admin`, `/admin/system` and `/admin/doctor`: what waits, how the site is, its machinery, and what it stands on.

mod backups;
mod backups_view;
mod dashboard;
mod doctor;
mod outbound;
mod system;
mod system_view;
mod tls_view;

pub use backups::{back_up, download_backup, try_backup};
pub use dashboard::dashboard;
pub use doctor::doctor;
pub use outbound::outbound;
pub use system::{act_on_job, bundle, system};
