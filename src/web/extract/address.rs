//! Where a request comes from.

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::request::Parts;

use crate::config::server::Network;
use crate::web::state::AppState;

/// The peer of the connection; put into each request by the server.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub SocketAddr);

/// The client's address: the peer, or what a listed proxy says about it (ASVS 4.1.3). `None` over the private
/// socket.
#[derive(Debug, Clone, Copy)]
pub struct ClientAddress(pub Option<IpAddr>);

impl FromRequestParts<AppState> for ClientAddress {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Self::Rejection> {
        let peer = parts.extensions.get::<Peer>().map(|peer| peer.0.ip());
        Ok(Self(peer.map(|peer| client_of(peer, &parts.headers, &state.config().server.trusted_proxies))))
    }
}

/// Walks `X-Forwarded-For` from the right as long as the one who added an entry is a listed proxy. What a client
/// wrote itself stands further left and is never reached.
fn client_of(peer: IpAddr, headers: &HeaderMap, proxies: &[Network]) -> IpAddr {
    let is_proxy = |address: IpAddr| proxies.iter().any(|network| network.contains(address));
    let mut client = peer.to_canonical();
    if !is_proxy(client) {
        return client;
    }
    let forwarded: Vec<&str> = headers
        .get_all("x-forwarded-for")
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .collect();
    for entry in forwarded.iter().rev() {
        match entry.parse::<IpAddr>() {
            Ok(address) => client = address.to_canonical(),
            Err(_) => return client,
        }
        if !is_proxy(client) {
            return client;
        }
    }
    client
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderMap;

    use super::client_of;
    use crate::config::server::Network;

    #[test]
    fn forwarded_addresses_count_only_from_listed_proxies() {
        let mut headers = HeaderMap::new();
        headers.insert("x-forwarded-for", "6.6.6.6, 7.7.7.7, 10.0.0.2".parse().unwrap());
        let proxies = [Network::parse("10.0.0.0/8").unwrap()];
        let client =
            |peer: &str, proxies: &[Network]| client_of(peer.parse().unwrap(), &headers, proxies).to_string();
        assert_eq!(client("10.0.0.1", &proxies), "7.7.7.7");
        assert_eq!(client("9.9.9.9", &proxies), "9.9.9.9");
        assert_eq!(client("10.0.0.1", &[]), "10.0.0.1");
    }
}
