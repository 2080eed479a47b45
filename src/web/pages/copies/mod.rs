//! Copies of users' files elsewhere: where they go, what is wrong, and whether the store works.

mod show;
mod view;

pub use show::{retry, show, test};
