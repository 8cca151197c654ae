"""Drafts become problems: text cleaned, gold settled, pictures found and hashed, an id given from all of it."""

import hashlib
import re
from collections.abc import Iterable
from pathlib import Path

import msgspec

from ovlt_data import images
from ovlt_data.errors import BadImage
from ovlt_data.sources.draft import Draft, Unfit, mend
from ovlt_data.sources.gold import settle_gold
from ovlt_data.types import Image, Problem

IMAGE_MARKER = re.compile(r"<image\d*>")


def make_problem(draft: Draft, *, source: str, images_folder: Path) -> Problem:
    """The draft as a problem; raises Unfit or BadImage."""
    question = clean(draft.question)
    if not question:
        raise Unfit("no_question", "the row has no question")
    answer, answer_type = settle_gold(draft)
    answer, choices = clean(answer), tuple(clean(choice) for choice in draft.choices)
    pictures = tuple(_find(image, draft, images_folder) for image in draft.images)
    return Problem(
        id=identify(source, question, choices, answer, pictures, version=draft.version),
        source=source,
        origin=mend(draft.origin),
        question=question,
        answer=answer,
        answer_type=answer_type,
        choices=choices,
        unit=clean(draft.unit),
        precision=draft.precision,
        answers=tuple(clean(one) for one in draft.answers),
        images=pictures,
        categories=draft.categories,
    )


def identify(
    source: str, question: str, choices: Iterable[str], answer: str, pictures: Iterable[Image], *, version: str = ""
) -> str:
    """16 hex digits from the content, the same on every machine."""
    content = [source, question, list(choices), answer, [picture.sha256 for picture in pictures]]
    content += [version] if version else []
    return hashlib.sha256(msgspec.json.encode(content)).hexdigest()[:16]


def clean(text: str) -> str:
    """Without image markers and outer space."""
    return mend(IMAGE_MARKER.sub("", text).strip())


def _find(image: str | bytes, draft: Draft, images_folder: Path) -> Image:
    if isinstance(image, bytes):
        number = draft.images.index(image) + 1
        return images.save(image, images_folder, name=f"picture {number} that row {draft.origin} carries")
    if draft.folder is None:
        raise BadImage(f"{image!r}: only a name; expected the picture's bytes, since this source has no folder")
    return images.refer(images.inside(draft.folder, image))
