"""Where a version's rows come from, as far as the rows themselves don't say it."""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from ovlt_data.prompts import Prompt


class Provenance(Struct, frozen=True, kw_only=True):
    """By role, without those that had no part; only those of `ROLES` have columns in every version's rows."""

    models: Mapping[str, str]
    """Identity by role: the model's id with its revision or checkpoint."""
    prompts: Mapping[str, Prompt]
    """By role; `train` is what the student is asked."""
    teachers: Mapping[str, str] = {}
    """Identity of each model that was sampled, by its name in the recipe; the first is models["reason"]."""
    rated: bool = True
    """Whether pass rates are fair: the number of samples was fixed before the first one."""
    grader_version: str
    licences: Mapping[str, str] = {}
    """By source label or model id."""
    citations: Mapping[str, str] = {}
    """By source label."""
    restricted: tuple[str, ...] = ()
    """Sources whose licence does not let their rows be passed on, and of which the recipe says nothing else."""
    datasets: Sequence[str] = ()
    """Hub datasets that problems were read from, as `owner/name@commit`."""
    parents: tuple[str, ...] = ()
    """Dataset versions and checkpoints that this one is made from."""

    def models_by_role(self) -> dict[str, str | None]:
        return {role: self.models.get(role) for role in ROLES}

    def all_models(self) -> dict[str, str | None]:
        """With the further teachers, each as a role of its own."""
        teachers = {f"reason ({name})": model for name, model in list(self.teachers.items())[1:]}
        return self.models_by_role() | dict(self.models) | teachers

    def judge_columns(self) -> dict[str, str]:
        """Of a row that rests on a judge's word: who judged, and the hash of the prompt."""
        return {"judge": self.models[JUDGE], "judge_prompt_hash": self.prompts[JUDGE].sha256}

    def prompt_hashes(self) -> dict[str, str | None]:
        return {role: self.prompts[role].sha256 if role in self.prompts else None for role in ROLES}


ROLES = ("caption", "reason", "train")
JUDGE = "judge"
