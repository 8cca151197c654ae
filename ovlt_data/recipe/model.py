"""What a recipe says of one model: where it is, who it is, how its replies are drawn."""

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, ValidationInfo, field_validator

from ovlt_data.recipe.budget import Price
from ovlt_data.recipe.keys import refuse_key_in_headers, require_variable
from ovlt_data.recipe.place import Place, find_data, is_local, local
from ovlt_data.recipe.replicas import FROM_FILE, check_urls, read_urls
from ovlt_data.recipe.section import OneOrMore, Section, Word

EMBEDDED = "embedded"
GREEDY_TEMPERATURE = 0.01
"""Below it, all samples of one request are alike."""


class Sampling(Section):
    """How replies are drawn. Part of a reply's identity, except `max_tokens`, which is a cap."""

    max_tokens: int | None = Field(default=None, ge=1)
    """Most tokens of one reply, its reasoning included; left out: what the server allows."""
    temperature: float = Field(default=1.0, ge=0)
    """Under 0.01 is greedy: every sample is the same."""
    top_p: float = Field(default=1.0, gt=0, le=1)
    """Draw from the likeliest tokens that together have this probability; 1 is off."""
    top_k: int = Field(default=-1, ge=-1)
    """Draw from the k likeliest tokens; -1 is off."""
    min_p: float = Field(default=0.0, ge=0, le=1)
    """Leave out tokens under this share of the likeliest one's probability; 0 is off."""
    repetition_penalty: float = Field(default=1.0, gt=0)
    """1 is off, and is sent: left out, a server would take the model's own (Qwen2.5: 1.05)."""
    presence_penalty: float = Field(default=0.0, ge=-2, le=2)
    """0 is off."""
    frequency_penalty: float = Field(default=0.0, ge=-2, le=2)
    """0 is off."""
    seed: int | None = None
    """The request for sample s carries seed + s; left out: none is sent."""
    stop: list[Word] = []
    """Strings that end a reply."""

    @property
    def greedy(self) -> bool:
        """Whether all samples of one request are alike."""
        return self.temperature < GREEDY_TEMPERATURE or self.top_k == 1


SENT_BY_US = frozenset({*Sampling.model_fields, "model", "messages", "n", "stream", "chat_template_kwargs"})
"""Parts of a request that have a key of their own in a recipe, or are not for a recipe to say."""
VLLM_ONLY = frozenset({"top_k", "min_p", "repetition_penalty", "chat_template_kwargs"})
"""Of these, what hosted OpenAI-compatible APIs refuse; one that does take them gets them by `extra_body`."""


class Limits(Section):
    """How hard an endpoint is asked. Nothing here changes what it says."""

    concurrency: Literal["auto"] | Annotated[int, Field(ge=1)] = "auto"
    """Requests in flight at once over all replicas, or `auto`: as many as keep the servers busy."""
    rpm: int | None = Field(default=None, ge=1)
    """Most requests a minute over all replicas; left out: no bound."""
    attempts: int = Field(default=6, ge=1)
    """Tries of one request before its row counts as failed."""
    connect_timeout: float = Field(default=10.0, gt=0)
    """Seconds until a connection must stand."""
    timeout: float = Field(default=3600.0, gt=0)
    """Seconds for one request from start to last byte: a long trace takes minutes. With `stream`, see the next."""
    idle_timeout: float = Field(default=300.0, gt=0)
    """Seconds without a byte of a streamed reply, the wait for its first one included; it may take as long as it
    likes."""


class ImageLimits(Section):
    """Size of pictures as this model gets them; the dataset keeps the source's bytes."""

    max_pixels: int | None = Field(default=None, ge=1)
    """Width x height; larger pictures are scaled down. Charts and tables lose their small print."""
    min_pixels: int | None = Field(default=None, ge=1)
    """Width x height; smaller pictures are scaled up."""

    @field_validator("min_pixels")
    @classmethod
    def _under_the_most(cls, least: int | None, info: ValidationInfo) -> int | None:
        most = info.data.get("max_pixels")
        if least is not None and most is not None and least > most:
            raise ValueError(f"is {least}; expected at most max_pixels, {most}")
        return least


class Model(Section):
    """One model behind OpenAI-compatible endpoints."""

    endpoint: OneOrMore
    """`embedded`, or its URL up to `/v1`, or a list of URLs: replicas of the same model; or `file:PATH`, with one URL a
    line, `#` before comments, read again whenever it changes."""
    model: Word | None = None
    """Its id, as the server knows it; left out with `embedded`: ovlt's own tiny model."""
    revision: Word | None = None
    """Hub commit that the server runs. A name alone is no identity. Digits need quotes."""
    checkpoint: Word | None = None
    """Hash of the weight files, for a model that no Hub commit names."""
    provider: Literal["vllm", "openai"] = "vllm"
    """`openai`: send only what hosted APIs accept."""
    api_key_env: Annotated[str, AfterValidator(require_variable)] | None = None
    """NAME of the environment variable that holds the key; never the key."""
    stream: bool = False
    """Replies come token by token, one request for each sample: for generations of many minutes. No time is too long
    while something comes, and a reply that repeats itself without end is cut."""
    sampling: Sampling = Sampling()
    """How replies are drawn."""
    extra_body: dict[str, Any] = {}
    """What else the server understands, sent as it stands; part of a reply's identity."""
    extra_headers: Annotated[dict[str, str], AfterValidator(refuse_key_in_headers)] = {}
    """Sent with every request; part of a reply's identity. No keys: see `api_key_env`."""
    chat_template_kwargs: dict[str, Any] = {}
    """For the model's chat template, such as {enable_thinking: true}; part of a reply's identity."""
    price: Price | None = None
    """Of its tokens, for `budget.cost` and `ovlt plan`."""
    limits: Limits = Limits()
    """How hard it is asked."""
    images: ImageLimits = ImageLimits()
    """Size of pictures as it gets them."""
    reasoning: bool | None = None
    """Whether it is a reasoning model; left out: yes for the model of `reason` where there is a `caption`."""

    @property
    def embedded(self) -> bool:
        """Whether ovlt starts the server itself."""
        return self.endpoint == [EMBEDDED]

    @property
    def roster(self) -> Path | None:
        """The file that names the replicas, where the recipe does not."""
        (first, *_) = self.endpoint
        return Path(first.removeprefix(FROM_FILE)) if first.startswith(FROM_FILE) else None

    @property
    def urls(self) -> list[str]:
        """Its replicas; raises ValueError for a file that can't be used any more."""
        return read_urls(self.roster) if self.roster else self.endpoint

    @field_validator("endpoint")
    @classmethod
    def _can_be_asked(cls, endpoints: list[str], info: ValidationInfo) -> list[str]:
        if len(endpoints) == 1 and endpoints[0].startswith(FROM_FILE):
            return _find_roster(endpoints[0].removeprefix(FROM_FILE), info)
        if endpoints != [EMBEDDED]:
            check_urls(endpoints)
        return endpoints

    @field_validator("model")
    @classmethod
    def _is_named(cls, model: str | None, info: ValidationInfo) -> str | None:
        embedded = info.data.get("endpoint") == [EMBEDDED]
        if model is None and "endpoint" in info.data and not embedded:
            raise ValueError("is missing; expected the id that the server knows it by")
        return find_data(model, info) if embedded and model else model

    @field_validator("checkpoint")
    @classmethod
    def _has_identity(cls, checkpoint: str | None, info: ValidationInfo) -> str | None:
        model, revision = info.data.get("model"), info.data.get("revision")
        if checkpoint and revision:
            raise ValueError("stands beside `revision`; expected one of them")
        if checkpoint or revision or not model or info.data.get("endpoint") == [EMBEDDED]:
            return checkpoint
        if is_local(model, info):
            raise ValueError(
                f"is missing: {model} is a local path, whose weights can change under the same name; "
                "expected `checkpoint` (a hash of its weight files) or `revision`"
            )
        return checkpoint

    @field_validator("sampling", "chat_template_kwargs")
    @classmethod
    def _provider_knows(cls, value: Any, info: ValidationInfo) -> Any:
        if info.data.get("provider") != "openai":
            return value
        said = _not_neutral(value) if isinstance(value, Sampling) else {info.field_name} if value else set[str]()
        unknown = sorted(VLLM_ONLY & said)
        if unknown:
            raise ValueError(
                f"{' and '.join(unknown)} is not known to provider `openai`; expected provider `vllm`, "
                "or `extra_body` if the server takes it"
            )
        return value

    @field_validator("extra_body")
    @classmethod
    def _says_nothing_twice(cls, body: dict[str, Any], info: ValidationInfo) -> dict[str, Any]:
        ours = SENT_BY_US - VLLM_ONLY if info.data.get("provider") == "openai" else SENT_BY_US
        twice = sorted(ours.intersection(body))
        if twice:
            raise ValueError(f"holds {', '.join(twice)}; expected in its own key of the recipe, or not at all")
        return body


def _find_roster(name: str, info: ValidationInfo) -> list[str]:
    if not isinstance(info.context, Place):
        return [f"{FROM_FILE}{name}"]
    path = local(name, info.context)
    read_urls(path)
    return [f"{FROM_FILE}{path}"]


def _not_neutral(sampling: Sampling) -> set[str]:
    neutral = Sampling().model_dump()
    return {key for key, value in sampling.model_dump().items() if value != neutral[key]}
