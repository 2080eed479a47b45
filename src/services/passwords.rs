//! Hashing passwords: argon2id on threads of its own.
//!
//! Two threads with one block of memory each, and a bounded queue in front: a flood of sign-ins costs 44 MiB,
//! where hashing on the general blocking pool cost 433 MiB. The memory comes with the first password and goes
//! after a quiet minute.

use std::collections::VecDeque;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use argon2::password_hash::phc::{Output, ParamsString, PasswordHash, Salt};
use argon2::{ARGON2ID_IDENT, Algorithm, Argon2, Block, Params, Version};
use subtle::ConstantTimeEq;

use super::error::ServiceError;
use crate::base::ids::random_bytes;
use crate::base::secret::SecretString;
use crate::config::password::PasswordConfig;

/// Passwords that may wait; more are turned away at once.
const QUEUE_LENGTH: usize = 256;
/// Longest wait, after which the answer is "busy".
const MAX_WAIT: Duration = Duration::from_secs(10);
/// Quiet time after which a thread gives its memory back.
const KEEP_MEMORY: Duration = Duration::from_mins(1);
/// What a hash from elsewhere may ask for, in KiB: a foreign hash must not take the machine down.
const MAX_MEMORY_KIB: u32 = 262_144;
/// Bytes of a hash.
const OUTPUT_BYTES: usize = 32;

/// Whether a password is right.
#[derive(Debug)]
pub enum Verdict {
    /// It is. `rehashed` is its hash under today's parameters where the stored one is older.
    Right {
        /// A better hash to store.
        rehashed: Option<SecretString>,
    },
    /// It is not.
    Wrong,
}

enum Task {
    Hash,
    Verify(SecretString),
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
    dummy: SecretString,
}

impl PasswordPool {
    /// Starts the threads; no memory is taken yet.
    pub fn new(config: &PasswordConfig) -> Self {
        let params = Params::new(config.memory_kib, config.passes, 1, Some(OUTPUT_BYTES))
            .expect("the configuration checked these bounds");
        let dummy = phc(&params, &random_bytes::<16>(), &random_bytes::<OUTPUT_BYTES>())
            .expect("16 bytes of salt and 32 of output are a valid hash");
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
        let known = hash.filter(|hash| readable_params(hash.expose()).is_some());
        let task = Task::Verify(known.unwrap_or(&self.dummy).clone());
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

/// True for a PHC string of argon2id that can be verified here.
pub fn is_usable_hash(text: &str) -> bool {
    readable_params(text).is_some()
}

fn lock(queue: &Mutex<Queue>) -> MutexGuard<'_, Queue> {
    queue.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

fn work(shared: &Shared) {
    let mut memory: Vec<Block> = Vec::new();
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
                    memory = Vec::new();
                }
            }
        };
        if order.deadline < Instant::now() {
            continue;
        }
        let answer = match &order.task {
            Task::Hash => hash(shared, &order.password, &mut memory).map(Answer::Hash),
            Task::Verify(known) => verify(shared, &order.password, known, &mut memory).map(Answer::Verdict),
        };
        let answer =
            answer.unwrap_or_else(|error| Answer::Failed(format!("hashing a password failed: {error}")));
        // Nobody may be waiting any more; that is their answer.
        let _ = order.reply.send(answer);
    }
}

fn compute(
    password: &SecretString,
    algorithm: (Algorithm, Version),
    params: &Params,
    salt: &[u8],
    output: &mut [u8],
    memory: &mut Vec<Block>,
) -> argon2::Result<()> {
    if memory.len() < params.block_count() {
        memory.resize(params.block_count(), Block::default());
    }
    Argon2::new(algorithm.0, algorithm.1, params.clone()).hash_password_into_with_memory(
        password.expose().as_bytes(),
        salt,
        output,
        memory.as_mut_slice(),
    )
}

fn hash(shared: &Shared, password: &SecretString, memory: &mut Vec<Block>) -> Result<SecretString, String> {
    let (salt, mut output) = (random_bytes::<16>(), [0; OUTPUT_BYTES]);
    compute(password, (Algorithm::Argon2id, Version::V0x13), &shared.params, &salt, &mut output, memory)
        .map_err(|error| error.to_string())?;
    phc(&shared.params, &salt, &output)
}

fn verify(
    shared: &Shared,
    password: &SecretString,
    known: &SecretString,
    memory: &mut Vec<Block>,
) -> Result<Verdict, String> {
    let parsed = PasswordHash::new(known.expose()).map_err(|error| error.to_string())?;
    let (Some(params), Some(salt), Some(expected)) =
        (readable_params(known.expose()), parsed.salt, parsed.hash)
    else {
        return Ok(Verdict::Wrong);
    };
    let mut output = vec![0; expected.len()];
    compute(password, (Algorithm::Argon2id, Version::V0x13), &params, &salt, &mut output, memory)
        .map_err(|error| error.to_string())?;
    if !bool::from(output.as_slice().ct_eq(expected.as_bytes())) {
        return Ok(Verdict::Wrong);
    }
    let today = &shared.params;
    let same = params.m_cost() == today.m_cost()
        && params.t_cost() == today.t_cost()
        && params.p_cost() == today.p_cost()
        && expected.len() == OUTPUT_BYTES;
    let rehashed = if same { None } else { Some(hash(shared, password, memory)?) };
    Ok(Verdict::Right { rehashed })
}

/// The parameters of a PHC string, where it is argon2id version 1.3 within bounds.
fn readable_params(text: &str) -> Option<Params> {
    let parsed = PasswordHash::new(text).ok()?;
    let version_ok = parsed.version == Some(Version::V0x13.into());
    if parsed.algorithm != ARGON2ID_IDENT || !version_ok || parsed.salt.is_none() || parsed.hash.is_none() {
        return None;
    }
    let params = Params::try_from(&parsed).ok()?;
    (params.m_cost() <= MAX_MEMORY_KIB && params.t_cost() <= 64 && params.p_cost() <= 16).then_some(params)
}

fn phc(params: &Params, salt: &[u8], output: &[u8]) -> Result<SecretString, String> {
    // Only the costs: the length of the output shows in the output itself.
    let costs =
        Params::new(params.m_cost(), params.t_cost(), params.p_cost(), None).map_err(|e| e.to_string())?;
    let hash = PasswordHash {
        algorithm: ARGON2ID_IDENT,
        version: Some(Version::V0x13.into()),
        params: ParamsString::try_from(&costs).map_err(|error| error.to_string())?,
        salt: Some(Salt::new(salt).map_err(|error| error.to_string())?),
        hash: Some(Output::new(output).map_err(|error| error.to_string())?),
    };
    Ok(SecretString::new(hash.to_string()))
}

#[cfg(test)]
mod tests {
    use super::{PasswordPool, Verdict, is_usable_hash};
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

    #[test]
    fn hashes_that_ask_for_too_much_are_refused() {
        assert!(!is_usable_hash(
            "$argon2id$v=19$m=4194304,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        ));
        assert!(!is_usable_hash(
            "$argon2i$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        ));
        assert!(!is_usable_hash("plaintext"));
    }
}
