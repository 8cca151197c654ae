"""Pictures made ready to be sent, beside bare Pillow and base64: python -m benchmarks.images

Ours refers to the file, reads it, looks for damage, applies the rules and makes a data URL. Bare does the least that
gives a server the same and a store its key: hash, header and base64 for a picture that passes as it is; for one over
the cap, hash, decoding, scaling, encoding and base64. One core, in turns, medians over the rounds.
"""

import base64
import hashlib
import tempfile
import time
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from statistics import median

import PIL.Image

from ovlt_data import images

PICTURES = 8
ROUNDS = 5
SIZE = (1024, 768)
CAP = 512 * 28 * 28
"""Pixels, about half of the picture's."""


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        for suffix in ("jpeg", "png"):
            pictures = [_draw(Path(folder) / f"{number}.{suffix}", number) for number in range(PICTURES)]
            _compare(f"{suffix}, as it is", pictures, lambda picture: _ours(picture, None), _pass)
            _compare(f"{suffix}, cap and encode", pictures, lambda picture: _ours(picture, CAP), _shrink)


def _compare(name: str, pictures: list[Path], ours: Callable[[Path], str], bare: Callable[[Path], str]) -> None:
    rounds: list[tuple[float, float]] = []
    for _ in range(ROUNDS):
        for picture in pictures:
            picture.touch()  # while a file stays as it is, its hash is remembered
        rounds.append((_time(ours, pictures), _time(bare, pictures)))
    mine, theirs = (median(seconds) for seconds in zip(*rounds, strict=True))
    print(f"{name:<22} {1 / mine:>5.0f} images/s a core, {theirs / mine:.2f}x of bare Pillow", flush=True)


def _time(encode: Callable[[Path], str], pictures: list[Path]) -> float:
    """CPU seconds a picture."""
    start = time.process_time()
    for picture in pictures:
        encode(picture)
    return (time.process_time() - start) / len(pictures)


def _ours(picture: Path, cap: int | None) -> str:
    image = images.refer(picture)
    return images.data_url(images.prepare(images.load(image), name=image.path, max_pixels=cap))


def _pass(picture: Path) -> str:
    data = _read(picture)
    media_type = PIL.Image.open(BytesIO(data)).get_format_mimetype()
    return f"data:{media_type};base64,{base64.b64encode(data).decode()}"


def _shrink(picture: Path) -> str:
    source = PIL.Image.open(BytesIO(_read(picture)))
    scale = (CAP / (source.width * source.height)) ** 0.5
    small = source.resize((int(source.width * scale), int(source.height * scale)), PIL.Image.Resampling.LANCZOS)
    file = BytesIO()
    small.save(file, source.format, quality=95, subsampling=0)
    return f"data:{source.get_format_mimetype()};base64,{base64.b64encode(file.getvalue()).decode()}"


def _read(picture: Path) -> bytes:
    data = picture.read_bytes()
    hashlib.sha256(data).hexdigest()
    return data


def _draw(path: Path, seed: int) -> Path:
    """Smooth areas with some noise, as a photograph has."""
    noise = PIL.Image.effect_noise((SIZE[0] // 8, SIZE[1] // 8), 60 + seed).resize(SIZE, PIL.Image.Resampling.BICUBIC)
    shade = PIL.Image.radial_gradient("L").resize(SIZE)
    PIL.Image.merge("RGB", (noise, shade, PIL.Image.blend(noise, shade, 0.5))).save(path, quality=90)
    return path


if __name__ == "__main__":
    main()
