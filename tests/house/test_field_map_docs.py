"""Every example in docs/field-maps.md gives what the page says, and the page knows every feature and bound."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from pathlib import Path

import pytest

from stockwire.domain import templates
from stockwire.domain.mapping import escape_of, render_json
from stockwire.domain.strict_json import DEEPEST, DIGITS, loads
from stockwire.domain.templates import LIMITS, TemplateError
from stockwire.domain.templates.arithmetic import DECIMALS, LONGEST
from stockwire.domain.templates.nodes import HELPERS
from stockwire.domain.templates.rendering import CALCULATED_PER_STEP
from stockwire.domain.templates.syntax import LONGEST_NAME, LONGEST_PATH
from stockwire.domain.templates.values import LONGEST_NUMBER

PAGE = (Path(__file__).parents[2] / "docs" / "field-maps.md").read_text(encoding="utf-8")
PRODUCT = json.loads(re.findall(r"```json\n(.*?)```", PAGE, re.S)[0], parse_float=Decimal)
EXAMPLES = re.findall(
    r"^```mustache\n(.*?)^```\n(gives|gives the JSON|fails with)\n^```text\n(.*?)^```$", PAGE, re.S | re.M
)


def alone(template: str) -> object:
    return templates.compile(template).render(PRODUCT)


def in_a_map(template: str) -> object:
    compiled = templates.compile(template, name="product_map", escape=escape_of("product_map"))
    return render_json(compiled, PRODUCT, label="BOLT-M8")


def test_every_example_of_the_page_is_run() -> None:
    assert len(EXAMPLES) == PAGE.count("```mustache") == PAGE.count("```text")
    assert {how for _, how, _ in EXAMPLES} == {"gives", "gives the JSON", "fails with"}


@pytest.mark.parametrize("template, how, result", EXAMPLES, ids=[text[:40] for text, _, _ in EXAMPLES])
def test_an_example_gives_what_the_page_says(template: str, how: str, result: str) -> None:
    if how == "gives":
        assert alone(template) == result
    elif how == "gives the JSON":
        assert in_a_map(template) == loads(result)
    else:
        run = in_a_map if result.startswith("BOLT-M8") else alone
        with pytest.raises(TemplateError) as caught:
            run(template)
        assert f"{caught.value}\n{caught.value.hint}\n" == result


def test_every_helper_has_a_heading_and_every_bound_stands_on_the_page() -> None:
    for helper in HELPERS:
        assert f"### {helper}\n" in PAGE
    for said in (
        f"| Length of a map | {LIMITS.template:,} characters |",
        f"| Length of the result | {LIMITS.output:,} characters |",
        f"| {LIMITS.steps:,} |",
        f"{CALCULATED_PER_STEP} characters of a calculation",
        f"| Sections open at once | {LIMITS.depth} |",
        f"| A name | {LONGEST_NAME} characters, {LONGEST_PATH} steps |",
        f"| A number written out | {LONGEST_NUMBER} digits |",
        f"rounded half up to {DECIMALS} decimals",
        f"at most {DIGITS} digits; a calculation has at most {LONGEST:,} characters",
        f"a number of more than {DIGITS} digits and brackets more than {DEEPEST} deep",
    ):
        assert said in PAGE
