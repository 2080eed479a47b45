//! The real app on port 0.
