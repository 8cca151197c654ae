import hashlib
from pathlib import Path

import pytest

from ovlt_data.errors import RowError, UsageError
from ovlt_data.prompts import Prompt, load_prompt


def _prompt(folder: Path, text: str) -> Prompt:
    (folder / "mine.jinja").write_text(text, "utf-8")
    return load_prompt("mine.jinja", beside=folder)


def _complaint(folder: Path, text: str) -> str:
    with pytest.raises(UsageError) as caught:
        _prompt(folder, text)
    return str(caught.value).replace(f"{folder}/", "")


def test_a_prompt_is_its_text_and_its_hash(tmp_path: Path) -> None:
    prompt = _prompt(tmp_path, "Q: {{ question }}\n")
    assert prompt.sha256 == hashlib.sha256(b"Q: {{ question }}\n").hexdigest()
    assert prompt.variables == {"question"}
    assert prompt == _prompt(tmp_path, "Q: {{ question }}\n")
    assert prompt.sha256 != _prompt(tmp_path, "Q: {{ question }}").sha256


@pytest.mark.parametrize(
    "hostile",
    [
        "{{ 7*7 }}",
        "{% raw %}",
        "{# note #}",
        "{% for x in range(9) %}",
        "{{ ''.__class__.__mro__ }}",
        "<b>&amp;</b>",
        "C:\\new\ttab",
        "{{ caption }}",
    ],
)
def test_what_stands_in_a_problem_is_filled_in_as_it_is(tmp_path: Path, hostile: str) -> None:
    prompt = _prompt(tmp_path, "{{ question }}|{{ choices | join }}|{{ caption }}|{{ source }}")
    filled = prompt.render(question=hostile, choices=[hostile], caption=hostile, source=hostile)
    assert filled == "|".join([hostile] * 4)


def test_choices_get_their_letters(tmp_path: Path) -> None:
    prompt = _prompt(
        tmp_path, "{% for letter, choice in choices | lettered %}({{ letter }}) {{ choice }}\n{% endfor %}"
    )
    assert prompt.render(choices=("red", "blue")) == "(A) red\n(B) blue"
    assert prompt.render() == ""


def test_more_choices_than_letters_fail_the_row(tmp_path: Path) -> None:
    prompt = _prompt(tmp_path, "{{ choices | lettered }}")
    with pytest.raises(RowError, match="27 choices"):
        prompt.render(choices=["x"] * 27)


def test_white_space_around_the_message_is_dropped(tmp_path: Path) -> None:
    assert _prompt(tmp_path, "\n  {{ question }}  \n\n").render(question=" a\n") == "a"


def test_a_caption_that_is_not_there_is_no_empty_caption(tmp_path: Path) -> None:
    prompt = _prompt(tmp_path, "See: {{ caption }}")
    assert prompt.render(caption="") == "See:"
    with pytest.raises(UsageError, match="'caption' is undefined"):
        prompt.render(question="Which?")


@pytest.mark.parametrize(
    ("text", "what"),
    [
        pytest.param("a\n{{ qestion }}", "mine.jinja:2: unknown variable `qestion`; expected one of: ", id="unknown"),
        pytest.param("{{ a }}\n{{ b }}", "mine.jinja:1: unknown variable `a`", id="first-of-two"),
        pytest.param("{{ a }}\n{{ b }}", "\nmine.jinja:2: unknown variable `b`", id="second-of-two"),
        pytest.param("a\nb\n{{ question", "mine.jinja:3: ", id="open-braces"),
        pytest.param("{% if question %}\nx", "mine.jinja:1: Unexpected end", id="open-if"),
        pytest.param("{{ question | shout }}", "mine.jinja:1: No filter named 'shout'", id="unknown-filter"),
        pytest.param("{{ question | random }}", "mine.jinja:1: No filter named 'random'", id="chance"),
        pytest.param("{% include 'other' %}", "takes in another file", id="include"),
        pytest.param("{{ question.nope }}", "has no attribute 'nope'", id="no-such-attribute"),
        pytest.param("{{ choices[0] }}", "mine.jinja: fails for a problem with 0 choices: ", id="first-of-no-choices"),
        pytest.param("{{ question + 1 }}", "mine.jinja: fails for a problem with 0 choices", id="text-plus-number"),
        pytest.param("{{ ''.__class__.__mro__ }}", "access to attribute", id="out-of-the-sandbox"),
        pytest.param("{{ choices.append('x') }}", "access to attribute", id="changes-a-value"),
        pytest.param(" \n", "mine.jinja: is empty", id="empty"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_template_is_said_before_it_is_used(tmp_path: Path, text: str, what: str) -> None:
    assert what in _complaint(tmp_path, text)


def test_names_that_a_template_makes_itself_are_known(tmp_path: Path) -> None:
    prompt = _prompt(tmp_path, "{% set n = 2 %}{% for i in range(n) %}{{ i }}{{ loop.last }}{% endfor %}")
    assert prompt.variables == frozenset()


def test_fewer_variables_can_be_asked_for(tmp_path: Path) -> None:
    _prompt(tmp_path, "{{ caption }}")
    with pytest.raises(UsageError, match="unknown variable `caption`; expected one of: choices, question"):
        load_prompt("mine.jinja", beside=tmp_path, variables={"question", "choices"})


def test_text_that_is_no_utf_8_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mine.jinja").write_bytes(b"\xff")
    with pytest.raises(UsageError, match="can't be read as UTF-8"):
        load_prompt("mine.jinja", beside=tmp_path)


def test_ours_know_what_they_are_for() -> None:
    here = Path(__file__).parent
    assert load_prompt("student", beside=here).variables == {"question", "choices"}
    assert load_prompt("reason_from_caption.jinja", beside=here).variables == {"question", "choices", "caption"}
    assert not load_prompt("caption", beside=here).variables


def test_ours_read_well_with_and_without_choices() -> None:
    student = load_prompt("student", beside=Path(__file__).parent)
    assert "Choices:\n(A) red\n(B) blue\n\n" in student.render(question="Which?", choices=["red", "blue"])
    assert student.render(question="Which?").startswith("Which?\n\n")
    assert "hoice" not in student.render(question="Which?")
