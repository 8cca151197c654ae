"""One look at a replica from outside: is it there, how long is its queue, how far are its token counters?"""

from collections.abc import Mapping
from typing import Literal

import httpx
from msgspec import Struct

from ovlt_data.engine.health import read_tokens
from ovlt_data.engine.limits import Load, read_load


class Look(Struct, frozen=True):
    """What a look saw."""

    found: Literal["there", "broken", "silent", "refused"]
    """It answered · with a 5xx · not, or not in time · nobody listens at its port."""
    load: Load | None = None
    tokens: float | None = None


def open_client(*, seconds: float) -> httpx.AsyncClient:
    """For looks: as when a model is asked, no proxy that the environment names is used.

    Every look opens a connection: one that was kept would hide that nobody listens any more.
    """
    return httpx.AsyncClient(timeout=seconds, trust_env=False, limits=httpx.Limits(max_keepalive_connections=0))


async def look_at(client: httpx.AsyncClient, url: str, headers: Mapping[str, str], *, metrics: bool) -> Look:
    """Look at its /metrics, or at its list of models."""
    try:
        answer = await client.get(metrics_url(url) if metrics else f"{url}/models", headers=headers)
    except httpx.HTTPError as error:
        return Look("refused" if _is_refusal(error) else "silent")
    if answer.status_code >= 500:
        return Look("broken")
    text = answer.text if metrics and answer.status_code == 200 else ""
    return Look("there", read_load(text), read_tokens(text))


def metrics_url(url: str) -> str:
    """Where a vLLM at `url` tells how busy it is: beside /v1, not under it."""
    return f"{url.removesuffix('/v1')}/metrics"


def _is_refusal(error: BaseException | None) -> bool:
    """httpx has one error for a closed port and a name that can't be looked up just now; its causes tell."""
    while error is not None and not isinstance(error, ConnectionRefusedError):
        error = error.__cause__ or error.__context__
    return error is not None
