//! A small server that webhooks are told at: it notes what it gets, and answers as it was told to.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use stockroom::base::base64;

/// What it does with a message.
#[derive(Debug, Clone)]
pub enum Reply {
    /// Answers with this status and these words.
    Status(u16, String),
    /// Says nothing, and keeps the connection.
    Hang,
    /// Answers with bytes as they are, and keeps the connection.
    Raw(Vec<u8>),
    /// Answers 200 and goes on talking until nobody listens.
    Endless,
}

/// A message that came.
#[derive(Debug, Clone)]
pub struct Got {
    pub head: String,
    pub body: String,
}

impl Got {
    pub fn header(&self, name: &str) -> &str {
        let line = self.head.lines().find(|line| line.to_lowercase().starts_with(&format!("{name}:")));
        line.and_then(|line| line.split_once(':')).map_or("", |(_, value)| value.trim())
    }

    /// True where one of its signatures was made with this secret.
    pub fn is_signed_with(&self, secret: &str) -> bool {
        let key =
            secret.strip_prefix("whsec_").unwrap().trim_end_matches('=').replace('+', "-").replace('/', "_");
        let mut mac = Hmac::<Sha256>::new_from_slice(&base64::decode(&key).unwrap()).unwrap();
        let (id, at) = (self.header("webhook-id"), self.header("webhook-timestamp"));
        mac.update(format!("{id}.{at}.{}", self.body).as_bytes());
        let wanted = format!("v1,{}", base64::encode_standard(&mac.finalize().into_bytes()));
        self.header("webhook-signature").split(' ').any(|one| one == wanted)
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

#[derive(Default)]
struct Inner {
    got: Vec<Got>,
    replies: VecDeque<Reply>,
    /// How much of an endless answer was taken.
    talked: usize,
}

/// The server; it ends with the process.
#[derive(Clone)]
pub struct HookServer {
    pub address: SocketAddr,
    inner: Arc<(Mutex<Inner>, Condvar)>,
}

impl HookServer {
    /// Answers with these, the last again and again.
    pub fn start(replies: &[Reply]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let inner = Inner { replies: replies.iter().cloned().collect(), ..Inner::default() };
        let server = Self {
            address: listener.local_addr().unwrap(),
            inner: Arc::new((Mutex::new(inner), Condvar::new())),
        };
        let own = server.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let own = own.clone();
                std::thread::spawn(move || own.answer(stream.unwrap()));
            }
        });
        server
    }

    pub fn url(&self) -> String {
        format!("http://{}/hooks/stock", self.address)
    }

    /// From now on it answers with these.
    pub fn then(&self, replies: &[Reply]) {
        self.inner.0.lock().unwrap().replies = replies.iter().cloned().collect();
    }

    pub fn count(&self) -> usize {
        self.inner.0.lock().unwrap().got.len()
    }

    /// How much of an endless answer was taken.
    pub fn talked(&self) -> usize {
        self.inner.0.lock().unwrap().talked
    }

    /// The message of this number, counted from 0; waits for it.
    pub async fn wait(&self, number: usize) -> Got {
        let own = self.clone();
        tokio::task::spawn_blocking(move || own.wait_here(number)).await.unwrap()
    }

    fn wait_here(&self, number: usize) -> Got {
        let (lock, bell) = &*self.inner;
        let limit = Duration::from_mins(1);
        let (inner, waited) =
            bell.wait_timeout_while(lock.lock().unwrap(), limit, |inner| inner.got.len() <= number).unwrap();
        assert!(!waited.timed_out(), "only {} messages came", inner.got.len());
        inner.got[number].clone()
    }

    fn answer(&self, mut stream: TcpStream) {
        let mut reader = BufReader::new(stream.try_clone().unwrap());
        let mut head = String::new();
        while reader.read_line(&mut head).is_ok_and(|read| read > 2) {}
        if head.is_empty() {
            return;
        }
        let mut got = Got { head, body: String::new() };
        let length = got.header("content-length").parse().unwrap_or(0);
        let mut body = vec![0; length];
        reader.read_exact(&mut body).unwrap();
        got.body = String::from_utf8(body).unwrap();
        let (lock, bell) = &*self.inner;
        let reply = {
            let mut inner = lock.lock().unwrap();
            inner.got.push(got);
            bell.notify_all();
            if inner.replies.len() > 1 {
                inner.replies.pop_front().unwrap()
            } else {
                inner.replies[0].clone()
            }
        };
        match reply {
            Reply::Status(status, words) => {
                let _ =
                    write!(stream, "HTTP/1.1 {status} X\r\nContent-Length: {}\r\n\r\n{words}", words.len());
            }
            Reply::Hang => {
                let _ = reader.read(&mut [0]);
            }
            Reply::Raw(bytes) => {
                let _ = stream.write_all(&bytes);
                let _ = reader.read(&mut [0]);
            }
            Reply::Endless => {
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n");
                let block = vec![b'x'; 64 << 10];
                while stream.write_all(&block).is_ok() {
                    lock.lock().unwrap().talked += block.len();
                }
            }
        }
    }
}

pub fn ok() -> Reply {
    Reply::Status(200, "fine".to_owned())
}
