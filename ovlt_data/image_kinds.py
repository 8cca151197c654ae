"""Kinds of pictures by their first bytes, and what the bytes alone say: whether a file is whole, how large a WebP is.

Pillow's readers are called by signature, so that no other of its formats can be reached.
"""

import zlib
from collections.abc import Callable
from typing import IO, NamedTuple

import PIL.Image
from PIL.BmpImagePlugin import BmpImageFile
from PIL.GifImagePlugin import GifImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.WebPImagePlugin import WebPImageFile

from ovlt_data.errors import BadImage


class Kind(NamedTuple):
    """How pictures of one format are read and called."""

    open: Callable[[IO[bytes]], PIL.Image.Image]
    suffix: str
    media_type: str
    sendable: bool
    """All servers read it."""
    lossless: bool
    is_whole: Callable[[bytes], bool] = lambda _: False
    """Tells without decoding; False where only a decoder can tell."""


def recognise(data: bytes, *, name: str) -> Kind:
    kind = next((kind for signature, kind in _SIGNATURES.items() if data.startswith(signature)), None)
    if kind is not None:
        return kind
    if not data:
        raise BadImage(f"{name}: empty file")
    if data.startswith(b"version https://git-lfs"):
        raise BadImage(f"{name}: a Git LFS pointer, not the picture; fetch it with `git lfs pull`")
    raise BadImage(f"{name}: not a picture; expected PNG, JPEG, WebP, GIF or BMP")


def webp_size(data: bytes) -> tuple[int, int]:
    """From the header: Pillow's reader makes room for the whole picture before it tells its size."""
    chunk = data[12:16]
    if chunk == b"VP8X":
        return int.from_bytes(data[24:27], "little") + 1, int.from_bytes(data[27:30], "little") + 1
    if chunk == b"VP8L":
        bits = int.from_bytes(data[21:25], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    return int.from_bytes(data[26:28], "little") & 0x3FFF, int.from_bytes(data[28:30], "little") & 0x3FFF


def is_lossless_webp(data: bytes) -> bool:
    return data.startswith(b"RIFF") and b"VP8L" in data  # met by chance, it only makes a PNG of a lossy picture


class _Jpeg(JpegImageFile):
    """A JPEG whose EXIF Pillow leaves alone: it would look there for a resolution, and warn of what it can't read."""

    def _read_dpi_from_exif(self) -> None:
        pass


def _is_whole_png(data: bytes) -> bool:
    """Every chunk has its checksum up to the last one, and none of them is EXIF, which may stand behind the pixels."""
    view, start = memoryview(data), 8
    while start + 12 <= len(data) and data[start + 4 : start + 8] != b"eXIf":
        end = start + 8 + int.from_bytes(data[start : start + 4])
        if zlib.crc32(view[start + 4 : end]) != int.from_bytes(data[end : end + 4]):
            return False
        if end + 4 == len(data):
            return data[start + 4 : start + 8] == b"IEND"
        start = end + 4
    return False


def _is_whole_jpeg(data: bytes) -> bool:
    """Its end marker ends it. Of what may be wrong in between, decoders only warn, Pillow's and those of servers."""
    return data.endswith(b"\xff\xd9")


_SIGNATURES = {
    b"\x89PNG\r\n\x1a\n": Kind(PngImageFile, ".png", "image/png", sendable=True, lossless=True, is_whole=_is_whole_png),
    b"\xff\xd8\xff": Kind(_Jpeg, ".jpg", "image/jpeg", sendable=True, lossless=False, is_whole=_is_whole_jpeg),
    b"RIFF": Kind(WebPImageFile, ".webp", "image/webp", sendable=True, lossless=False),
    b"GIF8": Kind(GifImageFile, ".gif", "image/gif", sendable=False, lossless=True),
    b"BM": Kind(BmpImageFile, ".bmp", "image/bmp", sendable=False, lossless=True),
}
