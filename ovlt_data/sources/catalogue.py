"""What ovlt can read. A new source is a file beside this one, and a line here."""

from collections.abc import Mapping

from ovlt_data.sources import geometry3k, llava, mathverse, mathvision, mathvista, shapes, table, tabmwp
from ovlt_data.sources.source import Source

SOURCES: Mapping[str, Source] = {
    "geometry3k": geometry3k.SOURCE,
    "llava": llava.SOURCE,
    "mathverse": mathverse.SOURCE,
    "mathvision": mathvision.SOURCE,
    "mathvista": mathvista.SOURCE,
    "shapes": shapes.SOURCE,
    "table": table.SOURCE,
    "tabmwp": tabmwp.SOURCE,
}
