"""Field maps to JSON: exact values, and errors that lead back to the product, the line and the field."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stockwire.domain import templates
from stockwire.domain.mapping import JSON_MAPS, escape_of, render_json
from stockwire.domain.strict_json import NotJSON, loads
from stockwire.domain.templates import TemplateError


def made(text: str, context: dict[str, object], escape: Any = "html", **options: Any) -> object:
    return render_json(
        templates.compile(text, name="product_map", escape=escape), context, label="BOLT-M8", **options
    )


def refusal(text: str, context: dict[str, object], escape: Any = "html") -> TemplateError:
    with pytest.raises(TemplateError) as caught:
        made(text, context, escape)
    return caught.value


def test_a_map_gives_exact_values() -> None:
    text = """
    {{! the shape Takealot takes }}
    {
      "sku": "{{variant.sku}}",
      "selling_price": {{variant.price}},
      "rrp": {{#calculate}}round({{variant.price}} * 1.15, 2){{/calculate}},
      "active": {{active}},
      "leadtime_stock": [
        {{#warehouses}}
        {"merchant_warehouse_id": {{id}}, "quantity": {{qty}}}{{^last}},{{/last}}
        {{/warehouses}}
      ]
    }
    """
    context: dict[str, object] = {
        "variant": {"sku": "BOLT-M8", "price": Decimal("12.10")},
        "active": True,
        "warehouses": [{"id": 1, "qty": 3}, {"id": 2, "qty": 0}],
    }
    result = made(text, context)
    assert result == {
        "sku": "BOLT-M8",
        "selling_price": Decimal("12.10"),
        "rrp": Decimal("13.92"),
        "active": True,
        "leadtime_stock": [
            {"merchant_warehouse_id": 1, "quantity": 3},
            {"merchant_warehouse_id": 2, "quantity": 0},
        ],
    }
    assert isinstance(result, dict)
    assert str(result["selling_price"]) == "12.10"


def test_missing_paths_and_random_digits_are_passed_on() -> None:
    missing: dict[str, int] = {}
    text = '{"id": "{{#generate_random}}8{{/generate_random}}",\n"c": "{{meta.colour}}"}'
    result = made(text, {}, missing=missing, random_digits=lambda count: "5" * count)
    assert result == {"id": "8555555555", "c": ""}
    assert missing == {"meta.colour": 2}


@pytest.mark.parametrize(
    "title",
    ['5" pipe', "a\\b", "a\nb", "tab\t", "\x00\x1f\x7f", "é€😀", "\u2028", "</script>", "{{x}}", "\\", '"'],
)
def test_in_a_json_map_any_text_arrives_as_it_is(title: str) -> None:
    for text in (
        '{{! escape: json }}{"t": "{{t}}"}',
        '{{! escape: json }}{"t": "{{#json_escape}}{{t}}{{/json_escape}}"}',
        '{"t": "{{#json_escape}}{{{t}}}{{/json_escape}}"}',
    ):
        assert made(text, {"t": title}) == {"t": title}


def test_in_a_map_as_of_old_text_arrives_escaped_for_html() -> None:
    assert made('{"t": "{{t}}"}', {"t": 'Nuts & "bolts"'}) == {"t": "Nuts &amp; &quot;bolts&quot;"}


MAP = """{
  "sku": "{{sku}}",
  "title": "{{{title}}}",
  "price": {{price}},
  "vendor": "{{{vendor}}}"
}"""
GOOD: dict[str, object] = {"sku": "BOLT-M8", "title": "Bolt", "price": Decimal("9.50"), "vendor": "Bosch"}


@pytest.mark.parametrize(
    "field, value, line, hint",
    [
        ("title", '5" pipe', 3, "{{#json_escape}}{{{title}}}{{/json_escape}}"),
        ("title", "Bolt\n8 mm", 3, "{{#json_escape}}{{{title}}}{{/json_escape}}"),
        ("title", "tab\there", 3, "{{! escape: json }}"),
        ("title", "back\\slash", 3, "{{#json_escape}}"),
        # A backslash at the end swallows the quote after it, so the fault shows only further on.
        ("title", "ends in \\", 3, "{{#json_escape}}{{{title}}}{{/json_escape}}"),
        ("vendor", "ends in \\", 5, "{{#json_escape}}{{{vendor}}}{{/json_escape}}"),
        ("price", "", 4, "write it only where it is there: {{#price}}...{{/price}}"),
        ("price", "9,50", 4, "If {{price}} is text, put it in quotes"),
        ("price", "R 9.50", 4, "put it in quotes"),
        ("price", "009", 4, "put it in quotes"),
        ("price", "NaN", 4, "put it in quotes"),
        ("price", "1" * 50, 4, "put it in quotes"),
        ("price", "1E+99", 4, "put it in quotes"),
    ],
)
def test_a_value_that_breaks_the_json_is_named_with_its_line(
    field: str, value: str, line: int, hint: str
) -> None:
    problem = refusal(MAP, {**GOOD, field: value})
    assert (problem.line, problem.path, problem.value) == (line, field, value)
    assert str(problem).startswith(f"BOLT-M8: product_map, line {line}: the result is not valid JSON")
    assert f"{field} is " in problem.message
    assert hint in problem.hint


def test_a_value_cannot_slip_in_a_key_of_its_own() -> None:
    problem = refusal(MAP, {**GOOD, "title": 'a", "price": "1'})
    assert 'the key "price" comes twice' in problem.message
    assert problem.line == 4


def test_a_missing_value_is_named() -> None:
    problem = refusal('{"a": 1,\n"price":  {{variant.price}} }', {"variant": {}})
    assert (problem.line, problem.path) == (2, "variant.price")
    assert "variant.price is empty" in problem.message


def test_a_raw_value_in_a_json_map_is_told_to_use_two_braces() -> None:
    problem = refusal('{{! escape: json }}\n{"t": "{{{t}}}"}', {"t": 'a"b'})
    assert problem.line == 2
    assert "write it with two braces, {{t}}" in problem.hint


def test_what_was_escaped_is_not_blamed_for_a_fault_of_the_map() -> None:
    problem = refusal('{{! escape: json }}\n{"t": "{{t}}",\n"u": 1,}', {"t": 'a "quoted" \\ one'})
    assert (problem.line, problem.path) == (3, "")
    assert "a comma stands before the closing }" in problem.message


def test_json_put_in_as_it_is_is_not_blamed_for_a_fault_of_the_map() -> None:
    problem = refusal('{"t": {{{t}}},\n"u" 1}', {"t": '{"a": ["b"]}'})
    assert (problem.line, problem.path) == (2, "")


@pytest.mark.parametrize(
    "text, line, words",
    [
        ('{\n"a": 1,\n}', 2, "commas"),
        ('{"a": [\n{{#l}}\n{{.}},\n{{/l}}\n]}', 3, "{{^last}},{{/last}}"),
        ('{"a": 1,\n, "b": 2}', 2, "commas"),
        ('{"a": [1],\n]}', 1, "commas"),
        ('{\n"a": 1\n"b": 2}', 3, "quotes, commas and brackets"),
        ("{\n'a': 1}", 2, "quotes"),
        ('{"a": 1}\n}', 2, "brackets"),
        ('{"a": 1', 1, "brackets"),
        ('{"a": "b', 1, "quotes"),
        ('{"a": 1,\n\n"a": 2}', 3, "Leave one of the two out"),
        ('{"a": {"b": 1, "\\u0062": 2}}', 1, "Leave one of the two out"),
        ('{"a":\nNaN}', 2, "Write a number, or null"),
        ('{"a":\n-Infinity}', 2, "Write a number, or null"),
        ('{"a":\n' + "1" * 41 + "}", 2, "Write it as text"),
        ('{"a":\n1E999999999}', 2, "Write it as text"),
        ("[" * 60 + "]" * 60, 1, "fewer brackets"),
        ("\n\n{{^l}}{}{{/l}}\n", 1, "A map must give JSON"),
        ("", 1, "A map must give JSON"),
        ("<p>", 1, "quotes"),
    ],
)
def test_a_fault_of_the_map_itself_is_named_with_its_line(text: str, line: int, words: str) -> None:
    problem = refusal(text, {"l": [1, 2]})
    assert (problem.line, problem.path, problem.label) == (line, "", "BOLT-M8")
    assert words in problem.hint


def test_faults_while_rendering_name_the_product_too() -> None:
    problem = refusal('{"a":\n{{variant}}}', {"variant": {"sku": "x"}})
    assert str(problem).startswith("BOLT-M8: product_map, line 2: variant is a group of fields")


def test_lines_are_those_of_the_template_after_dropped_lines_and_lists() -> None:
    text = '{{! a\nb }}\n{"l": [\n{{#l}}\n"{{{.}}}",\n{{/l}}\n""],\n"p": {{p}}\n}'
    problem = refusal(text, {"l": ["one", "two", "three"], "p": "x"})
    assert (problem.line, problem.path) == (8, "p")


class TestWhichEscapingASettingHas:
    @pytest.mark.parametrize("setting", sorted(JSON_MAPS))
    def test_maps_keep_what_their_users_know(self, setting: str) -> None:
        assert escape_of(setting) == "html"

    @pytest.mark.parametrize("setting", ["gtin_map", "compare_at_price", "set_param_warehouse_code"])
    def test_plain_text_stays_plain(self, setting: str) -> None:
        assert escape_of(setting) == "none"


class TestStrictJSON:
    @pytest.mark.parametrize(
        "text, expected",
        [
            (
                '{"a": [1, -2, 1.50, 1E2, true, false, null, "x"]}',
                {"a": [1, -2, Decimal("1.50"), Decimal("1E2"), True, False, None, "x"]},
            ),
            ('[{"a": 1}, {"a": 1}]', [{"a": 1}, {"a": 1}]),
            ('{"a": {"a": {"a": ":"}}}', {"a": {"a": {"a": ":"}}}),
            ('{"NaN": "Infinity"}', {"NaN": "Infinity"}),
            ("[" * 50 + "]" * 50, None),
            ('"' + "[{" * 100 + '"', "[{" * 100),
            ("[" + ", ".join(["{}"] * 100) + "]", [{}] * 100),
            ("9" * 40, int("9" * 40)),
        ],
        ids=lambda value: repr(value)[:30],
    )
    def test_is_read(self, text: str, expected: object) -> None:
        assert loads(text) == (expected if expected is not None else json.loads(text))

    @pytest.mark.parametrize(
        "text, offset, words",
        [
            ('{"a": 1, "b": {"c": 2, "c": 3}}', 23, 'the key "c" comes twice'),
            ('{"a": 1, "\\u0061": 2}', 9, 'the key "a" comes twice'),
            ('{"x": "NaN", "y": NaN}', 18, "NaN is not JSON"),
            ("[Infinity]", 1, "Infinity is not JSON"),
            (f"[1, {'1' * 41}]", 4, "more than 40 digits"),
            (f"[{'1' * 41}.0]", 1, "more than 40 digits"),
            (f"[0.{'1' * 99}]", 1, "more than 40 digits"),
            ("[1E-41]", 1, "more than 40 digits"),
            (f"[1E{'9' * 30}]", 1, "more than 40 digits"),
            ("[" * 51 + "]" * 51, 50, "nested deeper than 50"),
            ("[" * 100_000, 50, "nested deeper than 50"),
            ("[1 2]", 3, "expecting ',' delimiter"),
            ('{"a": 1} {"a": 2, "a": 3}', 9, "extra data"),
            ("[1, 2,\n ]", 5, "a comma stands before the closing ]"),
            ('{"a": 1 , }', 8, "a comma stands before the closing }"),
            ('["a,\n]"]', 4, "invalid control character"),
            # A string that does not end is looked at once, not once for each quote in it.
            ('"' + '\\"' * 60_000 + "[" * 60, 0, "unterminated string"),
            ("", 0, "expecting value"),
        ],
        ids=lambda value: repr(value)[:30],
    )
    def test_is_refused(self, text: str, offset: int, words: str) -> None:
        with pytest.raises(NotJSON) as caught:
            loads(text)
        assert (caught.value.offset, words in caught.value.message) == (offset, True)


scraps = st.sampled_from(
    [
        '"',
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "1",
        "0.50",
        "-",
        "true",
        "NaN",
        "\n",
        " ",
        '"a"',
        '"b"',
        "\\",
        '"a": ',
        "1E9",
    ]
)
tags = st.sampled_from(
    ["{{a}}", "{{{a}}}", '"{{a}}"', '"{{{a}}}"', "{{#l}}{{.}}{{^last}},{{/last}}{{/l}}", "{{b.c}}"]
)
maps = st.lists(scraps | tags, max_size=12).map("".join) | st.builds(
    lambda inner: '{"x": "{{a}}", "l": [{{#l}}"{{.}}"{{^last}},{{/last}}{{/l}}], "y": ' + inner + "}",
    tags | scraps,
)
values = st.none() | st.booleans() | st.integers() | st.decimals() | st.text(max_size=8)


@given(maps, values, st.lists(values, max_size=3), st.sampled_from(["html", "json", "none"]))
def test_a_map_gives_json_or_a_template_error(text: str, a: object, items: list[object], escape: Any) -> None:
    context: dict[str, object] = {"a": a, "l": items}
    try:
        template = templates.compile(text, escape=escape)
    except TemplateError:
        return
    try:
        result = render_json(template, context, label="BOLT-M8")
    except TemplateError as refused:
        problem: TemplateError | None = refused
    else:
        problem = None
        assert result == loads(template.render(context))
    if problem is not None:
        assert str(problem).startswith("BOLT-M8: template, line ")
        assert 1 <= problem.line <= text.count("\n") + 1
        assert problem.hint


@given(st.text(max_size=30), st.lists(st.text(max_size=10), max_size=4))
def test_in_a_json_map_no_text_can_break_out_of_its_string(title: str, tags_: list[str]) -> None:
    text = '{"t": "{{t}}", "n": 1, "l": [{{#l}}"{{.}}"{{^last}}, {{/last}}{{/l}}]}'
    assert made(text, {"t": title, "l": tags_}, "json") == {"t": title, "n": 1, "l": tags_}
