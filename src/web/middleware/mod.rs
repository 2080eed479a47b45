//! Around every request, from the outside in: request id, access log, whose session it is, how numbers and dates are written, headers, errors made readable, panics
//! caught, hosts checked, downloads tied to their session.

pub mod access_log;
pub mod api;
pub mod headers;
pub mod host;
pub mod on_behalf;
pub mod once;
pub mod panic;
pub mod problem;
pub mod read_only;
pub mod reader;
pub mod request_id;
pub mod session_watch;
