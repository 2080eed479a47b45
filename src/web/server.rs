//! The loop that accepts connections. hyper by hand, because `axum::serve` has no header timeout and no caps: 600
//! slow clients held it for good.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpSocket, UnixListener};
use tokio::task::JoinSet;
use tower::ServiceExt;

use super::body::{SteadyBody, WorkingBody};
use super::connections::{Connection, Connections, Peerage};
use super::extract::address::Peer;
use crate::base::shutdown::ShutdownSignal;
use crate::config::server::ServerConfig;

/// Connections that wait to be accepted: a flood must not hide a caller from us.
const BACKLOG: u32 = 1_024;
/// Head of a request, in bytes; also the read buffer of a connection.
const MAX_HEAD_BYTES: usize = 64 << 10;
/// Files open besides connections: the store, index files, uploads.
const FILES_BESIDES: u64 = 4_096;

/// Opens the listening socket.
pub fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
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

/// Serves until a stop is asked for, then lets open requests finish for as long as the configuration says.
pub async fn serve(listener: TcpListener, router: Router, config: ServerConfig, mut stop: ShutdownSignal) {
    let connections = Connections::new(config.max_connections, config.max_connections_per_address);
    let config = Arc::new(config);
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
        let is_proxy =
            config.trusted_proxies.iter().any(|network| network.contains(peer.ip().to_canonical()));
        let peerage = if is_proxy { Peerage::Proxy } else { Peerage::Client };
        let Some(connection) = connections.admit(peer.ip(), peerage) else {
            tracing::debug!("A connection was turned away: all are at work");
            continue;
        };
        // Answers are written whole; waiting to fill a packet would only delay them.
        let _ = stream.set_nodelay(true);
        tasks.spawn(serve_connection(
            stream,
            Some(peer),
            router.clone(),
            Some(Arc::new(connection)),
            config.header_timeout,
            stop.clone(),
        ));
    }
    drop(listener);
    drain(tasks, config.drain_timeout).await;
}

/// Serves the private socket.
pub async fn serve_private(
    listener: UnixListener,
    router: Router,
    config: ServerConfig,
    mut stop: ShutdownSignal,
) {
    let mut tasks = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stop.stopped() => break,
        };
        while tasks.try_join_next().is_some() {}
        if let Ok((stream, _)) = accepted {
            tasks.spawn(serve_connection(
                stream,
                None,
                router.clone(),
                None,
                config.header_timeout,
                stop.clone(),
            ));
        } else {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
    drain(tasks, config.drain_timeout).await;
}

async fn drain(mut tasks: JoinSet<()>, limit: Duration) {
    let all = async { while tasks.join_next().await.is_some() {} };
    if tokio::time::timeout(limit, all).await.is_err() {
        tracing::warn!("Some requests did not finish in time and were cut off");
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
    let service = service_fn(move |request: Request<Incoming>| {
        let (router, at_work) = (router.clone(), place.as_ref().map(|place| place.at_work()));
        async move {
            let mut request = request.map(|body| Body::new(SteadyBody::new(body)));
            if let Some(peer) = peer {
                request.extensions_mut().insert(Peer(peer));
            }
            let response = match router.oneshot(request).await {
                Ok(response) => response,
                Err(never) => match never {},
            };
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
