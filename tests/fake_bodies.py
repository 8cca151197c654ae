"""How the fake endpoint sends a body badly, or well but oddly: lengths, encodings, bytes, and how fast they come.

Written to the socket by hand, so that headers may say what is not so; then the connection ends.
"""

import asyncio
import gzip
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from aiohttp import web
from fake_words import complete

TOO_LARGE = 72 * 2**20
"""Bytes; more than the engine takes in."""


async def send(request: web.Request, pieces: Iterable[bytes], *headers: str, pause: float = 0.0) -> web.Response:
    transport = request.transport
    assert transport is not None
    head = ["HTTP/1.1 200 OK", "Content-Type: application/json", "Connection: close", *headers, "", ""]
    transport.write("\r\n".join(head).encode())
    for piece in pieces:
        if transport.is_closing():
            break
        transport.write(piece)
        await asyncio.sleep(pause)
    transport.close()
    return web.Response()


def encode(body: Mapping[str, Any]) -> bytes:
    return json.dumps(complete(body)).encode()


async def empty(request: web.Request, body: Mapping[str, Any]) -> web.Response:
    return await send(request, [], "Content-Length: 0")


async def length_too_long(request: web.Request, body: Mapping[str, Any]) -> web.Response:
    """More is announced than comes."""
    whole = encode(body)
    return await send(request, [whole], f"Content-Length: {len(whole) + 100}")


async def length_too_short(request: web.Request, body: Mapping[str, Any]) -> web.Response:
    whole = encode(body)
    return await send(request, [whole], f"Content-Length: {len(whole) - 40}")


async def no_length(request: web.Request, body: Mapping[str, Any]) -> web.Response:
    """As HTTP/1.0: the body is over when the connection is."""
    return await send(request, [encode(body)])


async def drip(request: web.Request, body: Mapping[str, Any]) -> web.Response:
    """A byte now and then, never silent for long and never done."""
    return await send(request, (b" " for _ in range(3000)), "Content-Length: 3000", pause=0.01)


async def chunked(request: web.Request, body: Mapping[str, Any]) -> web.Response:
    return await send(request, _chunks(encode(body)), "Transfer-Encoding: chunked")


async def chunks_cut(request: web.Request, body: Mapping[str, Any]) -> web.Response:
    """The last chunk, which says that it was the last, never comes."""
    return await send(request, list(_chunks(encode(body)))[:-1], "Transfer-Encoding: chunked")


async def gzipped(request: web.Request, body: Mapping[str, Any]) -> web.Response:
    packed = gzip.compress(encode(body))
    return await send(request, [packed], "Content-Encoding: gzip", f"Content-Length: {len(packed)}")


async def gzip_broken(request: web.Request, body: Mapping[str, Any]) -> web.Response:
    packed = bytearray(gzip.compress(encode(body)))
    packed[20:60] = b"?" * 40
    return await send(request, [bytes(packed)], "Content-Encoding: gzip", f"Content-Length: {len(packed)}")


async def gzip_cut(request: web.Request, body: Mapping[str, Any]) -> web.Response:
    packed = gzip.compress(encode(body))[:-30]
    return await send(request, [packed], "Content-Encoding: gzip", f"Content-Length: {len(packed)}")


async def invalid_utf8(request: web.Request, body: Mapping[str, Any]) -> web.Response:
    whole = encode(body).replace(b"Adding", b"Add\xff\xfeing")
    return await send(request, [whole], f"Content-Length: {len(whole)}")


async def large(request: web.Request, body: Mapping[str, Any]) -> web.Response:
    """50 MB that are a completion all the same."""
    whole = b" " * 50 * 2**20 + encode(body)
    return await send(request, [whole], f"Content-Length: {len(whole)}")


async def too_large(request: web.Request, body: Mapping[str, Any]) -> web.Response:
    return await send(request, (b" " * 2**20 for _ in range(TOO_LARGE // 2**20)))


async def bomb(request: web.Request, body: Mapping[str, Any]) -> web.Response:
    """Little on the wire, too much once it is unpacked."""
    packed = gzip.compress(b" " * TOO_LARGE, compresslevel=1)
    return await send(request, [packed], "Content-Encoding: gzip", f"Content-Length: {len(packed)}")


def _chunks(whole: bytes) -> Iterator[bytes]:
    for at in range(0, len(whole), 100):
        piece = whole[at : at + 100]
        yield f"{len(piece):x}\r\n".encode() + piece + b"\r\n"
    yield b"0\r\n\r\n"
