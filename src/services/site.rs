//! What the site is called.

use super::Services;

/// What the site is called.
pub fn name(services: &Services) -> String {
    services.config().site.name.clone()
}
