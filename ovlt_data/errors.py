"""Errors, in two families that are never mixed: a bad row is data, a bad endpoint is a stop.

OvltError
├── RowError                   one row can't go on; the run does            -> failures
│   ├── BadImage               truncated, empty, a bomb, outside its folder
│   └── RequestFailed          what an endpoint made of one request
├── UsageError                 the recipe or the command line is wrong      -> exit 2
│   └── RecipeError            with file, key path and what was expected
├── StopError                  an endpoint or the environment is            -> exit 3, resumable
│   ├── EndpointStop           no access, no such model, no replica answers
│   ├── TooManyFailures        the first rows all alike, or more than max_failed
│   └── EnvironmentStop        disk full, a package or a file is missing
└── NothingBuilt               no row was left to build from                -> exit 1
"""

from collections.abc import Sequence


class OvltError(Exception):
    """Base of all errors that ovlt raises on purpose. The text is for the person at the terminal."""


class RowError(OvltError):
    """One row can't go on. `kind` is what failures are counted by; a `lasting` one is not tried again by itself."""

    kind = "row"
    lasting = True
    request_key = ""
    endpoint = ""
    attempts = 0


class BadImage(RowError):
    """A picture that can't be read or must not be; the message names the file."""

    kind = "bad_image"


class RequestFailed(RowError):
    """A request that ended without a usable answer.

    Kinds. Lasting: `bad_request`, `context_too_long`, `too_large`. Passing: `timeout`, `connection`,
    `rate_limited`, `server_error`, `bad_reply`.
    """

    def __init__(self, message: str, *, kind: str, lasting: bool, endpoint: str = "", attempts: int = 0) -> None:
        super().__init__(message)
        self.kind = kind
        self.lasting = lasting
        self.endpoint = endpoint
        self.attempts = attempts


class UsageError(OvltError):
    """The recipe or the command line is wrong: nothing was sent, nothing was spent."""


class RecipeError(UsageError):
    """All that is wrong with a recipe, at once: one line each, `file:line: key.path: what was expected`."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


class StopError(OvltError):
    """The run can't go on now. What arrived is stored; the same command takes it up again."""


class EndpointStop(StopError):
    """An endpoint refuses everybody: no access, no such model, or no replica answers."""


class TooManyFailures(StopError):
    """Rows fail so alike, or so often, that going on would waste money."""


class EnvironmentStop(StopError):
    """The machine is in the way: disk full, a package or a file is missing."""


class NothingBuilt(OvltError):
    """No row was left to build a dataset version from; the text says at which step they went."""
