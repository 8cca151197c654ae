"""What ovlt can read. A new source is a file beside this one, and an entry here."""

from collections.abc import Callable, Iterator, Mapping

from msgspec import Struct

from ovlt_data.recipe import SourceSpec
from ovlt_data.sources import geometry3k, llava, shapes, table, tabmwp
from ovlt_data.sources.draft import Draft
from ovlt_data.types import Unusable


class Source(Struct, frozen=True, kw_only=True):
    """A kind of source: what a recipe's `format` names."""

    read: Callable[[SourceSpec], Iterator[Draft | Unusable]]
    """Rows in a fixed order, lazily. What is wrong with the source as a whole is raised at the first row."""
    about: str
    licence: str
    """Of the data, as its publisher states it."""
    homepage: str
    layout: str
    """What `path` is to hold."""
    hub: bool = False
    """Whether `path` may also be a Hub id."""


SOURCES: Mapping[str, Source] = {
    "geometry3k": Source(
        read=geometry3k.read,
        about="plane geometry with a figure and four choices (Lu et al. 2021, Inter-GPS)",
        licence="MIT",
        homepage="https://github.com/lupantech/InterGPS",
        layout=geometry3k.LAYOUT,
    ),
    "tabmwp": Source(
        read=tabmwp.read,
        about="word problems over a pictured table (Lu et al. 2023, PromptPG)",
        licence="CC BY-NC-SA 4.0",
        homepage="https://github.com/lupantech/PromptPG",
        layout=tabmwp.LAYOUT,
    ),
    "llava": Source(
        read=llava.read,
        about="conversations about a picture, as in LLaVA-OneVision-Data (Li et al. 2024), from disk or from the Hub",
        licence="of each subset",
        homepage="https://huggingface.co/datasets/lmms-lab/LLaVA-OneVision-Data",
        layout=llava.LAYOUT,
        hub=True,
    ),
    "table": Source(
        read=table.read,
        about="a table of your own, with or without pictures",
        licence="yours",
        homepage="",
        layout=table.LAYOUT,
    ),
    "shapes": Source(
        read=shapes.read,
        about="scenes of coloured shapes that ovlt draws, with exact answers: `count` of them from `seed`",
        licence="CC0-1.0",
        homepage="",
        layout="no path: drawn",
    ),
}
