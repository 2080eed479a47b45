//! `/admin/analytics`: figures about the use of the site, each leading to the events behind it.

mod chart;
mod growth;
mod show;
mod tables;
mod view;

pub use show::{show, table};
