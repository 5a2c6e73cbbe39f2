"""Whatever text and data are put together, a template renders within its bounds or is refused in words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from tests.domain.rendering import Asked

from stockwire.domain import templates
from stockwire.domain.templates import Limits, TemplateError

words = st.sampled_from(
    ["a", "b", "c", "last", "a.b", "b.0.a", ".", "calculate", "json_escape", "generate_random"]
)
scraps = st.sampled_from(
    [
        "{{",
        "}}",
        "{{{",
        "}}}",
        "#",
        "^",
        "/",
        "&",
        "!",
        "=",
        ">",
        "<% %>",
        "<%",
        "%>",
        "{{=",
        "=}}",
        "\n",
        "\r\n",
        " ",
        "{",
        "}",
        '"',
        "\\",
        ",",
        ":",
        "[",
        "]",
        "1",
        "0.5",
        "+",
        "-",
        "*",
        "round(",
        ")",
    ]
)
wild = st.lists(scraps | words | st.text(max_size=3), max_size=25).map("".join)


def _nested(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    body = st.lists(inner, max_size=4).map("".join)
    return st.builds(
        lambda sign, word, text: f"{{{{{sign}{word}}}}}{text}{{{{/{word}}}}}",
        st.sampled_from("##^"),
        words,
        body,
    )


tags = st.builds(
    lambda form, word: form.replace("x", word), st.sampled_from(["{{x}}", "{{{x}}}", "{{&x}}"]), words
)
tidy = st.lists(st.recursive(tags | scraps | st.text(max_size=3), _nested, max_leaves=8), max_size=6).map(
    "".join
)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.decimals() | st.floats() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=8,
)
contexts = st.dictionaries(words, values, max_size=4)
LIMITS = Limits(output=200, steps=60, depth=5)


def attempt(call: Callable[[], Any]) -> Any:
    """What the call gives, or the template error that it raises; any other error fails the test."""
    try:
        return call()
    except TemplateError as problem:
        return problem


@given(wild | tidy, contexts, st.sampled_from(["html", "json", "none"]))
def test_nothing_but_a_template_error_is_ever_raised_and_the_bounds_hold(
    text: str, context: dict[str, object], mode: Any
) -> None:
    template = attempt(lambda: templates.compile(text, escape=mode, limits=LIMITS))
    traced = template
    if not isinstance(template, TemplateError):
        traced = attempt(lambda: template.trace(context, LIMITS, random_digits="7".rjust))
    if isinstance(traced, TemplateError):
        assert 1 <= traced.line <= text.count("\n") + 1
        assert traced.message
        assert traced.hint
        return
    rendered, origins = traced
    assert len(rendered) <= LIMITS.output
    assert len(origins) <= LIMITS.steps
    assert rendered == template.render(context, LIMITS, random_digits="7".rjust)
    # The origins are the output, piece by piece.
    assert "".join(origin.text for origin in origins) == rendered
    at = 0
    for origin in origins:
        assert origin.offset == at
        at += len(origin.text)


@given(tidy, contexts)
def test_a_template_asks_only_for_the_paths_it_names(text: str, context: dict[str, object]) -> None:
    template = attempt(lambda: templates.compile(text))
    if isinstance(template, TemplateError):
        return
    asked = Asked(context)
    attempt(lambda: template.render(asked))
    roots = {path.partition(".")[0] for path in template.paths()}
    assert set(asked.asked) - {"last"} <= roots
