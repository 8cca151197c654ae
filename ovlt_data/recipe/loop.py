"""What a loop is: iterations of data, SFT, problems and GRPO, each by a recipe of its own, and servers between them.

    servers -> data -> SFT from the base model -> problems -> GRPO from that SFT -> the next iteration's generator

What a step takes from those before it (model, dataset, endpoint, checkpoint, output) is filled in by the loop.
"""

import shlex
import string
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, Field, ValidationInfo, field_validator

from ovlt_data.recipe.file import RecipeFile
from ovlt_data.recipe.section import LocalPath, MadePath, Section, Word

ModelName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]+$")]
Settings = dict[Word, Any]
"""What is said otherwise than in a recipe, as {key.path: value}, such as {reason.samples: 8}."""


def _check_command(command: str, known: set[str]) -> str:
    """Words as a shell would split them; variables in braces."""
    try:
        asked = {name for _, name, _, _ in string.Formatter().parse(command) if name is not None}
        shlex.split(command)
    except ValueError as error:
        raise ValueError(f"can't be read as a command ({error}); literal braces are written {{{{ and }}}}") from None
    if unknown := sorted(asked - known):
        expected = ", ".join(f"{{{name}}}" for name in sorted(known))
        raise ValueError(f"asks for {{{unknown[0]}}}; expected one of: {expected}")
    return command


def _short_for(key: str, section: type[Section]) -> BeforeValidator:
    """A string stands for the section that says this key alone."""
    return BeforeValidator(
        lambda value: {key: value} if isinstance(value, str) else value, json_schema_input_type=str | section
    )


class Server(Section):
    """A server of a model: a command that starts it, or the URL where one runs already."""

    command: Word | None = None
    """Started before the step and ended after it, with all it has started: `vllm serve {model} --port {port}
    --served-model-name {name}`; VARIABLE=value may stand before it. Left out: somebody else serves at `url`."""
    url: Word = "http://127.0.0.1:{port}/v1"
    """Up to /v1; {port} is a free one of this machine."""
    ready: float = Field(default=1800.0, gt=0)
    """Seconds until it must list its models."""

    @field_validator("command")
    @classmethod
    def _knows_its_variables(cls, command: str | None) -> str | None:
        return command and _check_command(command, {"model", "name", "port"})

    @field_validator("url")
    @classmethod
    def _is_somewhere(cls, url: str, info: ValidationInfo) -> str:
        if info.data.get("command", "") is None and "{port}" in url:
            raise ValueError("is missing, and no `command` starts a server; expected one of them")
        return url.rstrip("/")


AnyServer = Annotated[Server, _short_for("command", Server)]
"""A string is its command."""


class Making(Section):
    """How a dataset version comes about: a run, then a mixture of it; or either alone."""

    run: LocalPath | None = None
    """Recipe for `ovlt run`."""
    set: Settings = {}
    """What is said otherwise than in `run`, as {key.path: value}."""
    servers: dict[ModelName, AnyServer] = {}
    """Servers of models that `run` names; the others answer where the recipe says."""
    generator: ModelName | None = None
    """Which of its models is the one that was trained last: the loop serves it."""
    mix: LocalPath | None = None
    """Recipe for `ovlt mix`; of what `run` made, where there is one."""

    @field_validator("servers")
    @classmethod
    def _run_is_there(cls, servers: dict[str, Any], info: ValidationInfo) -> dict[str, Any]:
        if servers and info.data.get("run", "") is None:
            raise ValueError("stands without `run`; expected the recipe that asks them")
        return servers

    @field_validator("mix")
    @classmethod
    def _says_something(cls, mix: str | None, info: ValidationInfo) -> str | None:
        if mix is None and info.data.get("run", "") is None:
            raise ValueError("is missing, and so is `run`; expected a recipe")
        return mix


AnyMaking = Annotated[Making, _short_for("run", Making)]
"""A string is the recipe of its run."""


class Training(Section):
    """A training: ours by a recipe, or another trainer's by a command and an export of the dataset."""

    recipe: LocalPath | None = None
    """For `ovlt train`; its model, dataset and output are filled in."""
    set: Settings = {}
    """What is said otherwise than in `recipe`, as {key.path: value}."""
    gpus: int = Field(default=1, ge=1)
    """Processes of our trainer, one to a GPU."""
    command: Word | None = None
    """Of another trainer: from {model}, on the files in {export} or the version in {dataset}, it leaves a model's
    folder in {output}; {seed} is the loop's."""
    export: Literal["trl", "llamafactory", "easyr1", "verl", "ms-swift"] | None = None
    """The form in which another trainer finds the dataset in {export}."""

    @field_validator("command")
    @classmethod
    def _is_one_of_both(cls, command: str | None, info: ValidationInfo) -> str | None:
        if "recipe" in info.data and (command is None) == (info.data["recipe"] is None):
            raise ValueError("expected exactly one of `recipe` and `command`")
        return command and _check_command(command, {"model", "dataset", "export", "output", "seed"})

    @field_validator("export")
    @classmethod
    def _is_read(cls, export: str | None, info: ValidationInfo) -> str | None:
        command = info.data.get("command") or ""
        if (export is None) == ("{export}" in command):
            raise ValueError("goes with {export} in `command`; expected both or neither")
        return export


AnyTraining = Annotated[Training, _short_for("recipe", Training)]
"""A string is its recipe."""


class Evaluation(Section):
    """How every model of the loop is scored, the base model first."""

    recipe: LocalPath
    """For `ovlt eval`; each model that is scored here is asked as its first one is."""
    set: Settings = {}
    """What is said otherwise than in `recipe`, as {key.path: value}."""


AnyEvaluation = Annotated[Evaluation, _short_for("recipe", Evaluation)]
"""A string is its recipe."""


class Base(Section):
    """The model that training starts from, and how it and what is trained from it are served."""

    model: MadePath
    """The base model: a folder, or a Hub id."""
    revision: Word | None = None
    """Hub commit of the base model."""
    serve: AnyServer
    """How a model that was trained is served, to generate and to be scored; the base model as well."""


class Iteration(Section):
    """One round: data for SFT, SFT from the base model, problems for GRPO, GRPO from that SFT."""

    data: AnyMaking
    """The dataset that SFT learns from."""
    sft: AnyTraining
    """From the base model, in every iteration."""
    grpo: AnyTraining | None = None
    """From this iteration's SFT; left out: the iteration ends with SFT."""
    problems: AnyMaking | None = None
    """What GRPO learns from; left out: the problems of the iteration before."""


class LoopRecipe(Base, RecipeFile):
    """The paper's whole iteration."""

    model_config = ConfigDict(title="ovlt loop recipe")

    seed: int | None = None
    """Gives every step's recipe a seed of its own; left out: those that the recipes say."""
    evaluate: AnyEvaluation | None = None
    """How every model is scored; left out: nothing is."""
    iterations: list[Iteration] = Field(min_length=1)
    """In their order; more may be added to a loop that has ended."""

    @field_validator("iterations")
    @classmethod
    def _have_what_they_need(cls, iterations: list[Iteration]) -> list[Iteration]:
        if iterations[0].data.generator is not None:
            raise ValueError("0.data.generator: nothing is trained before the first iteration; expected none there")
        first = next((number for number, each in enumerate(iterations) if each.problems), len(iterations))
        for number, iteration in enumerate(iterations[:first]):
            if iteration.grpo is not None:
                raise ValueError(f"{number}.problems: is missing, and no earlier iteration has some; GRPO needs them")
        return iterations
