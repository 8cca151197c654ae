import pytest

from ovlt_data.sources.conversation import Asked, stated_answer, take_apart

LETTER = "Hint: Please answer the question and provide the correct option letter, e.g., A, B, C, D, at the end."
VALUE = "Hint: Please answer the question and provide the final answer at the end."


@pytest.mark.parametrize(
    ("said", "question", "choices"),
    [
        pytest.param(
            f"<image>\n{LETTER}\nQuestion: Find x.\nChoices:\n(A) 30\n(B) 40\n(C) 5 \\sqrt {{ 2 }}",
            "Find x.",
            ("30", "40", "5 \\sqrt { 2 }"),
            id="hint_question_choices",
        ),
        pytest.param(f"<image>\n{VALUE}\nQuestion: How high is it?", "How high is it?", (), id="hint_and_question"),
        pytest.param(f"{LETTER} Question: Which? Choices: (A) x, (B) y", "Which?", ("x", "y"), id="all_in_a_row"),
        pytest.param(f"{VALUE}\nHow high is it?", "How high is it?", (), id="hint_without_question_label"),
        pytest.param(
            "Question: What is it?\nChoices:\nA. leaf\nB. root\nAnswer with the letter.",
            "What is it?",
            ("leaf", "root"),
            id="letters_with_full_stops",
        ),
        pytest.param("Which?\nOptions:\nA) red\nB) blue", "Which?", ("red", "blue"), id="options_half_brackets"),
        pytest.param("Which?\nChoices: A: red B: blue", "Which?", ("red", "blue"), id="colons_in_a_row"),
        pytest.param(
            "Which?\nA. red\nB. blue\nAnswer with the option's letter from the given choices directly.",
            "Which?",
            ("red", "blue"),
            id="choices_without_a_label",
        ),
        pytest.param(
            "Which?\nChoices:\n(A) see (B) below\n(B) above", "Which?", ("see (B) below", "above"), id="label_inside"
        ),
        pytest.param(
            "Find DF.\nChoices:\n(A) 1\n(B) 2\n(C) 3\n(D) 4\n(E) 5", "Find DF.", tuple("12345"), id="five_choices"
        ),
        pytest.param("What is shown?\n<image>", "What is shown?", (), id="marker_after"),
        pytest.param("Is <image1> like\n<image2>?", "Is  like\n?", (), id="numbered_markers"),
        pytest.param("<image><image>Compare them.", "Compare them.", (), id="two_markers"),
        pytest.param(
            "Hint: CD is a diameter.\nQuestion: Find x.",
            "Hint: CD is a diameter.\nQuestion: Find x.",
            (),
            id="a_hint_with_content_stays",
        ),
        pytest.param("Find x. (Hint: draw a line.)", "Find x. (Hint: draw a line.)", (), id="a_hint_inside_stays"),
        pytest.param("Question: Name the\nChoices: none", "Name the\nChoices: none", (), id="no_choices_after_all"),
        pytest.param("Which?\nChoices:\n(A) only", "Which?\nChoices:\n(A) only", (), id="one_choice_is_none"),
        pytest.param("Which?\nChoices:\n(B) b\n(C) c", "Which?\nChoices:\n(B) b\n(C) c", (), id="no_first_choice"),
        pytest.param("", "", (), id="empty"),
        pytest.param("<image>", "", (), id="only_a_picture"),
    ],
)
def test_a_question_is_taken_apart(said: str, question: str, choices: tuple[str, ...]) -> None:
    assert take_apart(said) == Asked(question, choices)


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ("The answer is B", "B"),
        ("The answer is (B)", "(B)"),
        ("The answer is B.", "B"),
        ("The answer is 3.46", "3.46"),
        ("The answer is 3.46.", "3.46"),
        ("The answer is: 13,802", "13,802"),
        ("The answer is 10:15 A.M.", "10:15 A.M."),
        ("The answer is Yes.", "Yes"),
        ("Answer: B", "B"),
        ("Half of 12 is 6.\nAnswer: 6\n", "6"),
        ("At first the answer is 5. But then the answer is 7\nbecause of x", "7"),
        ("D", "D"),
        (" unanswerable ", "unanswerable"),
        ("The answer is", ""),
        ("", ""),
    ],
)
def test_an_answer_is_what_is_stated_last(said: str, answer: str) -> None:
    assert stated_answer(said) == answer
