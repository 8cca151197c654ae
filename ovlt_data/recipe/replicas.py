"""Where a model is asked: URLs in the recipe, or in a file beside it that may change while a run goes on."""

import re
from pathlib import Path

from ovlt_data.recipe.keys import refuse_key_in_url

FROM_FILE = "file:"
"""Before the path, in the place of a URL."""


def check_urls(urls: list[str]) -> None:
    """Raises ValueError for what is no URL, holds a key, or stands there twice."""
    for url in urls:
        check_url(url, expected="`embedded` alone, `file:PATH` alone, or URLs")
    if len({url.rstrip("/") for url in urls}) < len(urls):
        raise ValueError("names one URL twice; expected each replica once")


def check_url(url: str, *, expected: str) -> None:
    """Raises ValueError, which repeats the URL only if no key stands in it."""
    refuse_key_in_url(url)
    if not re.fullmatch(r"https?://[^/\s?#]+[^\s#]*", url):
        raise ValueError(f"is `{url}`; expected {expected} that begin with http:// or https://")


def read_urls(path: Path) -> list[str]:
    """The URLs of a file, one a line, `#` before what is for people.

    Raises ValueError with everything that is wrong, each thing with its line.
    """
    try:
        text = path.read_text("utf-8-sig")
    except FileNotFoundError:
        raise ValueError(f"no such file: {path}; expected one URL a line") from None
    except UnicodeDecodeError:
        raise ValueError(f"{path} is not UTF-8 text; expected one URL a line") from None
    except OSError as error:
        raise ValueError(f"{path} can't be read: {error.strerror}; expected one URL a line") from None
    lines = [(number, _strip(line)) for number, line in enumerate(text.splitlines(), start=1)]
    urls = [(number, url) for number, url in lines if url]
    wrong = _complain(urls)
    if wrong:
        raise ValueError("; ".join(f"{path}:{number} {what}" for number, what in wrong))
    if not urls:
        raise ValueError(f"{path} names no URL; expected one a line")
    return [url for _, url in urls]


def _strip(line: str) -> str:
    return re.split(r"(?:^|\s)#", line, maxsplit=1)[0].strip()


def _complain(urls: list[tuple[int, str]]) -> list[tuple[int, str]]:
    """What is wrong, by line number."""
    wrong: list[tuple[int, str]] = []
    first: dict[str, int] = {}
    for number, url in urls:
        try:
            check_url(url, expected="one URL a line, all of them")
        except ValueError as error:
            wrong.append((number, str(error)))
        if (before := first.setdefault(url.rstrip("/"), number)) != number:
            wrong.append((number, f"names the URL of line {before} again; expected each replica once"))
    return wrong
