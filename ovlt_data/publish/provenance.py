"""Where a version's rows come from, as far as the rows themselves don't say it."""

from collections.abc import Mapping

from msgspec import Struct

from ovlt_data.prompts import Prompt


class Provenance(Struct, frozen=True, kw_only=True):
    """Roles are `caption`, `reason` and `train`; one that had no part is left out."""

    models: Mapping[str, str]
    """Identity by role: the model's id with its revision or checkpoint."""
    prompts: Mapping[str, Prompt]
    """By role; `train` is what the student is asked."""
    grader_version: str
    licences: Mapping[str, str] = {}
    """By source label or model id."""
    parents: tuple[str, ...] = ()
    """Dataset versions and checkpoints that this one is made from."""

    def models_by_role(self) -> dict[str, str | None]:
        return {role: self.models.get(role) for role in ROLES}

    def prompt_hashes(self) -> dict[str, str | None]:
        return {role: self.prompts[role].sha256 if role in self.prompts else None for role in ROLES}


ROLES = ("caption", "reason", "train")
