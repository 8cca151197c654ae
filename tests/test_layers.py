"""The import law: every module imports only leftwards, torch stands where it belongs, and the command line is quick."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

LAYERS = (
    ("types", "errors"),
    ("text", "images", "image_kinds", "lookup", "checkpoint"),
    ("alike",),
    ("answers",),
    ("recipe", "prompts"),
    ("tables",),
    ("engine", "review"),
    ("sources", "generate", "curate", "publish", "report", "evaluate"),
    ("serve",),
    ("metrics",),
    ("run_folder", "connect", "shard", "outcome", "estimate", "roles"),
    ("account", "mixing"),
    ("pipeline", "check", "plan"),
    ("replay", "arms"),
    ("loop",),
    ("progress", "session", "housekeeping", "training", "versions", "reviewing"),
    ("planning", "evaluating", "looping"),
    ("commands",),
    ("cli",),
)
"""Left to right; modules of one layer do not import each other, but for those named in `WITHIN`."""

WITHIN = {
    ("types", "errors"),
    ("recipe", "prompts"),
    ("session", "progress"),
    ("images", "lookup"),
    ("images", "image_kinds"),
}

HEAVY = ("torch", "transformers", "datasets", "polars", "pydantic")


def layer_of(module: str) -> int:
    """Position of ovlt_data.<module>… among the layers."""
    part = module.split(".")[1]
    return next(index for index, layer in enumerate(LAYERS) if part in layer)


def modules() -> list[Path]:
    return sorted((ROOT / "ovlt_data").rglob("*.py"))


def name_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def ours(path: Path) -> set[str]:
    """Parts of ovlt_data that a file imports, such as `engine`."""
    found = {name.split(".")[1] for name in imported(path) if name.startswith("ovlt_data.")}
    return {part for part in found if (ROOT / "ovlt_data" / part).is_dir() or (ROOT / f"ovlt_data/{part}.py").is_file()}


@pytest.mark.parametrize("path", modules(), ids=name_of)
def test_module_imports_only_leftwards(path: Path) -> None:
    if path.parent == ROOT / "ovlt_data" and path.stem == "__init__":
        assert not ours(path)
        return
    here = name_of(path).split(".")[1]
    mine = layer_of(name_of(path))
    for part in ours(path) - {here}:
        theirs = layer_of(f"ovlt_data.{part}")
        assert theirs < mine or (here, part) in WITHIN, f"{name_of(path)} imports {part}"


TRAINER_MAY_USE = {"types", "errors", "recipe", "images", "answers", "checkpoint"}


@pytest.mark.parametrize("path", sorted((ROOT / "ovlt_train").glob("*.py")), ids=lambda path: path.stem)
def test_trainer_uses_values_recipes_and_the_grader_alone(path: Path) -> None:
    """And the one way to open a processor without torchvision."""
    beside = {name for name in imported(path) if name.startswith("ovlt_data.serve")}
    assert {name for name in beside if not name.startswith("ovlt_data.serve.processor")} <= {"ovlt_data.serve"}
    assert ours(path) - {"serve"} <= TRAINER_MAY_USE


@pytest.mark.parametrize("path", modules(), ids=name_of)
def test_nobody_imports_the_trainer(path: Path) -> None:
    assert not [name for name in imported(path) if name.split(".")[0] == "ovlt_train"]


@pytest.mark.parametrize("path", modules(), ids=name_of)
def test_torch_stands_only_in_the_embedded_server(path: Path) -> None:
    if "serve" in path.parts:
        return
    assert not {"torch", "transformers"} & {name.split(".")[0] for name in imported(path)}


def test_command_line_imports_nothing_heavy_at_its_start() -> None:
    code = f"import ovlt_data.cli, sys; print([name for name in {HEAVY} if name in sys.modules])"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"


def test_help_names_every_command() -> None:
    text = subprocess.check_output([sys.executable, "-m", "ovlt_data.cli", "--help"], text=True)
    assert all(command in text for command in ("run", "check", "report", "grade", "serve", "sources", "store", "train"))
