//! TLS as SQL Server wants it before TDS 8: agreed upon in the PRELOGIN packets, with the handshake inside of such packets,
//! and bare from then on (MS-TDS 2.2.6.5 and 3.2.5.2). The driver's own way brings a second provider of cryptography, so that it is told
//! that there is no encryption, and speaks through here.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, DuplexStream, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::oneshot;

use crate::base::tls::{ClientConfig, ServerName, TlsConnector};

/// Bytes that lie between the driver and the connection.
const BETWEEN_BYTES: usize = 64 << 10;
/// Bytes in front of each packet.
const HEADER_BYTES: usize = 8;
/// Longest packet before another length is agreed upon.
const PACKET_BYTES: usize = 4_096;
/// Type of a PRELOGIN packet.
const PRELOGIN: u8 = 0x12;
/// The last packet of a message.
const END: u8 = 0x01;
/// Option ENCRYPTION of a PRELOGIN message, and its values.
const ENCRYPTION: u8 = 0x01;
const ON: u8 = 0x01;
const NOT_SUPPORTED: u8 = 0x02;
const REQUIRED: u8 = 0x03;

/// A stream for the driver, and why there is no encryption where there is none.
pub(super) fn start(
    stream: TcpStream,
    tls: Arc<ClientConfig>,
    name: ServerName<'static>,
) -> (DuplexStream, oneshot::Receiver<String>) {
    let (inside, outside) = tokio::io::duplex(BETWEEN_BYTES);
    let (tell, told) = oneshot::channel();
    tokio::spawn(async move {
        if let Err(why) = pass(outside, stream, tls, name).await {
            let _ = tell.send(why);
        }
    });
    (inside, told)
}

async fn pass(
    mut driver: DuplexStream,
    mut server: TcpStream,
    tls: Arc<ClientConfig>,
    name: ServerName<'static>,
) -> Result<(), String> {
    let broken = |error: io::Error| error.to_string();
    let mut hello = read_message(&mut driver).await.map_err(broken)?;
    *encryption_of(&mut hello).ok_or("the driver says nothing of encryption")? = ON;
    server.write_all(&hello).await.map_err(broken)?;
    let mut answer = read_message(&mut server).await.map_err(broken)?;
    let said = encryption_of(&mut answer).ok_or("the server says nothing of encryption")?;
    if !matches!(*said, ON | REQUIRED) {
        return Err("the server offers no encryption".to_owned());
    }
    *said = NOT_SUPPORTED;
    let (unsent, out, header) = (Vec::new(), Vec::new(), Vec::new());
    let wrapped = Wrapped { stream: server, is_over: false, unsent, out, header, left: 0 };
    let mut secure = TlsConnector::from(tls).connect(name, wrapped).await.map_err(broken)?;
    secure.get_mut().0.is_over = true;
    driver.write_all(&answer).await.map_err(broken)?;
    // How it ends is for the driver to find out.
    let _ = tokio::io::copy_bidirectional(&mut driver, &mut secure).await;
    Ok(())
}

/// A message of one packet, with its header.
async fn read_message(from: &mut (impl AsyncRead + Unpin)) -> io::Result<Vec<u8>> {
    let mut packet = vec![0; HEADER_BYTES];
    from.read_exact(&mut packet).await?;
    let bytes = usize::from(u16::from_be_bytes([packet[2], packet[3]]));
    if !(HEADER_BYTES..=PACKET_BYTES).contains(&bytes) || packet[1] & END == 0 {
        return Err(io::Error::other("it does not speak TDS"));
    }
    packet.resize(bytes, 0);
    from.read_exact(&mut packet[HEADER_BYTES..]).await?;
    Ok(packet)
}

/// Where a PRELOGIN message says what it thinks of encryption.
fn encryption_of(message: &mut [u8]) -> Option<&mut u8> {
    let body = message.get_mut(HEADER_BYTES..)?;
    let mut at = 0;
    loop {
        match *body.get(at)? {
            ENCRYPTION => break,
            0xff => return None,
            _ => at += 5,
        }
    }
    let offset = usize::from(u16::from_be_bytes([*body.get(at + 1)?, *body.get(at + 2)?]));
    body.get_mut(offset)
}

/// The connection, with what is sent in packets until the handshake is over.
struct Wrapped {
    stream: TcpStream,
    is_over: bool,
    /// Of the handshake, and in no packet yet.
    unsent: Vec<u8>,
    /// In packets, and not sent yet.
    out: Vec<u8>,
    /// Of the packet that is being read, as far as it is here.
    header: Vec<u8>,
    /// Bytes of that packet that are still to come.
    left: usize,
}

impl Wrapped {
    fn poll_send(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let unsent = std::mem::take(&mut self.unsent);
        let mut packets = unsent.chunks(PACKET_BYTES - HEADER_BYTES).peekable();
        while let Some(packet) = packets.next() {
            let [high, low] = ((packet.len() + HEADER_BYTES) as u16).to_be_bytes();
            let end = if packets.peek().is_none() { END } else { 0 };
            self.out.extend_from_slice(&[PRELOGIN, end, high, low, 0, 0, 0, 0]);
            self.out.extend_from_slice(packet);
        }
        while !self.out.is_empty() {
            let sent = ready!(Pin::new(&mut self.stream).poll_write(cx, &self.out))?;
            if sent == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.out.drain(..sent);
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Wrapped {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if self.is_over {
            ready!(self.poll_send(cx))?;
            return Pin::new(&mut self.stream).poll_write(cx, bytes);
        }
        // Until it is flushed: what belongs together is one message.
        self.unsent.extend_from_slice(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_send(cx))?;
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_send(cx))?;
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

impl AsyncRead for Wrapped {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        ready!(self.poll_send(cx))?;
        if self.is_over {
            return Pin::new(&mut self.stream).poll_read(cx, into);
        }
        while self.left == 0 {
            let mut part = [0; HEADER_BYTES];
            let missing = HEADER_BYTES - self.header.len();
            let mut buffer = ReadBuf::new(&mut part[..missing]);
            ready!(Pin::new(&mut self.stream).poll_read(cx, &mut buffer))?;
            if buffer.filled().is_empty() {
                return Poll::Ready(Ok(()));
            }
            let read = buffer.filled().to_vec();
            self.header.extend(read);
            if self.header.len() == HEADER_BYTES {
                let length = usize::from(u16::from_be_bytes([self.header[2], self.header[3]]));
                self.left = length.saturating_sub(HEADER_BYTES);
                self.header.clear();
            }
        }
        let most = self.left.min(into.remaining());
        let mut part = into.take(most);
        ready!(Pin::new(&mut self.stream).poll_read(cx, &mut part))?;
        let read = part.filled().len();
        // They are in `into`'s own memory already.
        let bytes = part.filled().to_vec();
        into.put_slice(&bytes);
        self.left -= read;
        Poll::Ready(Ok(()))
    }
}
