"""What a kind of source says about itself: what a recipe's `format` names, and what a card tells of its rows."""

from collections.abc import Callable, Iterator

from msgspec import Struct

from ovlt_data.recipe import SourceSpec
from ovlt_data.sources.draft import Draft
from ovlt_data.types import AnswerType, Unusable


class Home(Struct, frozen=True):
    """Where a benchmark stands on the Hub."""

    path: str
    config: str | None = None


class Source(Struct, frozen=True, kw_only=True):
    read: Callable[[SourceSpec], Iterator[Draft | Unusable]]
    """Rows in a fixed order, lazily. What is wrong with the source as a whole is raised at the first row."""
    about: str
    layout: str
    """What `path` is to hold."""
    licence: str
    """Of the data, as its publisher states it."""
    citation: str = ""
    """Its paper: authors, year, title, where."""
    size: str = ""
    """How much there is of it, and in which splits."""
    answer_types: tuple[AnswerType, ...] = ()
    """Of its golds; empty where they are whatever the data holds."""
    homepage: str = ""
    hub: bool = False
    """Whether `path` may also be a Hub id."""
    home: Home | None = None
    """The Hub copy that a recipe means which says no `path`."""
    redistribution: bool = True
    """Whether the licence lets its pictures and rows be passed on."""
    training: bool = True
    """Whether its terms let it be trained on."""
