//! What a site does all day, one write transaction a step.

use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use stockroom::base::secret::SecretString;
use stockroom::domain::dataset::{Generation, ImportState};
use stockroom::domain::job::{Job, JobState};
use stockroom::domain::permission::Role;
use stockroom::services::authorize::By;
use stockroom::services::files::{StoredFile, path_of};
use stockroom::services::imports::{self, Anyway, ImportJob, NewImport};
use stockroom::services::jobs::{self, AfterFailure};
use stockroom::services::second_factor::challenge::Asker;
use stockroom::services::sign_in::{Attempt, Door, sign_in};
use stockroom::services::{ServiceError, audit, users};
use stockroom::store::{
    StoreError, datasets as store_datasets, imports as store_imports, jobs as store_jobs,
};

use crate::rng::Rng;
use crate::site::{PASSWORD, Site};

/// What a file is called that was stored. Nobody reads it.
const SHA256: &str = "ab00000000000000000000000000000000000000000000000000000000000000";

impl Site {
    /// Does one thing. What is refused, because it makes no sense just now, changes nothing.
    pub fn work(&self, rng: &mut Rng, number: usize) {
        self.clock.advance(SignedDuration::from_mins(1));
        let users = self.users();
        let somebody = users[rng.below(users.len())].email.as_str().to_owned();
        let done = match rng.below(10) {
            0 | 1 => self.add_user(&format!("user{number}@example.com")),
            2 | 3 => self.sign_in(&somebody, PASSWORD),
            4 => self.sign_in(&somebody, "something else"),
            5 => self.begin_import(&format!("Stock {}", rng.below(3)), rng.percent(60)),
            6 => jobs::claim(&self.services, |_| true).map(|_| ()),
            7 => self.end_job(rng.percent(70)),
            8 => self.decide(rng.percent(50)),
            _ if somebody.starts_with("admin") => Ok(()),
            _ => users::set_roles(&self.services, &self.grant(), &somebody, [Role::Planner].into(), None)
                .map(|_| ()),
        };
        match done {
            Ok(())
            | Err(
                ServiceError::WrongCredentials
                | ServiceError::Throttled(_)
                | ServiceError::Busy(_)
                | ServiceError::Conflict(_),
            ) => {}
            Err(other) => panic!("step {number}: {other}"),
        }
    }

    pub fn sign_in(&self, login: &str, password: &str) -> Result<(), ServiceError> {
        let password = SecretString::new(password.to_owned());
        let attempt = Attempt {
            login,
            password: &password,
            address: None,
            user_agent: "test",
            device: None,
            door: Door::Everybody,
            asker: Asker::Program,
        };
        sign_in(&self.services, &attempt).map(|_| ())
    }

    /// Begins an import of a file that is stored already.
    pub fn begin_import(&self, dataset: &str, confirm: bool) -> Result<(), ServiceError> {
        let path = path_of(self.services.data_dir(), SHA256);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, b"").unwrap();
        let new = NewImport {
            dataset: dataset.to_owned(),
            file_name: "stock.csv".to_owned(),
            file: StoredFile { sha256: SHA256.to_owned(), bytes: 5 },
            set: Vec::new(),
            confirm,
        };
        imports::begin(&self.services, &self.grant(), &new).map(|_| ())
    }

    fn running(&self) -> Option<Job> {
        let list = |r: &_| store_jobs::list_jobs(r, JobState::Running, Timestamp::MAX, 1);
        self.services.store.read(list).unwrap_or_else(|error: StoreError| panic!("{error}")).pop()
    }

    /// Ends the job at work: as one that published, or as one that failed.
    fn end_job(&self, well: bool) -> Result<(), ServiceError> {
        let Some(job) = self.running() else { return Ok(()) };
        if !well {
            return jobs::fail(&self.services, job.id, "on purpose", AfterFailure::Retry).map(|_| ());
        }
        let ImportJob { import, .. } = serde_json::from_str(&job.payload).unwrap();
        let now = self.services.now();
        self.services.store.write(|w| {
            jobs::complete(w, now, job.id)?;
            let mut import = store_imports::find_import(w, import)?.unwrap();
            if import.state.is_final() {
                return Ok(());
            }
            // What an import's job writes at its end; the job itself starts a process.
            let mut dataset = store_datasets::find_dataset(w, import.dataset_id)?.unwrap();
            let generation = dataset.next_generation;
            (import.state, import.generation) = (ImportState::Published, Some(generation));
            store_imports::put_import(w, &import)?;
            let record = Generation {
                dataset_id: dataset.id,
                id: generation,
                import_id: import.id,
                rows: 1_000,
                published_at: now,
                // As long as that of a wide file: several pages.
                profile_json: "{}".repeat(6_000),
                file_sha256: import.file_sha256.clone(),
                index_bytes: 77,
            };
            store_datasets::put_generation(w, &record)?;
            dataset.current_generation = Some(generation);
            dataset.next_generation.0 += 1;
            store_datasets::put_dataset(w, &dataset)?;
            let target = format!("dataset:{}", dataset.slug);
            audit::append(w, now, By::SYSTEM, "import.publish", &target, &json!({}))?;
            Ok::<_, ServiceError>(())
        })
    }

    /// Decides about the newest import.
    fn decide(&self, confirm: bool) -> Result<(), ServiceError> {
        let list = |r: &_| store_imports::list_imports(r, 1);
        let newest =
            self.services.store.read(list).unwrap_or_else(|error: StoreError| panic!("{error}")).pop();
        let Some(import) = newest else { return Ok(()) };
        let (services, grant) = (&self.services, self.grant());
        let decided = if confirm {
            imports::confirm(services, &grant, import.id, &Anyway::All)
        } else {
            imports::cancel(services, &grant, import.id)
        };
        decided.map(|_| ())
    }
}
