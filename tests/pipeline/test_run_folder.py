"""Whose a run's folder is."""

from pathlib import Path

import pytest

from ovlt_data.errors import EnvironmentStop, UsageError
from ovlt_data.run_folder import open_run

RECIPE = Path("/recipes/a.yaml")


def test_folder_is_made_and_taken_up_again(tmp_path: Path) -> None:
    for _ in range(2):
        with open_run(tmp_path / "runs", "a", recipe_file=RECIPE) as folder:
            assert folder == tmp_path / "runs" / "a"
            (folder / "samples").mkdir(exist_ok=True)


def test_folder_in_which_another_works_is_refused(tmp_path: Path) -> None:
    with (
        open_run(tmp_path, "a", recipe_file=RECIPE),
        pytest.raises(EnvironmentStop, match="another ovlt works in this run"),
        open_run(tmp_path, "a", recipe_file=RECIPE),
    ):
        pass


def test_folder_of_another_recipe_is_refused_even_if_its_run_was_killed(tmp_path: Path) -> None:
    with open_run(tmp_path, "a", recipe_file=RECIPE):
        pass
    with (
        pytest.raises(UsageError, match=r"the run of another recipe, /recipes/a\.yaml"),
        open_run(tmp_path, "a", recipe_file=Path("/recipes/b.yaml")),
    ):
        pass


def test_folder_that_no_run_made_is_refused_as_it_stands(tmp_path: Path) -> None:
    (tmp_path / "data" / "samples").mkdir(parents=True)
    with pytest.raises(UsageError, match="holds other files"), open_run(tmp_path, "data", recipe_file=RECIPE):
        pass
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["samples"]


@pytest.mark.parametrize("name", ["..", ".", "a/b", "/tmp", "a/"])
def test_name_that_is_a_path_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="--name"), open_run(tmp_path, name, recipe_file=RECIPE):
        pass


def test_place_that_can_not_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "runs").touch()
    with pytest.raises(EnvironmentStop, match="--out"), open_run(tmp_path / "runs", "a", recipe_file=RECIPE):
        pass
