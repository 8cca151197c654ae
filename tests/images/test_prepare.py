"""What `prepare` does to each kind of picture; every picture is drawn here."""

import base64
import io
import struct
import subprocess
import sys
import zlib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from ovlt_data.errors import BadImage
from ovlt_data.images import MAX_PIXELS, Prepared, _fit, data_url, prepare

RED, WHITE = (255, 0, 0), (255, 255, 255)


def encode(picture: Image.Image, form: str, **options: object) -> bytes:
    file = io.BytesIO()
    picture.save(file, form, **options)
    return file.getvalue()


def halves(mode: str = "RGB", size: tuple[int, int] = (8, 4)) -> Image.Image:
    """Red on the left, blue on the right."""
    picture = Image.new("RGB", size, RED)
    picture.paste((0, 0, 255), (size[0] // 2, 0, *size))
    return picture.convert(mode)


def faint() -> Image.Image:
    picture = halves()
    picture.putalpha(250)
    return picture


def noise(size: tuple[int, int] = (40, 30)) -> Image.Image:
    return Image.effect_noise(size, 80).convert("RGB")


def opened(prepared: Prepared) -> Image.Image:
    return Image.open(io.BytesIO(prepared.data))


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(width: int, height: int, *, depth: int, colour: int, rows: bytes, extra: Sequence[bytes] = ()) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    body = [chunk(b"IHDR", header), *extra, chunk(b"IDAT", zlib.compress(rows)), chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(body)


def turned(orientation: int, form: str = "PNG") -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return encode(halves(), form, exif=exif)


@pytest.mark.parametrize(
    ("data", "media_type"),
    [
        pytest.param(encode(halves(), "PNG"), "image/png", id="png"),
        pytest.param(encode(halves("L"), "PNG"), "image/png", id="grey_png"),
        pytest.param(encode(halves(), "JPEG"), "image/jpeg", id="jpeg"),
        pytest.param(encode(halves("L"), "JPEG"), "image/jpeg", id="grey_jpeg"),
        pytest.param(encode(halves(), "WEBP"), "image/webp", id="webp"),
        pytest.param(encode(halves(), "WEBP", lossless=True), "image/webp", id="lossless_webp"),
        pytest.param(turned(1, "JPEG"), "image/jpeg", id="upright_by_exif"),
    ],
)
def test_plain_pictures_pass_untouched(data: bytes, media_type: str) -> None:
    prepared = prepare(data, name="x", max_pixels=32, min_pixels=32)
    assert prepared == Prepared(media_type, data, 8, 4)


@pytest.mark.parametrize(
    ("data", "media_type"),
    [
        pytest.param(encode(halves("P"), "PNG"), "image/png", id="palette_png"),
        pytest.param(encode(halves("RGBA"), "PNG"), "image/png", id="alpha_png"),
        pytest.param(encode(halves("CMYK"), "JPEG"), "image/jpeg", id="cmyk_jpeg"),
        pytest.param(encode(halves("P"), "GIF"), "image/png", id="gif"),
        pytest.param(encode(halves(), "BMP"), "image/png", id="bmp"),
        pytest.param(encode(faint(), "WEBP", lossless=True), "image/png", id="alpha_lossless_webp"),
    ],
)
def test_other_pictures_become_rgb_of_the_same_colours(data: bytes, media_type: str) -> None:
    prepared = prepare(data, name="x")
    picture = opened(prepared)
    assert (prepared.media_type, picture.mode, picture.size) == (media_type, "RGB", (8, 4))
    left, right = picture.getpixel((0, 0)), picture.getpixel((7, 0))
    assert isinstance(left, tuple)
    assert isinstance(right, tuple)
    assert left[0] > 200 > 60 > left[2]
    assert right[2] > 200 > 60 > right[0]


def test_lossy_webp_with_alpha_becomes_a_jpeg() -> None:
    clear = noise()
    clear.putalpha(100)
    assert prepare(encode(clear, "WEBP"), name="x").media_type == "image/jpeg"


def test_sixteen_bit_grey_keeps_its_upper_byte() -> None:
    data = png(3, 1, depth=16, colour=0, rows=b"\0" + struct.pack(">HHH", 0, 0x8000, 0xFFFF))
    picture = opened(prepare(data, name="x"))
    assert (picture.mode, list(picture.tobytes())) == ("L", [0, 0x80, 0xFF])


def test_sixteen_bit_colour_becomes_eight_bit() -> None:
    data = png(1, 1, depth=16, colour=2, rows=b"\0" + struct.pack(">HHH", 0xFFFF, 0x8000, 0))
    prepared = prepare(data, name="x")
    assert prepared.data != data
    assert opened(prepared).getpixel((0, 0)) == (255, 128, 0)


def test_one_bit_becomes_grey() -> None:
    picture = opened(prepare(encode(Image.new("1", (4, 4), 1), "PNG"), name="x"))
    assert (picture.mode, picture.getpixel((0, 0))) == ("L", 255)


def clear_rgba() -> bytes:
    return encode(Image.new("RGBA", (2, 2), (0, 0, 0, 0)), "PNG")


def clear_palette() -> bytes:
    return encode(Image.new("P", (2, 2), 0), "PNG", transparency=bytes([0, 255]))


def clear_gif() -> bytes:
    return encode(Image.new("P", (2, 2), 0), "GIF", transparency=0)


def clear_colour() -> bytes:
    return encode(Image.new("RGB", (2, 2), RED), "PNG", transparency=RED)


@pytest.mark.parametrize("make", [clear_rgba, clear_palette, clear_gif, clear_colour])
def test_what_is_transparent_becomes_white(make: Callable[[], bytes]) -> None:
    assert opened(prepare(make(), name="x")).convert("RGB").getpixel((0, 0)) == WHITE


def test_half_transparent_mixes_with_white() -> None:
    data = encode(Image.new("RGBA", (1, 1), (0, 0, 0, 128)), "PNG")
    assert opened(prepare(data, name="x")).getpixel((0, 0)) == (127, 127, 127)


def test_of_a_gif_the_first_frame_is_sent() -> None:
    frames = [Image.new("P", (4, 4), 0), Image.new("P", (4, 4), 1)]
    for frame in frames:
        frame.putpalette([255, 0, 0, 0, 255, 0])
    data = encode(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert opened(prepare(data, name="x")).getpixel((0, 0)) == RED


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize(
    ("orientation", "red"),
    [(2, "right"), (3, "right"), (4, "left"), (5, "top"), (6, "top"), (7, "bottom"), (8, "bottom")],
)
def test_exif_turns_the_picture(form: str, orientation: int, red: str) -> None:
    prepared = prepare(turned(orientation, form), name="x")
    corner = {"left": (0, 0), "right": (prepared.width - 1, 0), "top": (0, 0), "bottom": (0, prepared.height - 1)}[red]
    pixel = opened(prepared).convert("RGB").getpixel(corner)
    assert (prepared.width, prepared.height) == ((8, 4) if orientation < 5 else (4, 8))
    assert isinstance(pixel, tuple)
    assert pixel[0] > 180 > 80 > pixel[2]


def test_a_turned_picture_is_not_turned_twice() -> None:
    once = prepare(turned(6, "JPEG"), name="x")
    assert prepare(once.data, name="x") == once


@pytest.mark.parametrize(
    "exif",
    [b"", b"II", b"Exif\0\0II*\0\xff\xff\xff\xff", b"Exif\0\0MM\0*\0\0\0\x08\xff\xff", b"junk" * 9],
    ids=["empty", "short", "offset_outside", "too_many_tags", "junk"],
)
def test_broken_exif_leaves_a_picture_as_it_is(exif: bytes) -> None:
    data = encode(halves(), "JPEG", exif=exif)
    assert prepare(data, name="x").data == data


def test_a_cap_shrinks_and_keeps_the_kind_of_source() -> None:
    lossless = prepare(encode(noise((80, 60)), "PNG"), name="x", max_pixels=1200)
    lossy = prepare(encode(noise((80, 60)), "JPEG"), name="x", max_pixels=1200)
    assert (lossless.media_type, lossless.width, lossless.height) == ("image/png", 40, 30)
    assert (lossy.media_type, lossy.width, lossy.height) == ("image/jpeg", 40, 30)
    assert opened(lossy).size == (40, 30)


def test_a_floor_enlarges() -> None:
    prepared = prepare(encode(noise((20, 10)), "PNG"), name="x", min_pixels=800)
    assert (prepared.width, prepared.height) == (40, 20)


@settings(deadline=None)
@given(
    width=st.integers(1, 20_000),
    height=st.integers(1, 20_000),
    max_pixels=st.integers(1, 10**6),
    min_pixels=st.integers(1, 10**6),
)
def test_sizes_stay_within_the_limits(width: int, height: int, max_pixels: int, min_pixels: int) -> None:
    shrunk = _fit((width, height), max_pixels=max_pixels, min_pixels=None)
    grown = _fit((width, height), max_pixels=None, min_pixels=min_pixels)
    assert min(shrunk) >= 1
    assert shrunk[0] * shrunk[1] <= max(max_pixels, 1)
    assert grown[0] * grown[1] >= min(min_pixels, width * height)
    assert grown[0] >= width
    assert grown[1] >= height


@settings(deadline=None)
@given(side=st.integers(100, 4000), ratio=st.floats(0.25, 4), max_pixels=st.integers(10_000, 10**6))
def test_shrinking_keeps_the_shape(side: int, ratio: float, max_pixels: int) -> None:
    size = (side, max(1, int(side * ratio)))
    width, height = _fit(size, max_pixels=max_pixels, min_pixels=None)
    assert abs(width / height - size[0] / size[1]) < 0.05 * size[0] / size[1]


def test_encoding_is_deterministic_in_many_threads() -> None:
    sources = [encode(noise(), "PNG"), encode(halves("P"), "GIF"), turned(6, "JPEG"), clear_rgba()]
    alone = [prepare(data, name="x", max_pixels=500) for data in sources]
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(partial(prepare, name="x", max_pixels=500), sources * 16))
    assert together == alone * 16


def test_metadata_is_not_sent() -> None:
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = 6, "at home, 52.1 N"
    data = encode(halves(), "JPEG", exif=exif, comment=b"at home", icc_profile=b"at home")
    assert b"at home" not in prepare(data, name="x").data


def test_a_data_url_holds_the_bytes() -> None:
    prepared = prepare(encode(halves(), "PNG"), name="x")
    head, _, body = data_url(prepared).partition(",")
    assert head == "data:image/png;base64"
    assert base64.b64decode(body) == prepared.data


def bomb_png() -> bytes:
    return png(50_000, 50_000, depth=8, colour=2, rows=b"\0" * 1000)


def bomb_gif() -> bytes:
    return b"GIF89a" + struct.pack("<HH", 60_000, 60_000) + encode(halves("P"), "GIF")[10:]


def bomb_gif_frame() -> bytes:
    data = bytearray(encode(halves("P"), "GIF"))
    frame = data.index(b",")
    data[frame + 5 : frame + 9] = struct.pack("<HH", 60_000, 60_000)
    return bytes(data)


def bomb_webp() -> bytes:
    extent = (16_383).to_bytes(3, "little") * 2
    return b"RIFF\x16\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0" + extent + b"\0" * 40


def bomb_jpeg() -> bytes:
    data = bytearray(encode(halves(), "JPEG"))
    frame = data.index(b"\xff\xc0")
    data[frame + 5 : frame + 9] = struct.pack(">HH", 60_000, 60_000)
    return bytes(data)


@pytest.mark.parametrize("make", [bomb_png, bomb_gif, bomb_gif_frame, bomb_webp, bomb_jpeg])
def test_a_decompression_bomb_is_refused(make: Callable[[], bytes]) -> None:
    with pytest.raises(BadImage, match=r"^pictures/bomb: "):
        prepare(make(), name="pictures/bomb")


@pytest.mark.parametrize("make", [bomb_png, bomb_gif, bomb_webp, bomb_jpeg])
def test_a_bomb_is_told_by_its_header(make: Callable[[], bytes]) -> None:
    with pytest.raises(BadImage, match=f"pixels; expected at most {MAX_PIXELS} pixels"):
        prepare(make(), name="x")


@pytest.mark.parametrize(
    ("data", "says"),
    [
        pytest.param(b"", "empty", id="empty"),
        pytest.param(b"<html>404</html>", "not a picture", id="html"),
        pytest.param(b"version https://git-lfs.github.com/spec/v1\n", "Git LFS", id="lfs_pointer"),
        pytest.param(b"%!PS-Adobe-3.0 EPSF-3.0\n", "not a picture", id="postscript"),
        pytest.param(b"\x89PNG\r\n\x1a\n", "damaged", id="only_a_signature"),
        pytest.param(encode(noise(), "PNG")[:-400], "damaged", id="truncated_png"),
        pytest.param(encode(noise(), "JPEG")[:-400], "damaged", id="truncated_jpeg"),
        pytest.param(encode(noise(), "WEBP")[:-100], "damaged", id="truncated_webp"),
        pytest.param(encode(noise(), "GIF")[:-400], "damaged", id="truncated_gif"),
        pytest.param(encode(noise(), "BMP")[:-400], "damaged", id="truncated_bmp"),
        pytest.param(b"RIFF\0\0\0\0WAVEfmt ", "damaged", id="wav"),
        pytest.param(png(0, 4, depth=8, colour=2, rows=b""), "damaged", id="no_width"),
    ],
)
def test_what_is_no_whole_picture_is_refused_by_name(data: bytes, says: str) -> None:
    with pytest.raises(BadImage, match=rf"^figures/7\.png: .*{says}"):
        prepare(data, name="figures/7.png")


@pytest.mark.parametrize("form", ["PNG", "JPEG"])
def test_what_stands_behind_a_pictures_end_does_no_harm(form: str) -> None:
    data = encode(halves(), form) + b"\0 put here by a camera"
    assert prepare(data, name="x").data == data


def test_exif_behind_the_pixels_counts() -> None:
    data = turned(6)
    start = data.index(b"eXIf") - 4
    exif = data[start : start + 12 + int.from_bytes(data[start : start + 4])]
    behind = data.replace(exif, b"")
    behind = behind[:-12] + exif + behind[-12:]
    assert prepare(behind, name="x") == prepare(data, name="x")


def test_a_flipped_bit_of_a_png_is_found_without_decoding() -> None:
    data = bytearray(encode(noise(), "PNG"))
    data[-20] ^= 1
    with pytest.raises(BadImage, match=r"^x: damaged"):
        prepare(bytes(data), name="x")


def test_a_picture_that_passes_is_not_decoded() -> None:
    without_pixels = png(8, 4, depth=8, colour=2, rows=b"")
    assert prepare(without_pixels, name="x").data == without_pixels


@settings(deadline=None)
@given(data=st.data())
def test_damage_never_raises_anything_else(data: st.DataObject) -> None:
    form = data.draw(st.sampled_from(["PNG", "JPEG", "GIF", "WEBP", "BMP"]))
    bytes_ = bytearray(encode(halves(), form))
    for place in data.draw(st.lists(st.integers(0, len(bytes_) - 1), max_size=4)):
        bytes_[place] = data.draw(st.integers(0, 255))
    try:
        prepared = prepare(bytes(bytes_), name="x", max_pixels=4000)
    except BadImage as error:
        assert str(error).startswith("x: ")  # noqa: PT017 - either outcome is right, each is checked
    else:
        assert prepared.width * prepared.height <= 4000


WARNS = """
import sys
from ovlt_data.errors import BadImage
from ovlt_data.images import prepare
for data in sys.stdin.buffer.read().split(b"<end of picture>"):
    try:
        prepare(data, name="x")
    except BadImage:
        pass
"""


def test_pillow_warns_of_nothing() -> None:
    endless = png(8, 4, depth=8, colour=2, rows=(b"\0" + b"\0" * 24) * 4, extra=[chunk(b"acTL", b"\0")])
    large = png(10_000, 10_000, depth=8, colour=0, rows=b"")
    corrupt = encode(halves(), "JPEG", exif=b"Exif\0\0II*\0\x08\0\0\0\x01\0\x1a\x01\x05\0\x01\0\0\0\xff\xff\0\0")
    pictures = [endless, large, corrupt, bomb_gif_frame(), clear_palette(), bomb_webp()]
    done = subprocess.run(
        [sys.executable, "-c", WARNS], input=b"<end of picture>".join(pictures), capture_output=True, check=True
    )
    assert (done.stdout, done.stderr) == (b"", b"")
