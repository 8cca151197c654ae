"""What is the same for all sources: ids, duplicates, picks, and being lazy."""

import hashlib
import itertools
import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from ovlt_data.errors import BadImage, UsageError
from ovlt_data.recipe import SourceSpec
from ovlt_data.sources import SOURCES, Source, check_source, describe, on_hub, read_source, read_sources
from ovlt_data.sources.draft import Draft
from ovlt_data.sources.problem import make_problem
from ovlt_data.types import Problem, Unusable

Read = Callable[..., Sequence[Problem | Unusable]]
Draw = Callable[[str], bytes]
Table = Callable[..., str]


@pytest.fixture
def table(tmp_path: Path) -> Table:
    """A table of questions with the answer 1; gives its path."""

    def written(*questions: str, name: str = "rows") -> str:
        file = tmp_path / f"{name}.jsonl"
        file.write_text("\n".join(json.dumps({"id": text, "question": text, "answer": "1"}) for text in questions))
        return str(file)

    return written


def origins(rows: Sequence[Problem | Unusable]) -> list[str]:
    return [row.origin for row in rows]


def numbered(count: int) -> list[str]:
    return [f"Question {number}?" for number in range(count)]


def test_an_id_is_16_hex_digits_of_the_content(read: Read, table: Table) -> None:
    (problem,) = read("mine", format="table", path=table("One?"))
    assert isinstance(problem, Problem)
    assert problem.id == hashlib.sha256(b'["mine","One?",[],"1",[]]').hexdigest()[:16]


def test_an_id_depends_on_content_alone(read: Read, tmp_path: Path, draw: Draw) -> None:
    row = {"question": "Which?", "answer": "1", "choices": None, "images": "a.png"}
    variants = [row, row | {"id": 7, "unit": "cm"}, row | {"question": "What?"}, row | {"answer": "2"}]
    variants += [row | {"images": None}, row | {"images": "b.png"}, row | {"choices": ["1", "2"]}]
    for name, colour in (("a", "red"), ("b", "blue")):
        (tmp_path / f"{name}.png").write_bytes(draw(colour))
    ids: list[str] = []
    for variant in variants:
        (tmp_path / "rows.jsonl").write_text(json.dumps(variant))
        (problem,) = read("mine", format="table", path=str(tmp_path / "rows.jsonl"))
        assert isinstance(problem, Problem)
        assert re.fullmatch(r"[0-9a-f]{16}", problem.id)
        ids.append(problem.id)
    assert ids[0] == ids[1]
    assert len(set(ids)) == len(ids) - 1


def test_the_label_is_part_of_the_id(read: Read, table: Table) -> None:
    (mine,), (yours,) = (read(label, format="table", path=table("One?")) for label in ("mine", "yours"))
    assert isinstance(mine, Problem)
    assert isinstance(yours, Problem)
    assert mine.id != yours.id


def test_the_name_of_a_picture_is_not_part_of_the_id(read: Read, tmp_path: Path, draw: Draw) -> None:
    for name in ("a.png", "b.png"):
        (tmp_path / name).write_bytes(draw("red"))
    rows = [{"id": name, "question": "?", "answer": "1", "images": name} for name in ("a.png", "b.png")]
    (tmp_path / "rows.jsonl").write_text("\n".join(map(json.dumps, rows)))
    first, second = read("mine", format="table", path=str(tmp_path / "rows.jsonl"))
    assert isinstance(first, Problem)
    assert second == Unusable(
        source="mine",
        origin="b.png",
        reason="duplicate",
        message=f"same question, choices, answer and pictures as problem {first.id}",
    )


def test_sources_of_one_label_share_their_duplicates(table: Table, tmp_path: Path) -> None:
    specs = [
        SourceSpec(source=label, format="table", path=table("One?", f"Two of {name}?", name=name))
        for name, label in (("a", "mine"), ("b", "mine"), ("c", "other"))
    ]
    rows = list(read_sources(specs, images_folder=tmp_path, seed=0))
    reasons = [row.reason if isinstance(row, Unusable) else row.source for row in rows]
    assert reasons == ["mine", "mine", "duplicate", "mine", "other", "other"]


def test_a_wrong_source_is_told_before_any_row_is_given(table: Table, tmp_path: Path) -> None:
    specs = [
        SourceSpec(source="mine", format="table", path=table("One?")),
        SourceSpec(source="geometry3k", path=str(tmp_path)),
    ]
    with pytest.raises(UsageError, match="source geometry3k"):
        read_sources(specs, images_folder=tmp_path, seed=0)


def test_first_takes_rows_in_the_files_order(read: Read, table: Table) -> None:
    path = table(*numbered(9))
    assert origins(read("mine", format="table", path=path, first=3)) == numbered(3)
    assert origins(read("mine", format="table", path=path, first=99)) == numbered(9)


def test_sample_takes_rows_by_rank_and_keeps_their_order(read: Read, table: Table) -> None:
    path = table(*numbered(200))
    picks = origins(read("mine", format="table", path=path, sample=50))
    assert len(picks) == 50
    assert picks == sorted(picks, key=numbered(200).index)
    assert picks != numbered(50)
    assert picks == origins(read("mine", format="table", path=path, sample=50))


def test_another_seed_takes_another_sample(read: Read, table: Table) -> None:
    path = table(*numbered(200))
    one, two = (set(origins(read("mine", format="table", path=path, sample=50, seed=seed))) for seed in (1, 2))
    assert len(one & two) < 30


def test_a_larger_sample_holds_the_smaller(read: Read, table: Table) -> None:
    path = table(*numbered(200))
    small, large = (set(origins(read("mine", format="table", path=path, sample=size))) for size in (50, 60))
    assert small < large


def test_more_rows_disturb_few_picks(read: Read, table: Table) -> None:
    before = set(origins(read("mine", format="table", path=table(*numbered(200)), sample=50)))
    after = set(origins(read("mine", format="table", path=table("New?", *numbered(210)), sample=50)))
    assert len(before & after) >= 44


def test_a_limit_takes_fewer_of_what_is_picked(read: Read, table: Table) -> None:
    path = table(*numbered(40))
    picks = origins(read("mine", format="table", path=path, sample=20))
    few = origins(read("mine", format="table", path=path, sample=20, limit=5))
    assert len(few) == 5
    assert set(few) < set(picks)
    assert origins(read("mine", format="table", path=path, first=20, limit=5)) == numbered(5)
    assert origins(read("mine", format="table", path=path, limit=5)) == numbered(5)


def test_rows_are_read_as_they_are_pulled(tmp_path: Path) -> None:
    endless = SourceSpec(source="shapes", count=10**12)
    rows = list(itertools.islice(read_source(endless, images_folder=tmp_path / "kept", seed=0), 3))
    assert len(rows) == 3
    assert len(list((tmp_path / "kept").iterdir())) <= 3


def test_drawn_sources_take_the_recipes_seed(read: Read) -> None:
    one, same, other = (read("shapes", count=5, **fields) for fields in ({"seed": 1}, {"seed": 1}, {"seed": 2}))
    assert one == same
    assert not set(origins(one)) & set(origins(other))


def test_reading_twice_gives_the_same_problems(read: Read) -> None:
    assert read("shapes", count=20) == read("shapes", count=20)


def test_a_name_is_no_picture_where_there_is_no_folder(tmp_path: Path, draw: Draw) -> None:
    (tmp_path / "a.png").write_bytes(draw("red"))
    draft = Draft(origin="1", question="?", answer="1", images=(str(tmp_path / "a.png"),))
    with pytest.raises(BadImage, match="only a name"):
        make_problem(draft, source="mine", images_folder=tmp_path)


def test_an_unknown_format_lists_those_there_are(read: Read) -> None:
    with pytest.raises(UsageError, match=r"no format `geometry4k`; expected one of: .*geometry3k"):
        read("geometry4k", path=".")


def test_checking_pulls_no_more_than_a_row(table: Table) -> None:
    check_source(SourceSpec(source="shapes", count=10**12))
    check_source(SourceSpec(source="mine", format="table", path=table("One?")))
    with pytest.raises(UsageError, match="no such file"):
        check_source(SourceSpec(source="mine", format="table", path="/nowhere.jsonl"))


def test_only_readers_that_know_the_hub_read_from_it() -> None:
    assert on_hub(SourceSpec(source="x", format="llava", path="owner/name"))
    assert not on_hub(SourceSpec(source="x", format="table", path="owner/name"))


@pytest.mark.parametrize("source", SOURCES.values(), ids=list(SOURCES))
def test_each_source_says_what_it_is(source: Source) -> None:
    for said in (source.about, source.licence, source.layout):
        assert said == said.strip() != ""


@pytest.mark.parametrize(
    "fields",
    [
        {"source": "figureqa"},
        {"source": "mine", "config": "FigureQA(MathV360K)"},
        {"source": "x", "format": "figureqa"},
    ],
    ids=["label", "subset", "reader"],
)
def test_a_copy_keeps_its_sources_terms(fields: dict[str, str]) -> None:
    spec = SourceSpec.model_validate({"format": "llava", "path": "owner/name"} | fields)
    assert not describe(spec).redistribution
