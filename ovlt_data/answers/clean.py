r"""One spelling for what typists, TeX, Markdown and Unicode write in many.

Done once to both sides, before any rule looks at them: full-width forms, minus signs, superscripts, fractions,
\text{}, \left, $…$, **bold**, quotes. What remains of TeX is \frac, \sqrt, function names and braces; mathematical
letters and relations are single Unicode characters. Control characters stay, so that they never make a match.
"""

import re
import unicodedata

_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻", "0123456789+-")
_CHARACTERS = str.maketrans(
    {
        **dict.fromkeys("−–—‐‑‒﹣－", "-"),
        **dict.fromkeys("×·⋅∙✕", "*"),
        **dict.fromkeys("“”„‟″", '"'),
        **dict.fromkeys("‘’‛′`", "'"),
        **dict.fromkeys("\u200b\u200c\u200d\u2060\ufeff", ""),
        "÷": "/",
        "⁄": "/",
        "。": ".",
        "º": "°",
        "≃": "≈",
        "≅": "≈",
        "⩽": "≤",
        "⩾": "≥",
    }
)
_COMMANDS = {
    **dict.fromkeys(("dfrac", "tfrac", "cfrac"), r"\frac"),
    **dict.fromkeys(("left", "right", "displaystyle", "textstyle", "limits", "!", "(", ")", "[", "]"), ""),
    **dict.fromkeys(
        ("bf", "it", "rm", "sf", "tt", "large", "Large", "LARGE", "huge", "Huge", "normalsize", "small"), ""
    ),
    **dict.fromkeys(("big", "Big", "bigg", "Bigg", "bigl", "bigr", "Bigl", "Bigr"), ""),
    **dict.fromkeys((",", ";", ":", " ", "quad", "qquad"), " "),
    **dict.fromkeys(("cdot", "times"), "*"),
    **dict.fromkeys(("approx", "simeq", "cong"), "≈"),
    **dict.fromkeys(("le", "leq", "leqslant"), "≤"),
    **dict.fromkeys(("ge", "geq", "geqslant"), "≥"),
    **dict.fromkeys(("ne", "neq"), "≠"),
    **dict.fromkeys(("circ", "degree"), "°"),
    "div": "/",
    "lt": "<",
    "gt": ">",
    "pi": "π",
    "infty": "∞",
    "emptyset": "∅",
    "varnothing": "∅",
    "pm": "±",
    "cup": "∪",
    "cap": "∩",
    "in": "∈",
    "angle": "∠",
    "triangle": "△",
    "theta": "θ",
    "alpha": "α",
    "beta": "β",
    "%": "%",
    "#": "#",
    "_": "_",
    "&": "&",
    "$": "$",
    '"': '"',
}
_COMMAND = re.compile(r"\\(q?quad|[A-Za-z]++|.)", re.DOTALL)
_WRAPPED = re.compile(
    r"\\(?:text(?:bf|it|rm|sf|tt|normal)?|math(?:bf|it|rm|sf|tt)|operatorname|[mh]box|emph|boldsymbol|bm|boxed|fbox)"
    r"\s*+\*?\{([^{}]*+)\}"
)
_MATH = re.compile(r"(?<!\\)\$((?:[^$\\]|\\.)*+)\$", re.DOTALL)
_THOUSANDS = re.compile(r" ?\{ ?, ?\} ?|,\\! ?")
_ESCAPED_TWICE = re.compile(r"\\\\(?=[A-Za-z])")
_BOLD = re.compile(r"(?<![\w)*])\*\*([^*\n]++)\*\*(?![\w(*])")
_DEGREES = re.compile(r"\s*\^\s*+(?:°|\{\s*+°\s*+\})")
_UNITS = {
    "平方厘米": "cm^{2}",
    "平方米": "m^{2}",
    "厘米": "cm",
    "毫米": "mm",
    "千米": "km",
    "公里": "km",
    "米": "m",
    "小时": "h",
    "分钟": "min",
    "秒": "s",
    "度": "°",
    "元": "¥",
}
_UNIT_IN_CHINESE = re.compile(r"(?<=[\d})π]) ?(" + "|".join(_UNITS) + r")(?!\w)")  # GeoQA's golds: 4.40米
_SUPERSCRIPT = re.compile("[⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻]++")
_VULGAR_AFTER_DIGIT = re.compile(r"(?<=\d)(?=[¼½¾⅐-⅞])")
_RELATION = re.compile(r"[<>!]=")
_LIST_OF_ONE = re.compile(r"\[\s*+[\"']([^\"',]*+)[\"']\s*+\]")
_SPACES = re.compile(r"[ \t\r\f\v]{2,}")
_EDGES = " \t\r\n*_`\"'"


def clean(text: str) -> str:
    if not text.isascii():
        text = _plain(text)
    if "\\" in text or "$" in text or "{" in text:
        text = _without_tex(text)
    if "<" in text or ">" in text or "!=" in text:
        text = _RELATION.sub(_related, text)
    if "**" in text:
        text = _BOLD.sub(r"\1", text)
    if "  " in text or "\t" in text:
        text = _SPACES.sub(" ", text)
    if text.startswith("[") and (only := _LIST_OF_ONE.fullmatch(text.strip())):
        text = only[1]
    return text.strip(_EDGES)


def _plain(text: str) -> str:
    text = _SUPERSCRIPT.sub(_raised, text.translate(_CHARACTERS))
    text = unicodedata.normalize("NFKC", _VULGAR_AFTER_DIGIT.sub(" ", text))
    return _UNIT_IN_CHINESE.sub(lambda match: " " + _UNITS[match[1]], text.translate(_CHARACTERS))


def _raised(match: re.Match[str]) -> str:
    return "^{" + match[0].translate(_SUPERSCRIPTS) + "}"


def _without_tex(text: str) -> str:
    text = _THOUSANDS.sub(",", _MATH.sub(r"\1", text))
    if "\\" not in text:
        return text
    if "\\begin" not in text:
        text = _ESCAPED_TWICE.sub(r"\\", text)
    for _ in range(3):  # \textbf{\text{(B)}}: wrappers nest, a few deep
        text = _WRAPPED.sub(r"\1", text)
    return _DEGREES.sub("°", _COMMAND.sub(_spelled, text.replace("~", " ")))


def _related(match: re.Match[str]) -> str:
    return {"<=": "≤", ">=": "≥", "!=": "≠"}[match[0]]


def _spelled(match: re.Match[str]) -> str:
    return _COMMANDS.get(match[1], match[0])
