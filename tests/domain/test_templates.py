"""The language of field maps: the published Mustache rules, the helpers, and the bounds that always hold."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.domain.rendering import Asked, refusal, render

from stockwire.domain import templates
from stockwire.domain.templates import Limits, TemplateError

CASES = json.loads(
    (Path(__file__).parent / "data" / "mustache_cases.json").read_text(encoding="utf-8"), parse_float=Decimal
)


@pytest.mark.parametrize("case", CASES, ids=[f"{case['group']}: {case['name']}" for case in CASES])
def test_the_mustache_rules_hold(case: dict[str, Any]) -> None:
    assert render(case["template"], case["data"]) == case["expected"]


@pytest.mark.parametrize(
    "template, context, expected",
    [
        ("{{#l}}{{.}}{{^last}}, {{/last}}{{/l}}", {"l": ["a", "b", "c"]}, "a, b, c"),
        ("{{#l}}{{sku}}{{#last}}.{{/last}}{{/l}}", {"l": [{"sku": "a"}, {"sku": "b"}]}, "ab."),
        # The flag is that of the innermost list, also seen from a group inside it, and of the outer one after.
        (
            "{{#l}}{{#g}}{{#m}}{{.}}{{^last}},{{/last}}{{/m}}{{^last}};{{/last}}{{/g}}{{/l}}",
            {"l": [{"g": {"m": [1, 2]}}, {"g": {"m": [3]}}]},
            "1,2;3",
        ),
        ("{{#l}}{{last}} {{/l}}", {"l": [{"last": "Smith"}, {}]}, "Smith true "),
        ("{{last}}|{{#g}}{{last}}{{/g}}", {"last": "Smith", "g": {"a": 1}}, "Smith|Smith"),
        ("{{sales.0.order_id}} {{sales.1.order_id}}", {"sales": [{"order_id": 7}, {"order_id": 8}]}, "7 8"),
        ("({{sales.2.order_id}})({{sales.-1.order_id}})", {"sales": [{"order_id": 7}]}, "()()"),
        ("{{#sales.0}}{{order_id}}{{/sales.0}}", {"sales": ({"order_id": 7},)}, "7"),
        ("({{title.0}})({{title.upper}})", {"title": "abc"}, "()()"),
        ("{{price_tiers.Cape Town}}", {"price_tiers": {"Cape Town": Decimal("9.50")}}, "9.50"),
        ("{{0}} {{m.1}}", {"0": "zero", "m": {"1": "one"}}, "zero one"),
    ],
    ids=str,
)
def test_lists_flags_and_indexes(template: str, context: dict[str, object], expected: str) -> None:
    assert render(template, context) == expected


@pytest.mark.parametrize(
    "value, expected",
    [
        ("text", "text"),
        ("it's", "it's"),
        (None, ""),
        (True, "true"),
        (False, "false"),
        (0, "0"),
        (-12, "-12"),
        (Decimal("1E+2"), "100"),
        (Decimal("12.5000"), "12.5000"),
        (Decimal("1E-7"), "0.0000001"),
        (Decimal("-0.00"), "-0.00"),
    ],
    ids=repr,
)
def test_values_are_written_plainly(value: object, expected: str) -> None:
    assert render("{{x}}", {"x": value}) == expected
    assert render("{{{x}}}", {"x": value}) == expected


@pytest.mark.parametrize("value", ["", 0, Decimal("0.00"), False, None, [], (), {}], ids=repr)
def test_what_is_empty_or_zero_does_not_open_a_section(value: object) -> None:
    assert render("{{#x}}there{{/x}}{{^x}}not{{/x}}", {"x": value}) == "not"


@pytest.mark.parametrize("value", ["0", "false", " ", 1, Decimal("0.01"), True, [0], {"a": 0}], ids=repr)
def test_any_text_and_any_other_number_opens_a_section(value: object) -> None:
    assert render("{{#x}}there{{/x}}{{^x}}not{{/x}}", {"x": value}) == "there"


@pytest.mark.parametrize(
    "value, words",
    [
        ({"a": 1}, ["x is a group of fields", "{{x.name}}", "{{#x}}"]),
        (["a"], ["x is a list", "{{#x}}", "{{x.0}}"]),
        (1.5, ["x is of a kind", "float"]),
        (datetime(2026, 11, 24, tzinfo=UTC), ["x is of a kind", "datetime"]),
        (b"bytes", ["x is of a kind", "bytes"]),
        (Decimal("NaN"), ["x is not a number"]),
        (Decimal("-Infinity"), ["x is not a number"]),
        (Decimal("1E+1000000"), ["x is not a number", "100 digits"]),
        (Decimal("1E-1000000"), ["x is not a number", "100 digits"]),
        (10**5000, ["x is not a number", "100 digits"]),
    ],
    ids=["group", "list", "float", "time", "bytes", "NaN", "infinite", "huge", "tiny", "huge int"],
)
def test_what_cannot_be_written_is_named(value: object, words: list[str]) -> None:
    problem = refusal("\n\n{{x}}", {"x": value})
    assert (problem.line, problem.path) == (3, "x")
    for word in words:
        assert word in f"{problem} {problem.hint}"


class TestEscaping:
    CONTEXT: Mapping[str, object] = {"t": 'a "b" & <c> \\ \n\té'}

    @pytest.mark.parametrize(
        "mode, expected",
        [
            ("html", "a &quot;b&quot; &amp; &lt;c&gt; \\ \n\té"),
            ("json", 'a \\"b\\" & <c> \\\\ \\n\\té'),
            ("none", 'a "b" & <c> \\ \n\té'),
        ],
    )
    def test_two_braces_escape_as_the_map_is_declared(self, mode: Any, expected: str) -> None:
        assert templates.compile("{{t}}", escape=mode).render(self.CONTEXT) == expected
        raw = templates.compile("{{{t}}}{{&t}}", escape=mode).render(self.CONTEXT)
        assert raw == f"{self.CONTEXT['t']}{self.CONTEXT['t']}"

    @pytest.mark.parametrize("lead", ["", "\n  "])
    def test_a_first_comment_declares_it_and_overrules(self, lead: str) -> None:
        template = templates.compile(f"{lead}{{{{! escape: json }}}}\n{{{{t}}}}", escape="html")
        assert template.escape == "json"
        assert template.render({"t": '"'}).strip() == '\\"'

    @pytest.mark.parametrize("text", ["{{a}}{{! escape: json }}", "x {{! escape: json }}", "{{! my map }}"])
    def test_a_later_or_other_comment_declares_nothing(self, text: str) -> None:
        assert templates.compile(text, escape="none").escape == "none"

    def test_an_unknown_escaping_is_refused(self) -> None:
        problem = refusal("{{! escape: xml }}")
        assert "'xml'" in problem.message
        assert "{{! escape: json }}" in problem.hint


class TestHelpers:
    @pytest.mark.parametrize("mode", ["html", "json", "none"])
    def test_calculate_gets_plain_text_whatever_the_escaping(self, mode: Any) -> None:
        template = templates.compile("{{#calculate}}{{price}} * 1.15{{/calculate}}", escape=mode)
        assert template.render({"price": Decimal("12.50")}) == "14.375"

    def test_calculate_takes_sections_and_other_helpers_inside(self) -> None:
        text = "{{#calculate}}0{{#l}} + {{p}} * {{#calculate}}{{q}} - 1{{/calculate}}{{/l}}{{/calculate}}"
        assert render(text, {"l": [{"p": "2.5", "q": 3}, {"p": 1, "q": 11}]}) == "15"

    @pytest.mark.parametrize(
        "mode, inner, expected",
        [
            ("html", "{{{t}}}", 'a\\"b\\\\<c>\\n'),
            ("html", "{{t}}", "a&quot;b\\\\&lt;c&gt;\\n"),
            # In a JSON map two braces escape already; inside the helper that must not be done twice.
            ("json", "{{t}}", 'a\\"b\\\\<c>\\n'),
            ("json", "{{{t}}}", 'a\\"b\\\\<c>\\n'),
            ("none", "{{t}}", 'a\\"b\\\\<c>\\n'),
        ],
    )
    def test_json_escape_escapes_once(self, mode: Any, inner: str, expected: str) -> None:
        template = templates.compile(f"{{{{#json_escape}}}}{inner}{{{{/json_escape}}}}", escape=mode)
        assert template.render({"t": 'a"b\\<c>\n'}) == expected

    def test_escaping_goes_on_as_before_after_a_helper(self) -> None:
        assert render("{{#calculate}}1{{/calculate}}{{t}}", {"t": "<"}) == "1&lt;"

    def test_generate_random_appends_the_digits_it_is_given(self) -> None:
        asked = []

        def digits(count: int) -> str:
            asked.append(count)
            return "123456789"

        assert render("{{#generate_random}}8{{/generate_random}}", random_digits=digits) == "8123456789"
        assert asked == [9]

    def test_generate_random_is_refused_where_no_digits_are_given(self) -> None:
        problem = refusal("\n{{#generate_random}}8{{/generate_random}}")
        assert problem.line == 2
        assert "every push different" in problem.hint

    def test_a_calculation_that_fails_names_line_and_calculation(self) -> None:
        problem = refusal("{\n{{#calculate}}{{a}} / {{b}}{{/calculate}}", {"a": 10, "b": 0})
        assert str(problem) == "product_map, line 2: calculate: '10 / 0' divides by zero"
        assert (problem.path, problem.value) == ("calculate", "10 / 0")
        assert "divided by" in problem.hint

    def test_a_missing_field_in_a_calculation_is_no_zero(self) -> None:
        problem = refusal("{{#calculate}}{{price}} * 1.15{{/calculate}}")
        assert "a number is missing before '*'" in problem.message

    @pytest.mark.parametrize(
        "text, context, path, value, said",
        [
            ("{{price}} * 1.15", {}, "price", "", "price is empty"),
            ("{{price}} * {{meta.pack}}", {"price": 2}, "meta.pack", "", "meta.pack is empty"),
            ("{{price}} * {{pack}}", {"price": 2, "pack": "six"}, "pack", "six", "pack is 'six'"),
            ("{{price}} * {{pack}}", {"price": "1,5", "pack": 6}, "price", "1,5", "price is '1,5'"),
            ("{{price}} * {{pack}}", {"price": "R1 5", "pack": ""}, "price", "R1 5", "price is 'R1 5'"),
            ("{{#l}}+ {{.}} {{/l}}", {"l": [1, "x", 3]}, ".", "x", ". is 'x'"),
            ("1 + {{#calculate}}{{a}} - {{b}}{{/calculate}}", {"a": "-1.5"}, "b", "", "b is empty"),
            ("{{a}} 1", {"a": -2}, "calculate", "-2 1", "a sign is missing before 1 in '-2 1'"),
            ("{{a}} +", {"a": ".5"}, "calculate", ".5 +", "'.5 +' ends where a number must follow"),
        ],
    )
    def test_the_value_that_spoils_a_calculation_is_named(
        self, text: str, context: dict[str, object], path: str, value: str, said: str
    ) -> None:
        problem = refusal(f"{{{{#calculate}}}}{text}{{{{/calculate}}}}", context)
        assert (problem.path, problem.value) == (path, value)
        assert problem.message.endswith(said)


@pytest.mark.parametrize(
    "text, line, message, hint",
    [
        ("\n{{title", 2, "'{{title' is not closed", "End the tag with }}"),
        ("{{a\n}}", 1, "'{{a' is not closed", "on the same line"),
        ("{{a {{b}}", 1, "is not closed", "}}"),
        ("{{{a}} and {{b}}", 1, "'{{{a}} and {{b}}' is not closed", "}}}"),
        ('{"a":{{{#meta}}"k":1{{/meta}}}}}', 1, "is not closed", "put a blank between"),
        ("{{! never ends", 1, "is not closed", "}}"),
        ("a\n{{#lines}}\n{{sku}}", 2, "{{#lines}} is not closed", "{{/lines}}"),
        ("{{^lines}}", 1, "{{^lines}} is not closed", "{{/lines}}"),
        ("a\nb{{/lines}}", 2, "closes a section that was not opened", "{{#lines}}"),
        ("{{#a}}\n{{#b}}\n{{/a}}", 3, "{{/a}} closes {{#b}} of line 2", "{{/b}}"),
        ("\n{{>header}}", 2, "partials", "docs/field-maps.md"),
        ("{{<parent}}{{/parent}}", 1, "parents", "docs/field-maps.md"),
        ("{{$block}}{{/block}}", 1, "blocks", "docs/field-maps.md"),
        ("{{*dynamic}}", 1, "dynamic names", "docs/field-maps.md"),
        ("{{%FILTERS}}", 1, "pragmas", "docs/field-maps.md"),
        ("{{@index}}", 1, "Handlebars", "docs/field-maps.md"),
        ("{{#each lines}}{{/each}}", 1, "Handlebars", "{{#lines}}"),
        ("{{#if meta.a}}{{/if}}", 1, "Handlebars", "{{^meta.a}}"),
        ("{{}}", 1, "'' is not a name", "variant.price"),
        ("{{a..b}}", 1, "'a..b' is not a name", "variant.price"),
        ("{{.a}}", 1, "'.a' is not a name", "variant.price"),
        ("{{#}}{{/}}", 1, "'' is not a name", "variant.price"),
        ("{{ #a }}", 1, "'#a' is not a name", "directly after the opening braces"),
        ("{{a}b}}", 1, "'a}b' is not a name", "variant.price"),
        ("{{calculate}}", 1, "calculate is a helper", "{{#calculate}}...{{/calculate}}"),
        ("{{^json_escape}}{{/json_escape}}", 1, "has no opposite", "{{#json_escape}}"),
        ("{{=<%=}}", 1, "'<%' does not name new delimiters", "{{=<% %>=}}"),
        ("{{== ==}}", 1, "delimiters", "{{=<% %>=}}"),
        ("{{=<% %>=}}<%#a%>", 1, "{{#a}} is not closed", "{{/a}}"),
        ("x" * 65537, 1, "longer than 65,536 characters", "Split"),
        ("{{" + "a" * 201 + "}}", 1, "is too long", "200 characters"),
        ("{{" + ".".join("a" * 21) + "}}", 1, "is too long", "20 steps"),
        ("{{#a}}" * 21 + "{{/a}}" * 21, 1, "more than 20 sections", "Close sections"),
    ],
    ids=lambda value: repr(value)[:40] if isinstance(value, str) else None,
)
def test_a_fault_in_the_template_is_found_when_it_is_compiled(
    text: str, line: int, message: str, hint: str
) -> None:
    with pytest.raises(TemplateError) as caught:
        templates.compile(text, name="order_map")
    assert str(caught.value).startswith(f"order_map, line {line}: ")
    assert message in caught.value.message
    assert hint in caught.value.hint


def test_twenty_sections_may_be_open_at_once() -> None:
    assert render("{{#a}}" * 20 + "x" + "{{/a}}" * 20, {"a": True}) == "x"


def test_braces_of_json_around_tags_do_no_harm() -> None:
    assert render('{"a":{"b":{{qty}}}}', {"qty": 3}) == '{"a":{"b":3}}'
    assert render('{"a":{{{raw}}}}', {"raw": "[1]"}) == '{"a":[1]}'
    assert render('{"a":{{#x}}{"b":{{.}}}{{/x}}}', {"x": [5]}) == '{"a":{"b":5}}'


class TestLines:
    """The line of an error is that of the template, whatever was dropped or rendered before it."""

    def test_after_dropped_lines_comments_and_rendered_lists(self) -> None:
        text = "{{! one\ntwo\nthree }}\n{{#l}}\n{{.}}\n{{/l}}\n{{=<% %>=}}\n<%bad%>"
        problem = refusal(text, {"l": ["a\nb", "c"], "bad": {}})
        assert problem.line == 8

    @given(
        st.lists(st.sampled_from(["text\n", "{{! c }}\n", "{{#a}}\n{{/a}}\n", "{{a}} {{! x\n }}\n", "\r\n"]))
    )
    def test_wherever_it_stands(self, before: list[str]) -> None:
        lead = "".join(before)
        assert refusal(f"{lead}{{{{bad}}}}", {"a": "v", "bad": {}}).line == lead.count("\n") + 1


class TestMissing:
    def test_names_of_what_is_not_there_are_noted_with_their_first_line(self) -> None:
        missing: dict[str, int] = {}
        text = "{{title}}\n{{meta.colour}}\n{{#l}}{{meta.colour}}{{sku}}{{/l}}{{{x.0}}}"
        assert render(text, {"title": None, "meta": {}, "l": [1, 2]}, missing=missing) == "\n\n"
        assert missing == {"meta.colour": 2, "sku": 3, "x.0": 3}

    def test_asking_whether_something_is_there_is_not_missing_it(self) -> None:
        missing: dict[str, int] = {}
        render("{{#a}}{{/a}}{{^b}}{{/b}}", missing=missing)
        assert missing == {}


class TestPaths:
    @pytest.mark.parametrize(
        "text, expected",
        [
            ("plain {{! comment }}", set()),
            ("{{title}} {{{body_html}}} {{&vendor}}", {"title", "body_html", "vendor"}),
            ("{{variant.price_tiers.Trade}} {{sales.0.id}}", {"variant.price_tiers.Trade", "sales.0.id"}),
            ("{{#meta.colour}}{{.}}{{/meta.colour}}{{^qty}}0{{/qty}}", {"meta.colour", "qty"}),
            ("{{#variants}}{{sku}}{{^last}},{{/last}}{{/variants}}", {"variants", "sku"}),
            ("{{last}}", {"last"}),
            (
                "{{#calculate}}{{price}} * {{#json_escape}}{{rate}}{{/json_escape}}{{/calculate}}",
                {"price", "rate"},
            ),
        ],
    )
    def test_are_what_the_template_may_ask_for(self, text: str, expected: set[str]) -> None:
        assert templates.compile(text).paths() == expected


def test_a_context_that_computes_on_access_is_asked_only_for_what_is_used() -> None:
    context = Asked({"title": "Bolt", "variant": Asked({"sku": "B-8", "price": 1}), "meta": {"a": 1}})
    assert (
        render("{{title}} {{variant.sku}} {{#variant}}{{price}}{{title}}{{/variant}}", context)
        == "Bolt B-8 1Bolt"
    )
    assert set(context.asked) == {"title", "variant"}


def test_nothing_but_data_can_be_reached() -> None:
    class Money:
        currency = "ZAR"

        def spend(self) -> str:
            raise AssertionError("a template called a method")

    context = {"m": Money(), "f": Money().spend, "t": "abc"}
    for name in ("m.currency", "m.spend", "f.__call__", "t.upper", "m.__class__", "__class__", "t.__len__"):
        missing: dict[str, int] = {}
        assert render(f"({{{{{name}}}}})", context, missing=missing) == "()"
        assert missing == {name: 1}
    for name in ("m", "f"):
        assert "of a kind that a template cannot write" in refusal(f"{{{{{name}}}}}", context).message
    assert render("{{#f}}{{t}}{{/f}}", context) == "abc"


class TestBounds:
    def test_output(self) -> None:
        problem = refusal(
            "{{#l}}\n{{t}}{{/l}}", {"l": [0] * 100, "t": "x" * 1000}, limits=Limits(output=50_000)
        )
        assert problem.line == 2
        assert problem.path == "t"
        assert "longer than 50,000 characters" in problem.message

    def test_one_huge_value_is_refused_before_it_is_escaped(self) -> None:
        assert "longer than 262,144 characters" in refusal("{{t}}", {"t": "&" * 300_000}).message

    def test_output_at_the_limit_is_allowed(self) -> None:
        assert len(render("{{t}}", {"t": "x" * 10}, limits=Limits(output=10))) == 10

    def test_steps(self) -> None:
        problem = refusal("{{#a}}{{#b}}\n{{#c}}{{.}}{{/c}}{{/b}}{{/a}}", dict.fromkeys("abc", range(100)))
        assert "more than 20,000 steps" in problem.message
        assert problem.line == 2

    def test_steps_of_a_list_with_nothing_in_it(self) -> None:
        assert "steps" in refusal("{{#a}}{{/a}}", {"a": range(20_001)}).message

    def test_long_calculations_count_as_many_steps(self) -> None:
        text = "{{#a}}{{#calculate}}" + "1 + " * 200 + "1{{/calculate}}{{/a}}"
        assert "steps" in refusal(text, {"a": range(400)}).message
        assert render(text, {"a": range(300)}) == "201" * 300

    def test_look_ups_stay_within_the_steps(self) -> None:
        """Each step looks into at most the open sections, one step of a name at a time."""
        context = Asked({"a": range(1000), "b": {"c": 1}})
        refusal("{{#a}}{{#a}}{{b.c}}{{/a}}{{/a}}", context, limits=Limits(steps=500))
        assert len(context.asked) <= 500
