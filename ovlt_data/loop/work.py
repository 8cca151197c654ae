"""What the steps of a loop share: its folder, its models by who they are, and how they ask ovlt's own commands."""

import hashlib
import json
import shlex
from asyncio import Event
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from msgspec import Struct

from ovlt_data.checkpoint import checkpoint_hash
from ovlt_data.loop.children import OVLT, Crew
from ovlt_data.loop.ledger import Ledger
from ovlt_data.loop.serving import Served, serve
from ovlt_data.recipe import resolved_yaml
from ovlt_data.recipe.file import RecipeFile
from ovlt_data.recipe.loop import Base, Evaluation, Server
from ovlt_data.types import Say

SEEDS = 1_000_000


class Work(Struct, frozen=True):
    """What every step works with."""

    base: Base
    evaluation: Evaluation | None
    """None where nothing is scored."""
    seed: int | None
    """Of the whole; every step has one of its own by it."""
    folder: Path
    crew: Crew
    ledger: Ledger
    say: Say
    stopping: Event

    @property
    def logs(self) -> Path:
        return self.folder / "logs"


class Trained(Struct, frozen=True, kw_only=True):
    """A model of the loop."""

    name: str
    where: str
    """Its folder; of the base model perhaps a Hub id."""
    identity: Mapping[str, str]
    """`checkpoint`, the hash of its weights, or `revision` of a model on the Hub; empty for the newest there."""

    def __str__(self) -> str:
        return next(iter(self.identity.values()), self.where)


class Dataset(Struct, frozen=True):
    folder: str
    version: str


def find_base(base: Base) -> Trained:
    """The model that every SFT starts from."""
    folder = Path(base.model)
    if folder.is_dir():
        identity = {"checkpoint": checkpoint_hash(folder)}
    else:
        identity = {"revision": base.revision} if base.revision else {}
    return Trained(name="base", where=base.model, identity=identity)


async def ask_ovlt(
    work: Work, name: str, command: Sequence[str], settings: Sequence[str] = (), *, beside: Sequence[Served] = ()
) -> Any:
    """Run one of ovlt's commands, as a person could type it; what its --json says."""
    words = [*command, "--json", *set_words(settings)]
    work.say(f"{name}: {shlex.join(['ovlt', *words])}")
    answer = work.logs / f"{name}.json"
    children = [served.child for served in beside if served.child is not None]
    await work.crew.call(name, [*OVLT, *words], answer=answer, log=None, beside=children)
    return json.loads(answer.read_text("utf-8"))


@asynccontextmanager
async def serve_model(work: Work, server: Server, *, model: str, name: str) -> AsyncGenerator[Served]:
    """A model's server, its words beside those of the steps."""
    async with serve(
        server, model=model, name=name, crew=work.crew, logs=work.logs, stopping=work.stopping, say=work.say
    ) as served:
        yield served


@asynccontextmanager
async def serve_trained(work: Work, model: Trained) -> AsyncGenerator[Served]:
    """A model of the loop. In another's server it goes by the loop's name too: that may still hold another loop's."""
    server = work.base.serve
    name = model.name if server.command else f"{work.folder.name}-{model.name}"
    async with serve_model(work, server, model=model.where, name=name) as served:
        yield served


def settle(served: Served, model: Trained) -> dict[str, str]:
    """The keys of a recipe's model that say where it answers and who it is; who it is goes into every reply's key."""
    return {"endpoint": served.url, "model": served.model, **model.identity}


def step_seed(seed: int | None, name: str) -> int | None:
    """Of one step: two steps that drew with the loop's own seed would draw the same."""
    if seed is None:
        return None
    return int.from_bytes(hashlib.sha256(f"{seed} {name}".encode()).digest()[:8], "big") % SEEDS


def settings_of(seed: int | None, said: Mapping[str, Any]) -> list[str]:
    """`said` as overrides, and the step's seed where it has one."""
    drawn = {} if seed is None else {"seed": seed}
    return [set_key(key, value) for key, value in {**drawn, **said}.items()]


def set_key(key: str, value: object) -> str:
    return f"{key}={json.dumps(value)}"


def set_words(settings: Sequence[str]) -> list[str]:
    return [word for setting in settings for word in ("--set", setting)]


def digest(recipe: RecipeFile) -> str:
    """Of all that it says, defaults included."""
    return hashlib.sha256(resolved_yaml(recipe).encode()).hexdigest()
