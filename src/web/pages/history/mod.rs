//! What readers of a dataset ever saw, the way back to it, and the rules by which its files are taken.

mod roll_back;
mod rules;
mod show;
mod view;

pub use roll_back::roll_back;
pub use rules::{rules, save_rules};
pub use show::show;
