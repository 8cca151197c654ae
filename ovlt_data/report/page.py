"""The page itself: figures and examples put into the template."""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from ovlt_data.report.examples import choose_examples
from ovlt_data.report.material import Material, read_material
from ovlt_data.report.summary import bin_kept, count_sources, count_verdicts, list_faults, measure_traces
from ovlt_data.text.reflect import describe_stripped

REPORT = "report.html"


def write_report(folder: Path) -> Path:
    """Write `report.html` into the folder of a run or of a dataset version, and return where it is."""
    page = render(read_material(folder))
    path = folder / REPORT
    unfinished = path.with_suffix(".unfinished")
    unfinished.write_text(page, encoding="utf-8")
    return unfinished.replace(path)


def render(material: Material) -> str:
    environment = Environment(
        autoescape=True,
        undefined=StrictUndefined,
        loader=FileSystemLoader(Path(__file__).parent),
        trim_blocks=True,
        lstrip_blocks=True,
    )
    failures, unusable = material.failures, material.unusable
    return environment.get_template("page.html.jinja").render(
        material=material,
        open=material.total - material.kept - sum(material.rejected.values()) - sum(material.failed.values()),
        sources=count_sources(material),
        verdicts=count_verdicts(material),
        traces=measure_traces(material),
        bins=bin_kept(material),
        failures=list_faults(failures["kind"], failures["message"]),
        unusable=list_faults(unusable["reason"], unusable["message"]),
        groups=choose_examples(material),
        describe_stripped=describe_stripped,
    )
