"""Where a version's rows come from: which models, prompts, sources and datasets had a part in a run, by role."""

from collections.abc import Mapping

from ovlt_data.answers import GRADER_VERSION
from ovlt_data.engine.endpoint import Endpoint
from ovlt_data.engine.request import identify
from ovlt_data.generate.planned import Plan
from ovlt_data.prompts import Prompt
from ovlt_data.publish.provenance import Provenance
from ovlt_data.recipe import Recipe
from ovlt_data.sources import describe, list_commits


def trace_roles(recipe: Recipe, plan: Plan, endpoints: Mapping[str, Endpoint], *, student: Prompt) -> Provenance:
    """Of a run that has asked all it was to ask: its models then are who answered."""
    asked = plan.list_asked()
    sources = {spec.source: describe(spec) for spec in recipe.problems.sources}
    barred = {name for name, source in sources.items() if not source.redistribution}
    step = recipe.reason
    teachers = [name for name, _ in step.teachers] if step else []
    return Provenance(
        teachers={name: str(identify(endpoints[name].model)) for name in teachers},
        rated=step is None or step.samples.until is None,
        models={role: str(identify(endpoints[model].model)) for role, (model, _) in asked.items()},
        prompts={role: prompt for role, (_, prompt) in asked.items()} | {"train": student},
        grader_version=GRADER_VERSION,
        licences={name: source.licence for name, source in sources.items()},
        citations={name: source.citation for name, source in sources.items() if source.citation},
        restricted=tuple(sorted(barred - set(recipe.build.redistribute))),
        datasets=list_commits(recipe.problems.sources),
    )
