//! The threads that hash: two with one block of memory each, and a bounded queue in front. A flood of sign-ins costs
//! 44 MiB, where hashing on the general blocking pool cost 433 MiB. The memory comes with the first password and goes
//! after a quiet minute.

use std::collections::VecDeque;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use argon2::Params;

use super::Verdict;
use super::argon::{self, Argon2Hash, Memory, OUTPUT_BYTES};
use super::foreign::KnownHash;
use crate::base::secret::SecretString;
use crate::config::password::PasswordConfig;
use crate::services::error::ServiceError;

/// Passwords that may wait; more are turned away at once.
const QUEUE_LENGTH: usize = 256;
/// Longest wait, after which the answer is "busy".
const MAX_WAIT: Duration = Duration::from_secs(10);
/// Quiet time after which a thread gives its memory back.
const KEEP_MEMORY: Duration = Duration::from_mins(1);
enum Task {
    Hash,
    Verify(Arc<KnownHash>),
}

enum Answer {
    Hash(SecretString),
    Verdict(Verdict),
    Failed(String),
}

struct Order {
    password: SecretString,
    task: Task,
    deadline: Instant,
    reply: SyncSender<Answer>,
}

#[derive(Default)]
struct Queue {
    orders: VecDeque<Order>,
    closed: bool,
}

struct Shared {
    queue: Mutex<Queue>,
    bell: Condvar,
    params: Params,
}

/// The threads. Dropping the pool ends them.
pub struct PasswordPool {
    shared: Arc<Shared>,
    dummy: Arc<KnownHash>,
}

impl PasswordPool {
    /// Starts the threads; no memory is taken yet.
    pub fn new(config: &PasswordConfig) -> Self {
        let params = Params::new(config.memory_kib, config.passes, 1, Some(OUTPUT_BYTES))
            .expect("the configuration checked these bounds");
        let dummy = Arc::new(KnownHash::Argon2(Argon2Hash::dummy(&params)));
        let shared = Arc::new(Shared { queue: Mutex::default(), bell: Condvar::new(), params });
        for number in 0..config.threads {
            let shared = Arc::clone(&shared);
            std::thread::Builder::new()
                .name(format!("password-{number}"))
                .spawn(move || work(&shared))
                .expect("a thread can be started");
        }
        Self { shared, dummy }
    }

    /// The password's hash as a PHC string.
    ///
    /// # Errors
    /// [`ServiceError::Busy`] where the queue is full or the wait too long.
    pub fn hash(&self, password: &SecretString) -> Result<SecretString, ServiceError> {
        match self.order(password, Task::Hash)? {
            Answer::Hash(hash) => Ok(hash),
            Answer::Verdict(_) => {
                Err(ServiceError::Internal("the password threads mixed up two orders".into()))
            }
            Answer::Failed(reason) => Err(ServiceError::Internal(reason)),
        }
    }

    /// Whether `password` has this hash. Without a hash, or with one that cannot be read, the same work is done
    /// for nothing, so that time does not tell unknown users from known ones (ASVS 6.3.8).
    ///
    /// # Errors
    /// [`ServiceError::Busy`] where the queue is full or the wait too long.
    pub fn verify(
        &self,
        password: &SecretString,
        hash: Option<&SecretString>,
    ) -> Result<Verdict, ServiceError> {
        let known = hash.and_then(|hash| KnownHash::read(hash.expose()).ok()).map(Arc::new);
        let task = Task::Verify(Arc::clone(known.as_ref().unwrap_or(&self.dummy)));
        match self.order(password, task)? {
            Answer::Verdict(verdict) if known.is_some() => Ok(verdict),
            Answer::Verdict(_) => Ok(Verdict::Wrong),
            Answer::Hash(_) => Err(ServiceError::Internal("the password threads mixed up two orders".into())),
            Answer::Failed(reason) => Err(ServiceError::Internal(reason)),
        }
    }

    fn order(&self, password: &SecretString, task: Task) -> Result<Answer, ServiceError> {
        let (reply, answer) = sync_channel(1);
        let deadline = Instant::now() + MAX_WAIT;
        {
            let mut queue = lock(&self.shared.queue);
            if queue.orders.len() >= QUEUE_LENGTH {
                return Err(ServiceError::Busy(MAX_WAIT));
            }
            queue.orders.push_back(Order { password: password.clone(), task, deadline, reply });
        }
        self.shared.bell.notify_one();
        // A second more than the threads go by: an order begun just in time still answers.
        answer.recv_timeout(MAX_WAIT + Duration::from_secs(1)).map_err(|_| ServiceError::Busy(MAX_WAIT))
    }
}

impl Drop for PasswordPool {
    fn drop(&mut self) {
        lock(&self.shared.queue).closed = true;
        self.shared.bell.notify_all();
    }
}

fn lock(queue: &Mutex<Queue>) -> MutexGuard<'_, Queue> {
    queue.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

fn work(shared: &Shared) {
    let mut memory = Memory::default();
    loop {
        let order = {
            let mut queue = lock(&shared.queue);
            loop {
                if queue.closed {
                    return;
                }
                if let Some(order) = queue.orders.pop_front() {
                    break order;
                }
                let (woken, wait) = shared
                    .bell
                    .wait_timeout(queue, KEEP_MEMORY)
                    .unwrap_or_else(std::sync::PoisonError::into_inner);
                queue = woken;
                if wait.timed_out() {
                    memory = Memory::default();
                }
            }
        };
        if order.deadline < Instant::now() {
            continue;
        }
        let answer = match &order.task {
            Task::Hash => argon::hash(&shared.params, &order.password, &mut memory).map(Answer::Hash),
            Task::Verify(known) => verify(shared, &order.password, known, &mut memory).map(Answer::Verdict),
        };
        memory.keep_at_most(&shared.params);
        let answer =
            answer.unwrap_or_else(|error| Answer::Failed(format!("hashing a password failed: {error}")));
        // Nobody may be waiting any more; that is their answer.
        let _ = order.reply.send(answer);
    }
}

fn verify(
    shared: &Shared,
    password: &SecretString,
    known: &KnownHash,
    memory: &mut Memory,
) -> Result<Verdict, String> {
    if !known.matches(password, memory)? {
        return Ok(Verdict::Wrong);
    }
    let rehashed = match known {
        KnownHash::Argon2(hash) if hash.is_of(&shared.params) => None,
        _ => Some(argon::hash(&shared.params, password, memory)?),
    };
    Ok(Verdict::Right { rehashed })
}

#[cfg(test)]
mod tests {
    use super::{PasswordPool, Verdict};
    use crate::base::secret::SecretString;
    use crate::config::Config;

    fn secret(text: &str) -> SecretString {
        SecretString::new(text.to_owned())
    }

    #[test]
    fn a_password_verifies_against_its_own_hash_only() {
        let pool = PasswordPool::new(&Config::default().password);
        let hash = pool.hash(&secret("correct horse battery")).unwrap();
        assert!(hash.expose().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", hash.expose());
        let verdict = pool.verify(&secret("correct horse battery"), Some(&hash)).unwrap();
        assert!(matches!(verdict, Verdict::Right { rehashed: None }));
        assert!(matches!(
            pool.verify(&secret("correct horse batterY"), Some(&hash)).unwrap(),
            Verdict::Wrong
        ));
        assert!(matches!(pool.verify(&secret("anything"), None).unwrap(), Verdict::Wrong));
    }

    #[test]
    fn an_old_hash_is_made_anew_at_sign_in() {
        let mut old = Config::default().password;
        (old.memory_kib, old.passes) = (12_288, 3);
        let hash = PasswordPool::new(&old).hash(&secret("correct horse battery")).unwrap();
        let pool = PasswordPool::new(&Config::default().password);
        let Verdict::Right { rehashed: Some(new) } =
            pool.verify(&secret("correct horse battery"), Some(&hash)).unwrap()
        else {
            panic!("the password is right and its hash is old");
        };
        assert!(new.expose().contains("m=19456,t=2"));
    }
}
