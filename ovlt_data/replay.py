"""A sample's request once more, as a shell command: what was sent, for whoever wants to see the reply again."""

import shlex
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from ovlt_data import images
from ovlt_data.engine.request import Ask, encode_messages, identify, wire_body
from ovlt_data.errors import UsageError
from ovlt_data.publish.parent import Parent, read_split
from ovlt_data.publish.rows import Embedded
from ovlt_data.publish.trace import Trace
from ovlt_data.recipe import Model, Recipe
from ovlt_data.recipe.yaml import parse
from ovlt_data.serve.transport import resolve_embedded
from ovlt_data.types import Image

END = "OVLT_REQUEST"


def write_curl(version: Parent, trace: Trace) -> str:
    """The request of the row's sample, pictures included. Raises UsageError where the version does not hold it all."""
    recipe = _read_recipe(version)
    sample = next((one for one in trace.samples if one["kept"]), trace.samples[0])
    name, model = _find_model(recipe, sample["model"])
    if sample["prompt"] is None:
        raise UsageError(f"{trace.row_id or trace.problem_id}: its samples came from a table: no request was sent")
    with _lay_out_pictures(version, trace, wanted=recipe.caption is None) as pictures:
        messages = encode_messages(Ask(name, sample["prompt"], pictures), model)
    body = wire_body(messages, model, (sample["slot"],)).decode()
    return _word(model, body, slot=sample["slot"])


def _read_recipe(version: Parent) -> Recipe:
    path = version.folder / "recipe.yaml"
    value = parse(path.read_text("utf-8")).value
    if "models" not in value:
        raise UsageError(f"{path}: is a mixture's; trace the row in the version that it came from: see its `parents`")
    return Recipe.model_validate(value)


def _find_model(recipe: Recipe, identity: str) -> tuple[str, Model]:
    """By identity or by name; of equal ones the reasoner is meant."""
    first = recipe.reason.model if recipe.reason else None
    for name in sorted(recipe.models, key=lambda name: name != first):
        said = recipe.models[name]
        model = resolve_embedded(said) if said.embedded else said
        if identity in (str(identify(model)), name):
            return name, model
    raise UsageError(f"no model of the recipe is {identity}")


@contextmanager
def _lay_out_pictures(version: Parent, trace: Trace, *, wanted: bool) -> Generator[tuple[Image, ...]]:
    """The row's pictures as files, as the engine reads them."""
    with TemporaryDirectory(prefix="ovlt-trace-") as folder:
        yield tuple(images.save(picture.data, Path(folder)) for picture in _find_pictures(version, trace, wanted))


def _find_pictures(version: Parent, trace: Trace, wanted: bool) -> Iterator[Embedded]:
    if not wanted or not trace.samples[0]["image_sha256"]:
        return
    for split in version.splits:
        for row in read_split(version, split):
            if row.values["problem_id"] == trace.problem_id:
                yield from (picture for picture in row.images if isinstance(picture, Embedded))
                return
    raise UsageError(f"{trace.problem_id}: no row of this problem is in the version, and so its pictures are not")


def _word(model: Model, body: str, *, slot: int) -> str:
    url = "http://127.0.0.1:8000/v1" if model.embedded else model.endpoint[0]
    headers = {"Content-Type": "application/json", **model.extra_headers}
    said = [word for name, value in headers.items() for word in ("-H", shlex.quote(f"{name}: {value}"))]
    if model.api_key_env:
        said += ["-H", f'"Authorization: Bearer ${model.api_key_env}"']
    first = "# first: ovlt serve --port 8000\n" if model.embedded else ""
    address = shlex.quote(f"{url}/chat/completions")
    return f"{first}# slot {slot}\ncurl -s {address} {' '.join(said)} -d @- <<'{END}'\n{body}\n{END}"
