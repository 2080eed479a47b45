//! The loop that accepts connections. hyper by hand, because `axum::serve` has no header timeout and no caps: 600
//! slow clients held it for good.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::HeaderValue;
use axum::http::header::{CONNECTION, TRANSFER_ENCODING};
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpSocket, TcpStream, UnixListener, UnixStream};
use tokio::task::JoinSet;
use tower::ServiceExt;

use super::body::{SteadyBody, WorkingBody};
use super::connections::{Connection, Connections, Gauge, Peerage};
use super::extract::address::Peer;
use super::gate::{Gate, MAX_HEAD_BYTES, Verdict};
use crate::base::shutdown::ShutdownSignal;
use crate::base::tls_server::{TlsAcceptor, TlsStream};
use crate::config::server::ServerConfig;

/// Connections that wait to be accepted: a flood must not hide a caller from us.
const BACKLOG: u32 = 1_024;
/// Files open besides connections: the store, index files, uploads.
const FILES_BESIDES: u64 = 4_096;

/// Opens the listening socket.
pub fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// A socket on which somebody else listens for us.
pub fn taken_over(socket: std::net::TcpListener) -> io::Result<TcpListener> {
    socket.set_nonblocking(true)?;
    TcpListener::from_std(socket)
}

/// Lets the process open as many files as the connection cap needs, as far as the system allows.
pub fn raise_file_limit(config: &ServerConfig) {
    let wanted = config.max_connections as u64 + FILES_BESIDES;
    match rlimit::increase_nofile_limit(wanted) {
        Ok(limit) if limit < wanted => {
            tracing::warn!(limit, wanted, "The system allows {limit} open files, {wanted} are wanted");
        }
        Ok(_) => {}
        Err(error) => tracing::warn!("The limit of open files cannot be raised: {error}"),
    }
}

/// Where connections come from: the network or the private socket.
pub trait Listen: Send {
    /// A connection.
    type Stream: AsyncRead + AsyncWrite + Unpin + Send + 'static;

    /// The next connection and, over the network, who it is with.
    fn accept(&self) -> impl Future<Output = io::Result<(Self::Stream, Option<SocketAddr>)>> + Send;

    /// The first byte that comes, which stays where it is.
    fn first_byte(stream: &Self::Stream) -> impl Future<Output = io::Result<u8>> + Send;
}

/// What connections are answered with.
#[derive(Clone)]
pub struct Front {
    /// The site.
    pub router: Router,
    /// TLS, and what those get who speak plain HTTP all the same; `None` where nothing else is spoken.
    pub tls: Option<(TlsAcceptor, Router)>,
    /// Counts its connections.
    pub gauge: Gauge,
}

impl Front {
    /// Plain HTTP, or the private socket.
    pub fn plain(router: Router) -> Self {
        Self { router, tls: None, gauge: Gauge::default() }
    }

    /// The same, counting its connections there.
    #[must_use]
    pub fn counted(self, gauge: &Gauge) -> Self {
        Self { gauge: gauge.clone(), ..self }
    }
}

impl Listen for TcpListener {
    type Stream = TcpStream;

    async fn accept(&self) -> io::Result<(TcpStream, Option<SocketAddr>)> {
        let (stream, peer) = self.accept().await?;
        // Answers are written whole; waiting to fill a packet would only delay them.
        let _ = stream.set_nodelay(true);
        Ok((stream, Some(peer)))
    }

    async fn first_byte(stream: &TcpStream) -> io::Result<u8> {
        let mut byte = [0];
        match stream.peek(&mut byte).await? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(byte[0]),
        }
    }
}

impl Listen for UnixListener {
    type Stream = UnixStream;

    async fn accept(&self) -> io::Result<(UnixStream, Option<SocketAddr>)> {
        Ok((self.accept().await?.0, None))
    }

    async fn first_byte(_stream: &UnixStream) -> io::Result<u8> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

/// Serves until a stop is asked for, then lets open requests finish for as long as the configuration says.
pub async fn serve<L: Listen>(listener: L, front: Front, config: ServerConfig, mut stop: ShutdownSignal) {
    let connections = Connections::new(config.max_connections, config.max_connections_per_address);
    let mut tasks = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stop.stopped() => break,
        };
        while tasks.try_join_next().is_some() {}
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                // Out of files, most likely: closing connections will help, spinning will not.
                tracing::warn!("Accepting a connection failed: {error}");
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        // The private socket has no caps: whoever may open it is the site's own user.
        let place = match peer {
            None => None,
            Some(peer) => match connections.admit(peer.ip(), peerage(peer, &config)) {
                Some(place) => Some(Arc::new(place)),
                None => {
                    tracing::debug!("A connection was turned away: all are at work");
                    continue;
                }
            },
        };
        let (front, stop, limit) = (front.clone(), stop.clone(), config.header_timeout);
        let counted = front.gauge.enter();
        tasks.spawn(async move {
            let _counted = counted;
            let Front { router, tls, .. } = front;
            let Some((acceptor, plain)) = tls else {
                return serve_connection(stream, peer, router, place, limit, stop).await;
            };
            match open::<L>(stream, acceptor, place.as_deref(), limit, stop.clone()).await {
                Some(Opened::Tls(stream)) => {
                    serve_connection(*stream, peer, router, place, limit, stop).await;
                }
                Some(Opened::Plain(stream)) => {
                    serve_connection(stream, peer, plain, place, limit, stop).await;
                }
                None => {}
            }
        });
    }
    drop(listener);
    drain(tasks, config.drain_timeout).await;
}

fn peerage(peer: SocketAddr, config: &ServerConfig) -> Peerage {
    let address = peer.ip().to_canonical();
    let is_proxy = config.trusted_proxies.iter().any(|network| network.contains(address));
    if is_proxy { Peerage::Proxy } else { Peerage::Client }
}

async fn drain(mut tasks: JoinSet<()>, limit: Duration) {
    let all = async { while tasks.join_next().await.is_some() {} };
    if tokio::time::timeout(limit, all).await.is_err() {
        tracing::warn!("Some requests did not finish in time and were cut off");
    }
}

/// A connection of which it is known what it speaks.
enum Opened<S> {
    Tls(Box<TlsStream<S>>),
    Plain(S),
}

/// First byte of a TLS record with a handshake (RFC 8446 §5.1), which no method of HTTP begins with.
const HANDSHAKE: u8 = 0x16;

/// Finds out what a connection speaks and shakes hands, in the time that a request's head has: who sends nothing, or a
/// byte a second, holds a place no longer than without TLS, and goes first when it gets crowded.
async fn open<L: Listen>(
    stream: L::Stream,
    acceptor: TlsAcceptor,
    connection: Option<&Connection>,
    limit: Duration,
    mut stop: ShutdownSignal,
) -> Option<Opened<L::Stream>> {
    let opening = async {
        if L::first_byte(&stream).await? == HANDSHAKE {
            acceptor.accept(stream).await.map(|stream| Opened::Tls(Box::new(stream)))
        } else {
            Ok(Opened::Plain(stream))
        }
    };
    let asked_to_close = async {
        match connection {
            Some(connection) => connection.asked_to_close().await,
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        opened = tokio::time::timeout(limit, opening) => match opened {
            Ok(Ok(opened)) => Some(opened),
            Ok(Err(error)) => {
                tracing::debug!("A connection ended before it was encrypted: {error}");
                None
            }
            Err(_) => None,
        },
        () = asked_to_close => None,
        () = stop.stopped() => None,
    }
}

async fn serve_connection<S>(
    stream: S,
    peer: Option<SocketAddr>,
    router: Router,
    connection: Option<Arc<Connection>>,
    header_timeout: Duration,
    mut stop: ShutdownSignal,
) where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let place = connection.clone();
    let verdict = Verdict::default();
    let stream = Gate::new(stream, verdict.clone());
    let requests = AtomicU64::new(0);
    let service = service_fn(move |request: Request<Incoming>| {
        let refusal = verdict.of(requests.fetch_add(1, Ordering::Relaxed) + 1);
        let is_chunked = request.headers().contains_key(TRANSFER_ENCODING);
        let (router, at_work) = (router.clone(), place.as_ref().map(|place| place.at_work()));
        async move {
            let mut request = request.map(|body| Body::new(SteadyBody::new(body)));
            if let Some(peer) = peer {
                request.extensions_mut().insert(Peer(peer));
            }
            if let Some(refusal) = refusal {
                request.extensions_mut().insert(refusal);
            }
            let mut response = match router.oneshot(request).await {
                Ok(response) => response,
                Err(never) => match never {},
            };
            if is_chunked {
                // The gate does not look for the end of such a body.
                response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
            }
            Ok::<_, Infallible>(match at_work {
                Some(at_work) => response.map(|body| Body::new(WorkingBody::new(body, at_work))),
                None => response,
            })
        }
    });
    let serving = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(header_timeout)
        .max_buf_size(MAX_HEAD_BYTES)
        .serve_connection(TokioIo::new(stream), service);
    tokio::pin!(serving);
    let asked_to_close = async {
        match &connection {
            Some(connection) => connection.asked_to_close().await,
            None => std::future::pending().await,
        }
    };
    let finished = tokio::select! {
        result = serving.as_mut() => Some(result),
        () = asked_to_close => None,
        () = stop.stopped() => None,
    };
    let result = if let Some(result) = finished {
        result
    } else {
        serving.as_mut().graceful_shutdown();
        serving.await
    };
    if let Err(error) = result {
        tracing::trace!("A connection ended early: {error}");
    }
}
