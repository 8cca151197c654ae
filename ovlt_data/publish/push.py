"""A version onto the Hub: files first, then one commit that holds everything or nothing, then its tag.

What is there already is not sent again, so that an interrupted push goes on where it stood, and a version that stands
at the head with its card makes no commit. A commit names the one that it follows: where somebody was faster, the head
is read again.
The token is the Hub's own affair (HF_TOKEN, or `hf auth login`): it is not asked for, printed or kept here.
"""

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

import httpx2
import msgspec
from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi
from huggingface_hub.errors import EntryNotFoundError, HfHubHTTPError, LocalEntryNotFoundError
from msgspec import Struct
from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt, wait_random_exponential

from ovlt_data.errors import EndpointStop, UsageError
from ovlt_data.publish.card import CARD
from ovlt_data.publish.charts import CHARTS
from ovlt_data.publish.lineage import PROBES_FILE
from ovlt_data.publish.manifest import MANIFEST, Manifest
from ovlt_data.publish.parent import Parent
from ovlt_data.types import Say

ATTEMPTS = 8
LONGEST_WAIT = 60.0
"""Seconds between two attempts, at most."""
AT_ONCE = 90
"""Files whose upload is asked for in one go."""
PASSING = frozenset({408, 409, 412, 425, 429, 500, 502, 503, 504})
"""Statuses that may go better next time; 412 is a head that has moved."""
BESIDE = (".gitattributes",)
"""What the Hub puts into a repository itself."""


class Pushed(Struct, frozen=True, kw_only=True):
    repo: str
    version: str
    commit: str
    tags: Sequence[str]
    new: bool
    """False where the version stood at the head already."""


def push_version(
    version: Parent,
    repo: str,
    *,
    private: bool = False,
    tag: str | None = None,
    say: Say = lambda _: None,
    longest_wait: float = LONGEST_WAIT,
) -> Pushed:
    """Push a version to `repo` (user/name). Raises EndpointStop where the Hub refuses, or stays away: resumable."""
    refuse_restricted(version)
    api, patient = HfApi(), _retrying(say, longest_wait)
    try:
        patient(api.create_repo, repo, repo_type="dataset", private=private, exist_ok=True)
        head = patient(_find_head, api, repo)
        is_new = not patient(_stands_there, api, version, repo)
        if is_new:
            _upload(api, version, repo, patient, say)
            head = patient(_commit, api, version, repo)
        tags = [version.manifest.version, *([tag] if tag else [])]
        for name in tags:
            patient(api.create_tag, repo, tag=name, revision=head, repo_type="dataset", exist_ok=True)
    except (HfHubHTTPError, httpx2.HTTPError, RuntimeError) as error:
        raise EndpointStop(f"{repo}: {_word(error)}. Nothing half stands there; push again to go on") from error
    return Pushed(repo=repo, version=version.manifest.version, commit=head, tags=tags, new=is_new)


def refuse_restricted(version: Parent) -> None:
    """Rows that their licence keeps where they are. Raises UsageError; what to do about it is the owner's to say."""
    rows = {source.source for source in version.manifest.sources if source.rows}
    kept_here = sorted(rows.intersection(version.manifest.restricted))
    if kept_here:
        raise UsageError(
            f"{version.folder}: holds rows of {', '.join(kept_here)}, whose licence does not let them be passed on; "
            f"leave these sources out, or, if you have the right, build with build.redistribute: {kept_here}"
        )


def list_files(version: Parent) -> list[Path]:
    """What travels: the version's own files, without what was written beside them later."""
    names = [CARD, CHARTS, MANIFEST, "recipe.yaml", "lineage.parquet", PROBES_FILE, "rejected.parquet"]
    return [*version.shards, *(path for name in names if (path := version.folder / name).is_file())]


def _upload(api: HfApi, version: Parent, repo: str, patient: Retrying, say: Say) -> None:
    """Large files, some at a time; the Hub says which it has."""
    files = list_files(version)
    say(f"{repo}: {len(files)} files, {sum(path.stat().st_size for path in files) / 1e6:,.1f} MB")
    for group in _chunk(files):
        patient(api.preupload_lfs_files, repo, _add(version, group), repo_type="dataset")


def _chunk(files: Sequence[Path]) -> Iterator[list[Path]]:
    left = iter(files)
    while group := list(islice(left, AT_ONCE)):
        yield group


def _add(version: Parent, files: Sequence[Path]) -> list[CommitOperationAdd]:
    return [CommitOperationAdd(str(path.relative_to(version.folder)), path) for path in files]


def _commit(api: HfApi, version: Parent, repo: str) -> str:
    """Everything in one commit on the present head, unless an attempt whose answer was lost has made it."""
    head = _find_head(api, repo)
    if _stands_there(api, version, repo):
        return head
    added = _add(version, list_files(version))
    kept = {operation.path_in_repo for operation in added} | set(BESIDE)
    there = api.list_repo_files(repo, repo_type="dataset", revision=head)
    removed = [CommitOperationDelete(path) for path in there if path not in kept]
    done = api.create_commit(
        repo,
        [*added, *removed],
        commit_message=f"ovlt version {version.manifest.version}: {version.manifest.rows:,} rows",
        repo_type="dataset",
        parent_commit=head,
    )
    return done.oid


def _find_head(api: HfApi, repo: str) -> str:
    head = api.dataset_info(repo).sha
    if head is None:
        raise UsageError(f"{repo}: the Hub names no commit of it; expected a dataset repository")
    return head


def _stands_there(api: HfApi, version: Parent, repo: str) -> bool:
    """Whether the head is this version with this card, which a review completes after the rows have been pushed."""
    manifest = _read_pushed(api, repo, MANIFEST)
    if manifest is None or msgspec.json.decode(manifest, type=Manifest).version != version.manifest.version:
        return False
    return _read_pushed(api, repo, CARD) == (version.folder / CARD).read_bytes()


def _read_pushed(api: HfApi, repo: str, name: str) -> bytes | None:
    """A file at the head; None where there is none."""
    try:
        return Path(api.hf_hub_download(repo, name, repo_type="dataset", force_download=True)).read_bytes()
    except (EntryNotFoundError, LocalEntryNotFoundError):
        return None


def _retrying(say: Say, longest_wait: float) -> Retrying:
    def tell(state: RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome else None
        say(f"the Hub: {_word(error)}; attempt {state.attempt_number + 1} of {ATTEMPTS}")

    return Retrying(
        stop=stop_after_attempt(ATTEMPTS),
        wait=wait_random_exponential(multiplier=min(1.0, longest_wait), max=longest_wait),
        retry=retry_if_exception(_is_passing),
        before_sleep=tell,
        reraise=True,
    )


def _is_passing(error: BaseException) -> bool:
    cause: BaseException | None = error
    while isinstance(cause, RuntimeError):  # how an upload in a thread wraps what went wrong
        cause = cause.__cause__
    if isinstance(cause, HfHubHTTPError):
        return cause.response.status_code in PASSING
    return isinstance(cause, httpx2.HTTPError | ConnectionError | TimeoutError)


def _word(error: BaseException | None) -> str:
    """The first line, which holds status and URL; headers, where a token could be, are never in it."""
    return (str(error).splitlines() or [type(error).__name__])[0]
