"""What ovlt can read. A new source is a file beside this one, and a line here."""

from collections.abc import Mapping

from ovlt_data.sources import (
    ai2d,
    cauldron,
    clevr,
    figureqa,
    geometry3k,
    geos,
    iconqa,
    llava,
    mapqa,
    mathverse,
    mathvision,
    mathvista,
    scienceqa,
    shapes,
    superclevr,
    table,
    tabmwp,
    vizwiz,
)
from ovlt_data.sources.source import Source

SOURCES: Mapping[str, Source] = {
    "ai2d": ai2d.SOURCE,
    "cauldron": cauldron.SOURCE,
    "clevr": clevr.SOURCE,
    "figureqa": figureqa.SOURCE,
    "geometry3k": geometry3k.SOURCE,
    "geos": geos.SOURCE,
    "iconqa": iconqa.SOURCE,
    "llava": llava.SOURCE,
    "mapqa": mapqa.SOURCE,
    "mathverse": mathverse.SOURCE,
    "mathvision": mathvision.SOURCE,
    "mathvista": mathvista.SOURCE,
    "scienceqa": scienceqa.SOURCE,
    "shapes": shapes.SOURCE,
    "superclevr": superclevr.SOURCE,
    "table": table.SOURCE,
    "tabmwp": tabmwp.SOURCE,
    "vizwiz": vizwiz.SOURCE,
}
