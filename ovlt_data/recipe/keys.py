"""Keys never stand in a recipe: it is copied, printed, hashed and published. It names the variable that holds one."""

import re
from urllib.parse import urlsplit

from pydantic import ValidationInfo

from ovlt_data.recipe.place import Place

LOOKS_SECRET = re.compile(r"authorization|api[-_]?key|token|secret|password|cookie|signature", re.IGNORECASE)
VARIABLE = re.compile(r"[A-Z_][A-Z0-9_]*")
"""Upper case only, so that a key written here by mistake is not taken for a name, and is never printed."""


def require_variable(name: str, info: ValidationInfo) -> str:
    """The name of an environment variable that is set."""
    if not VARIABLE.fullmatch(name):
        raise ValueError(
            "is not the NAME of an environment variable; expected something like VLLM_API_KEY, never the key itself"
        )
    if isinstance(info.context, Place) and not info.context.environment.get(name):
        raise ValueError(f"names {name}, which is not set in this environment; expected `export {name}=…` before")
    return name


def refuse_key_in_url(url: str) -> None:
    """Say so without repeating the URL: the message goes to logs."""
    if "@" in url:
        raise ValueError("has a user or password in its URL; expected the key in a variable, named by `api_key_env`")
    if LOOKS_SECRET.search(urlsplit(url).query):
        raise ValueError("has a key in its URL's query; expected it in a variable, named by `api_key_env`")


def refuse_key_in_headers(headers: dict[str, str]) -> dict[str, str]:
    """Headers that carry a key belong to `api_key_env`."""
    secret = sorted(filter(LOOKS_SECRET.search, headers))
    if secret:
        raise ValueError(f"would put a key into the recipe ({', '.join(secret)}); expected `api_key_env` instead")
    return headers
