"""Pictures: found inside their dataset's folder, kept byte for byte, made ready to be sent.

What is sent is the source's bytes, unless the picture is over the model's cap (or under its floor), turned by EXIF, not
8-bit RGB or grey, or no PNG, JPEG or WebP. Then it is encoded anew, always to the same bytes: a PNG if the source was
lossless, else a JPEG.

Pixels are decoded only where they change. Of a picture that passes as it is the checksums or the end marker tell
that it is whole; where these do not, it is decoded to find out. What only a decoder would find beyond that, the server
says, and that is a failure of the row, too.

A dataset is a stranger's. Its names may not lead out of its folder; how large a picture is, its header says before
anything is decoded.
"""

import base64
import hashlib
import math
import struct
import tempfile
import warnings
from functools import lru_cache
from io import BytesIO
from pathlib import Path, PureWindowsPath

import PIL.Image
from msgspec import Struct
from PIL.Image import Resampling, Transpose
from PIL.PngImagePlugin import PngImageFile
from PIL.WebPImagePlugin import WebPImageFile

from ovlt_data.errors import BadImage, EnvironmentStop
from ovlt_data.image_kinds import Kind, is_lossless_webp, recognise, webp_size
from ovlt_data.types import Image

RULES = 1
"""Version of what `prepare` does to a picture: part of the store's key."""
MAX_PIXELS = 2**26
"""Larger pictures (8192 x 8192, 200 MB decoded) are taken for decompression bombs."""

# What Pillow warns of (odd metadata, sizes over its own limit) is for us either nothing or an error with a name.
warnings.filterwarnings("ignore", module=r"PIL\.")


class Prepared(Struct, frozen=True):
    """A picture as a model gets it."""

    media_type: str
    data: bytes
    width: int
    height: int


def inside(folder: Path, name: str) -> Path:
    """The file that a dataset calls `name`; its folder is all that a dataset may reach."""
    if fault := _fault_of_name(name):
        raise BadImage(f"{name!r}: {fault}; expected the path of a file inside {folder}")
    try:
        root, path = folder.resolve(), (folder / name).resolve()
        found = path.is_relative_to(root) and path.is_file()
    except (OSError, RuntimeError, ValueError) as error:  # too long, links in a circle, a NUL in the name
        raise BadImage(f"{name!r}: no file can have this name in {folder}: {error}") from error
    if not path.is_relative_to(root):
        raise BadImage(f"{name!r}: a link that leads out of {folder}; put the file itself there")
    if not found:
        raise BadImage(f"{path}: no such file")
    return path


def refer(path: Path) -> Image:
    """The picture in a file, by reference."""
    try:
        return Image(str(path), _hash_file(path))
    except OSError as error:
        raise BadImage(f"{path}: can't be read: {error.strerror}") from error


def save(data: bytes, folder: Path, *, name: str = "picture") -> Image:
    """Keep a picture that came as bytes; the same bytes are kept once. `name` is for the error's text."""
    suffix = recognise(data, name=name).suffix
    digest = hashlib.sha256(data).hexdigest()
    path = folder.absolute() / f"{digest}{suffix}"
    try:
        if not path.exists():
            _write_whole(path, data)
    except OSError as error:
        raise EnvironmentStop(f"{path}: can't be written: {error.strerror}") from error
    return Image(str(path), digest)


def load(image: Image) -> bytes:
    """The bytes that the problem was made with."""
    path = Path(image.path)
    try:
        data, digest = path.read_bytes(), _hash_file(path)
    except OSError as error:
        raise BadImage(f"{path}: can't be read: {error.strerror}") from error
    if digest != image.sha256:
        raise BadImage(f"{image.path}: changed since the problem was read; bring the old file back, or start a new run")
    return data


def prepare(data: bytes, *, name: str, max_pixels: int | None = None, min_pixels: int | None = None) -> Prepared:
    """The picture as it is sent under these limits; `name` is for the error's text."""
    kind = recognise(data, name=name)
    picture = _open(data, kind, name=name)
    fitted = _fit(picture.size, max_pixels=max_pixels, min_pixels=min_pixels)
    if fitted != picture.size or not kind.is_whole(data):
        _load(picture, data, name=name)
    turn = _TURNS.get(_read_orientation(picture.info.get("exif", b"")))
    if kind.sendable and turn is None and fitted == picture.size and _is_plain(picture, data, kind):
        return Prepared(kind.media_type, data, *fitted)
    plain = _make_plain(_load(picture, data, name=name))
    if fitted != plain.size:
        plain = plain.resize(fitted, Resampling.LANCZOS)
    if turn is not None:
        plain = plain.transpose(turn)
    return _encode(plain, lossless=kind.lossless or is_lossless_webp(data))


def measure(image: Image) -> tuple[int, int]:
    """Width and height of the picture in the file, from its header alone."""
    path = Path(image.path)
    try:
        with path.open("rb") as file:
            head = file.read(32)
            file.seek(0)
            kind = recognise(head, name=image.path)
            return webp_size(head) if kind.open is WebPImageFile else kind.open(file).size
    except BadImage:
        raise
    except Exception as error:  # damaged files make Pillow's readers raise nearly anything
        raise BadImage(f"{path}: can't be read: {error}") from error


def decode(data: bytes, *, name: str) -> PIL.Image.Image:
    """The pixels as a person sees them: upright, in 8-bit RGB or grey, on white where they are transparent."""
    picture = _load(_open(data, recognise(data, name=name), name=name), data, name=name)
    turn = _TURNS.get(_read_orientation(picture.info.get("exif", b"")))
    plain = _make_plain(picture)
    return plain if turn is None else plain.transpose(turn)


def data_url(prepared: Prepared) -> str:
    return f"data:{prepared.media_type};base64,{base64.b64encode(prepared.data).decode()}"


_TURNS = {
    2: Transpose.FLIP_LEFT_RIGHT,
    3: Transpose.ROTATE_180,
    4: Transpose.FLIP_TOP_BOTTOM,
    5: Transpose.TRANSPOSE,
    6: Transpose.ROTATE_270,
    7: Transpose.TRANSVERSE,
    8: Transpose.ROTATE_90,
}
"""What brings a picture upright, by its EXIF orientation."""


def _fault_of_name(name: str) -> str | None:
    path = PureWindowsPath(name)  # reads both kinds of slash, on every system
    if not name.strip():
        return "an empty name"
    if "://" in name or name.startswith(("file:", "data:")):
        return "a URL"
    if path.anchor:
        return "an absolute path"
    return "a path that leads upwards" if ".." in path.parts else None


def _hash_file(path: Path) -> str:
    """SHA-256 of a file, computed anew only after the file has changed: pictures are referred to, soon after loaded."""
    is_now = path.stat()
    return _hash_version(path, is_now.st_ino, is_now.st_size, is_now.st_mtime_ns)


@lru_cache(maxsize=4096)
def _hash_version(path: Path, *_: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _write_whole(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".unfinished", delete=False) as file:
        file.write(data)
    Path(file.name).replace(path)


def _open(data: bytes, kind: Kind, *, name: str) -> PIL.Image.Image:
    """The picture as its header tells of it."""
    try:
        _refuse_bomb(webp_size(data) if kind.open is WebPImageFile else (0, 0), name)
        picture = kind.open(BytesIO(data))
    except BadImage:
        raise
    except Exception as error:  # damaged files make Pillow's readers raise nearly anything
        raise _damaged(data, error, name=name) from error
    _refuse_bomb(picture.size, name)
    return picture


def _load(picture: PIL.Image.Image, data: bytes, *, name: str) -> PIL.Image.Image:
    """The same with its pixels, decoded once."""
    try:
        picture.load()
    except Exception as error:  # as above
        raise _damaged(data, error, name=name) from error
    return picture


def _damaged(data: bytes, error: Exception, *, name: str) -> BadImage:
    return BadImage(f"{name}: damaged picture ({len(data)} bytes): {error}")


def _refuse_bomb(size: tuple[int, int], name: str) -> None:
    width, height = size
    if width * height > MAX_PIXELS:
        raise BadImage(f"{name}: a picture of {width} x {height} pixels; expected at most {MAX_PIXELS} pixels")


def _read_orientation(exif: bytes) -> int:
    """The orientation that an EXIF block states; 1, which is upright, where it can't be read."""
    tiff = exif.removeprefix(b"Exif\0\0")
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2])
    if order is None:
        return 1
    try:
        (start,) = struct.unpack_from(f"{order}I", tiff, 4)
        (count,) = struct.unpack_from(f"{order}H", tiff, start)
        tags = (struct.unpack_from(f"{order}HHIH", tiff, start + 2 + 12 * index) for index in range(count))
        return next((value for tag, _, _, value in tags if tag == 0x0112), 1)
    except struct.error:
        return 1


def _is_plain(picture: PIL.Image.Image, data: bytes, kind: Kind) -> bool:
    is_deep = kind.open is PngImageFile and data[24] > 8  # Pillow gives 16-bit colours as 8-bit ones and says nothing
    return picture.mode in ("RGB", "L") and not picture.has_transparency_data and not is_deep


def _make_plain(picture: PIL.Image.Image) -> PIL.Image.Image:
    """The pixels in 8-bit RGB or grey, on white where they are transparent, without metadata."""
    if picture.mode.startswith("I"):  # 16-bit grey: its upper byte
        plain = picture.point(lambda value: value / 256).convert("L")
    elif picture.has_transparency_data:
        plain = PIL.Image.new("RGBA", picture.size, "white")
        plain.alpha_composite(picture.convert("RGBA"))
        plain = plain.convert("RGB")
    elif picture.mode in ("RGB", "L"):
        plain = picture
    else:
        plain = picture.convert("L" if picture.mode == "1" else "RGB")
    plain.info.clear()
    return plain


def _fit(size: tuple[int, int], *, max_pixels: int | None, min_pixels: int | None) -> tuple[int, int]:
    """The nearest size of this shape within the limits; the cap wins where a line of pixels can't meet both."""
    width, height = size
    pixels = width * height
    if max_pixels is not None and pixels > max_pixels:
        scale = math.sqrt(max_pixels / pixels)
        width, height = max(1, int(width * scale)), max(1, int(height * scale))
        width = min(width, max_pixels)
        return width, min(height, max_pixels // width)
    if min_pixels is None or pixels >= min_pixels:
        return size
    scale = math.sqrt(min_pixels / pixels)
    enlarged = math.ceil(width * scale), math.ceil(height * scale)
    return _fit(enlarged, max_pixels=max_pixels, min_pixels=None)


def _encode(picture: PIL.Image.Image, *, lossless: bool) -> Prepared:
    file = BytesIO()
    if lossless:
        picture.save(file, "PNG")
        return Prepared("image/png", file.getvalue(), *picture.size)
    picture.save(file, "JPEG", quality=95, subsampling=0)  # full colour resolution: charts have thin coloured text
    return Prepared("image/jpeg", file.getvalue(), *picture.size)
