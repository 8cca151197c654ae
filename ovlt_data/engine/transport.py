"""The one seam for HTTP: a request's bytes go out, a status and a body come back, at once or piece by piece.

What went wrong on the way is told apart by what it means, not by whose exception it was: nobody listens
(Unreachable), the connection ended before the reply was whole (Broken), the time was up (TimedOut).
"""

import socket
import ssl
import sys
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from typing import Any, Protocol

import aiohttp
from msgspec import Struct

from ovlt_data.errors import EndpointStop

KEEPALIVE_IDLE, KEEPALIVE_INTERVAL, KEEPALIVE_PROBES = 60, 15, 4
"""Seconds, seconds, count: a peer that vanished is noticed after two minutes, however long a generation may take."""
LARGEST = 64 * 2**20
"""Bytes of a body, unpacked: far more than a completion, and little enough to hold."""


class Answer(Struct, frozen=True):
    """What came back, whatever its status."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class TransportFault(Exception):
    """No answer came."""


class Unreachable(TransportFault):
    """Nobody listens there: nothing was sent."""


class Broken(TransportFault):
    """The connection ended before the answer was whole; the server may or may not have worked on it."""


class TimedOut(TransportFault):
    """The time allowed went by: for one request, or without a byte of a stream."""


class TooLarge(TransportFault):
    """The body goes on beyond what any completion needs."""


Feed = Callable[[bytes], bool]
"""Takes what came of a stream; returns whether it was enough."""
EVENTS = "text/event-stream"


class Transport(Protocol):
    """Whatever can post a chat completion."""

    async def post(self, url: str, body: bytes, headers: Mapping[str, str], *, seconds: float) -> Answer:
        """Post one request and read the whole answer; `seconds` for all of it. Raises a TransportFault."""
        ...

    async def post_stream(
        self, url: str, body: bytes, headers: Mapping[str, str], *, idle: float, feed: Feed
    ) -> Answer:
        """Post one request and hand on its events as they come, until they end or are enough.

        `idle` is the most seconds without a byte. The answer has no body then; one that is no stream of events has
        its body, as from `post`. Raises a TransportFault.
        """
        ...

    async def close(self) -> None:
        """Give connections back."""
        ...


class AiohttpTransport:
    """Keep-alive connections, without a limit of their own: what may be in flight is the endpoint's business."""

    def __init__(self, *, connect_timeout: float) -> None:
        self._connect_timeout = connect_timeout
        self._session: aiohttp.ClientSession | None = None

    async def post(self, url: str, body: bytes, headers: Mapping[str, str], *, seconds: float) -> Answer:
        limit = aiohttp.ClientTimeout(total=seconds, connect=self._connect_timeout)
        with _faults(url, silence=f"no answer within {seconds:g} s"):
            async with self._open().post(
                url, data=body, headers=headers, timeout=limit, allow_redirects=False
            ) as answer:
                return Answer(status=answer.status, headers=answer.headers, body=await _read(answer))

    async def post_stream(
        self, url: str, body: bytes, headers: Mapping[str, str], *, idle: float, feed: Feed
    ) -> Answer:
        limit = aiohttp.ClientTimeout(total=None, connect=self._connect_timeout, sock_read=idle)
        with _faults(url, silence=f"no byte for {idle:g} s"):
            async with self._open().post(
                url, data=body, headers=headers, timeout=limit, allow_redirects=False
            ) as answer:
                if answer.status != 200 or answer.content_type != EVENTS:
                    return Answer(status=answer.status, headers=answer.headers, body=await _read(answer))
                async for data in answer.content.iter_any():
                    if feed(data):
                        answer.close()  # a server goes on generating for whoever still listens
                        break
                return Answer(status=200, headers=answer.headers, body=b"")

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=60, socket_factory=_keepalive_socket)
            self._session = aiohttp.ClientSession(connector=connector, auto_decompress=True)
        return self._session


async def _read(answer: aiohttp.ClientResponse) -> bytes:
    """The whole body; raises TooLarge as soon as it is."""
    pieces: list[bytes] = []
    size = 0
    async for piece in answer.content.iter_any():
        size += len(piece)
        if size > LARGEST:
            answer.close()
            raise TooLarge(f"a reply of more than {LARGEST // 2**20} MB")
        pieces.append(piece)
    return b"".join(pieces)


@contextmanager
def _faults(url: str, *, silence: str) -> Generator[None]:
    """aiohttp's errors by what they mean."""
    try:
        yield
    except (aiohttp.ClientConnectorCertificateError, aiohttp.ClientConnectorSSLError, ssl.SSLError) as error:
        raise EndpointStop(f"{url}: no trusted TLS connection ({error}); check the URL and its certificate") from error
    except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
        raise Unreachable(str(error)) from error
    except TimeoutError as error:
        raise TimedOut(silence) from error
    except aiohttp.InvalidURL as error:
        raise EndpointStop(f"{url}: not a URL that can be asked") from error
    except (aiohttp.ClientError, OSError) as error:
        raise Broken(f"{type(error).__name__}: {error}") from error


def _keepalive_socket(address: tuple[Any, ...]) -> socket.socket:
    family, kind, protocol = address[:3]
    connection = socket.socket(family=family, type=kind, proto=protocol)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if sys.platform == "linux":
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, KEEPALIVE_IDLE)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, KEEPALIVE_INTERVAL)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, KEEPALIVE_PROBES)
    return connection
