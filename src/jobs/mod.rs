//! The runner of the durable queue and the site's own chores. One file a kind of job. Imports
//! [`crate::services`] and what is below.
//!
//! A kind is a type that implements [`JobKind`]; `app` lists the kinds in a [`Registry`]. A kind must be safe
//! to run twice: the process may end between the work and the note that it was done.

pub mod accounts;
pub mod backup;
pub mod certificates;
pub mod chores;
pub mod copies;
pub mod feeds;
pub mod import;
pub mod mail;
pub mod runner;
pub mod source;
pub mod webhook;

use std::collections::HashMap;
use std::sync::Arc;

use crate::base::shutdown::ShutdownSignal;
use crate::domain::job::Job;
use crate::services::{ServiceError, Services};

/// A kind of job.
pub trait JobKind: Send + Sync + 'static {
    /// The name under which it is queued.
    fn name(&self) -> &'static str;

    /// Does it, on a thread of its own. A long one looks at `stop` and returns [`JobFailure::Retry`] soon after a
    /// stop was asked for.
    fn run(&self, services: &Services, job: &Job, stop: &ShutdownSignal) -> Result<(), JobFailure>;

    /// Jobs of one lane are done one after the other; one whose lane is busy waits in the queue and leaves its place
    /// to others. `None` for jobs that are in nobody's way.
    fn lane(&self, _job: &Job) -> Option<String> {
        None
    }

    /// True for a kind that ends soon: it does not wait for a place among the long ones.
    fn is_quick(&self) -> bool {
        false
    }

    /// True for a kind that mostly waits for another machine: it has places beside the long ones.
    fn waits_for_others(&self) -> bool {
        false
    }

    /// Called once it is dead: what waited for it is told.
    ///
    /// # Errors
    /// Where the store could not be written; the kind is to catch up at the next start.
    fn gave_up(&self, _services: &Services, _job: &Job, _reason: &str) -> Result<(), ServiceError> {
        Ok(())
    }
}

/// Jobs that take each other's places.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Place {
    Long,
    Quick,
    Waiting,
}

impl Place {
    /// How many of them are at work at the same time.
    fn at_once(self) -> usize {
        match self {
            Self::Long => 2,
            // Long imports must not hold up the mail.
            Self::Quick => 1,
            // A source that takes its time must not hold up others, nor an import.
            Self::Waiting => 4,
        }
    }
}

/// Why a job was not done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JobFailure {
    /// Trying again may help.
    Retry(String),
    /// It cannot.
    GiveUp(String),
    /// The server is stopping: the job is parked, and goes on at the next start.
    Interrupted,
}

impl From<ServiceError> for JobFailure {
    fn from(error: ServiceError) -> Self {
        match error {
            ServiceError::NotFound(_)
            | ServiceError::Invalid { .. }
            | ServiceError::Conflict(_)
            | ServiceError::OutOfScope(_) => Self::GiveUp(error.to_string()),
            other => Self::Retry(other.to_string()),
        }
    }
}

/// The kinds this site knows.
#[derive(Clone, Default)]
pub struct Registry {
    kinds: HashMap<&'static str, Arc<dyn JobKind>>,
}

impl Registry {
    /// The same with one kind more.
    #[must_use]
    pub fn with(mut self, kind: impl JobKind) -> Self {
        self.kinds.insert(kind.name(), Arc::new(kind));
        self
    }

    /// The lane of a job: see [`JobKind::lane`].
    fn lane(&self, job: &Job) -> Option<String> {
        self.find(&job.kind)?.lane(job)
    }

    /// Among which jobs it has its place: see [`JobKind::is_quick`] and [`JobKind::waits_for_others`].
    fn place(&self, job: &Job) -> Place {
        match self.find(&job.kind) {
            Some(kind) if kind.is_quick() => Place::Quick,
            Some(kind) if kind.waits_for_others() => Place::Waiting,
            _ => Place::Long,
        }
    }

    fn find(&self, name: &str) -> Option<Arc<dyn JobKind>> {
        self.kinds.get(name).cloned()
    }
}
