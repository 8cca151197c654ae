"""The transport on real sockets."""

import asyncio
import shutil
import socket
import ssl
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from ovlt_data.engine import transport
from ovlt_data.engine.transport import AiohttpTransport, Answer, TimedOut, Unreachable
from ovlt_data.errors import EndpointStop

RAW: Mapping[str, bytes] = {
    "redirect": b"HTTP/1.1 307 Temporary Redirect\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n",
    "silence": b"",
}


async def ask(url: str, *, seconds: float = 5.0) -> Answer:
    client = AiohttpTransport(connect_timeout=2.0)
    try:
        return await client.post(url, b"{}", {}, seconds=seconds)
    finally:
        await client.close()


async def ask_raw(reply: bytes, *, scheme: str = "http", seconds: float = 5.0) -> tuple[Answer, int]:
    """What comes of a server that says `reply` to everybody, and how many connections it had."""
    served: list[asyncio.Task[None]] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(reply)
        while await reader.read(1000):
            pass
        writer.close()
        await asyncio.gather(writer.wait_closed(), return_exceptions=True)

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        served.append(asyncio.create_task(serve(reader, writer)))

    async with await asyncio.start_server(accept, "127.0.0.1", 0) as server:
        url = f"{scheme}://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1/chat/completions"
        try:
            return await ask(url, seconds=seconds), len(served)
        finally:
            await asyncio.gather(*served, return_exceptions=True)


async def test_redirect_is_an_answer_and_is_not_followed() -> None:
    answer, connections = await ask_raw(RAW["redirect"])
    assert (answer.status, answer.headers["Location"], connections) == (307, "/elsewhere", 1)


async def test_server_that_speaks_no_tls_stops_the_run() -> None:
    with pytest.raises(EndpointStop, match="no trusted TLS connection"):
        await ask_raw(RAW["redirect"], scheme="https")


def sign_for_itself(folder: Path) -> ssl.SSLContext:
    """A server's side of TLS under a certificate that nobody vouches for."""
    if shutil.which("openssl") is None:
        pytest.skip("NOT TESTED: a bad certificate (needs openssl)")
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=localhost"]
    subprocess.run([*command, "-keyout", str(key), "-out", str(certificate)], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context


async def test_certificate_that_nobody_vouches_for_stops_the_run(tmp_path: Path) -> None:
    def ignore(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None: ...

    server = await asyncio.start_server(ignore, "127.0.0.1", 0, ssl=sign_for_itself(tmp_path))
    async with server:
        with pytest.raises(EndpointStop, match=r"self-signed certificate.*check the URL and its certificate"):
            await ask(f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1")


async def test_silence_is_over_when_the_time_is_up() -> None:
    with pytest.raises(TimedOut, match=r"no answer within 0\.05 s"):
        await ask_raw(RAW["silence"], seconds=0.05)


async def test_port_where_nobody_listens_is_unreachable() -> None:
    with pytest.raises(Unreachable):
        await ask("http://127.0.0.1:9/v1")


async def test_connections_notice_a_peer_that_vanished() -> None:
    address = (socket.AF_INET, socket.SOCK_STREAM, 0, "", ("127.0.0.1", 9))
    with transport._keepalive_socket(address) as connection:
        assert connection.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == transport.KEEPALIVE_IDLE
