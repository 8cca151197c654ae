"""Length in words: what people state limits in, and the same for every tokenizer."""


def count_words(text: str) -> int:
    """Runs of anything that is not white space."""
    return len(text.split())
