"""Render a compiled template over a context, within limits.

A context is plain mappings, sequences and values, or mappings that compute on access; what those raise passes
through. Everything else that goes wrong is a TemplateError with line and value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from stockwire.domain.templates.arithmetic import CalculationError, calculate, is_amount
from stockwire.domain.templates.errors import TemplateError, shown
from stockwire.domain.templates.lookup import MISSING, Frame, find
from stockwire.domain.templates.nodes import Escape, Helper, Node, Section, Text, Variable
from stockwire.domain.templates.syntax import parse
from stockwire.domain.templates.values import QUOTES, Unprintable, json_quoted, written

RANDOM_DIGITS = 9
CALCULATED_PER_STEP = 16
"""Characters of a calculation that count as one step: a long one costs far more than its result shows."""


@dataclass(frozen=True, slots=True)
class Limits:
    """`template` and `output` in characters, `steps` in nodes rendered, `depth` in sections open at once."""

    template: int = 64 * 1024
    output: int = 256 * 1024
    steps: int = 20_000
    depth: int = 20


LIMITS = Limits()


class Origin(NamedTuple):
    """Where a part of the output came from. `path` is "" for the template's own text."""

    offset: int
    line: int
    path: str
    text: str


def compile(  # noqa: A001 - as in re.compile
    text: str, *, name: str = "template", escape: Escape = "html", limits: Limits = LIMITS
) -> Template:
    """A template ready to render. `name` is what errors call it, such as the setting it stands in.

    `escape` says what `{{x}}` does to text: "html" (as users of such hubs know it), "json" (what may stand
    inside a JSON string) or "none". A first comment in the text, `{{! escape: json }}`, overrules it.
    Raises TemplateError.
    """
    if len(text) > limits.template:
        raise TemplateError(
            f"the template is longer than {limits.template:,} characters",
            1,
            "Split or shorten it.",
            name=name,
        )
    nodes, declared = parse(text, name, limits.depth)
    return Template(name, declared or escape, nodes)


@dataclass(frozen=True, slots=True)
class Template:
    """Compiled and immutable: may be kept, and used by several threads."""

    name: str
    escape: Escape
    nodes: tuple[Node, ...]

    def render(
        self,
        context: Mapping[str, object],
        limits: Limits = LIMITS,
        *,
        missing: dict[str, int] | None = None,
        random_digits: Callable[[int], str] | None = None,
    ) -> str:
        """The text. A path that is not there renders as nothing and is noted in `missing` with its line.

        `random_digits(n)` yields n digits for generate_random; without it that helper is refused.
        """
        run = _Run(self, context, limits, missing, random_digits)
        _render(self.nodes, run)
        return "".join(run.parts)

    def trace(
        self,
        context: Mapping[str, object],
        limits: Limits = LIMITS,
        *,
        missing: dict[str, int] | None = None,
        random_digits: Callable[[int], str] | None = None,
    ) -> tuple[str, list[Origin]]:
        """As render, with the origin of every part of the text, in order."""
        run = _Run(self, context, limits, missing, random_digits)
        run.origins = []
        _render(self.nodes, run)
        return "".join(run.parts), run.origins

    def paths(self) -> frozenset[str]:
        """The paths it may ask the context for. A path stands for what is beneath it too.

        Inside a section a name may belong to the section's value or to the context around it, so it is
        listed as written, beside the section's own path: `{{#variants}}{{sku}}{{/variants}}` gives variants
        and sku. `last` inside a section is the list's flag and not listed.
        """
        return frozenset(_paths(self.nodes, inside=False))


class _Run:
    """One rendering: where it stands, what it has made and what it may still do."""

    __slots__ = (
        "escape",
        "frames",
        "inside",
        "limits",
        "missing",
        "name",
        "origins",
        "parts",
        "quote",
        "random_digits",
        "size",
        "steps",
    )

    def __init__(
        self,
        template: Template,
        context: Mapping[str, object],
        limits: Limits,
        missing: dict[str, int] | None,
        random_digits: Callable[[int], str] | None,
    ) -> None:
        self.name = template.name
        self.quote = QUOTES[template.escape]
        self.escape = template.escape
        self.limits = limits
        self.missing = missing
        self.random_digits = random_digits
        self.frames: list[Frame] = [(context, None)]
        self.parts: list[str] = []
        self.inside: list[tuple[str, str]] | None = None
        """Inside of a helper what each name gave, so that it can be named should it be at fault."""
        self.origins: list[Origin] | None = None
        self.size = 0
        self.steps = limits.steps

    def write(self, text: str, line: int, path: str) -> None:
        if self.origins is not None:
            self.origins.append(Origin(self.size, line, path, text))
        self.size += len(text)
        if self.size > self.limits.output:
            raise self.error(
                f"the result is longer than {self.limits.output:,} characters",
                line,
                "Leave out long fields, or send fewer of them.",
                path,
            )
        self.parts.append(text)

    def spend(self, steps: int, line: int) -> None:
        self.steps -= steps
        if self.steps < 0:
            raise self.error(
                f"the template takes more than {self.limits.steps:,} steps",
                line,
                "Look for a list inside a list, and render less in it.",
            )

    def error(self, message: str, line: int, hint: str, path: str = "", value: str = "") -> TemplateError:
        return TemplateError(message, line, hint, name=self.name, path=path, value=value)


def _render(nodes: tuple[Node, ...], run: _Run) -> None:
    for node in nodes:
        run.steps -= 1
        if run.steps < 0:
            run.spend(0, node.line)
        if isinstance(node, Text):
            run.write(node.text, node.line, "")
        elif isinstance(node, Variable):
            value = find(node.path, run.frames)
            if value is MISSING:
                if run.missing is not None:
                    run.missing.setdefault(node.path.text, node.line)
                value = None
            text = _written(value, node, run)
            if run.inside is not None:
                run.inside.append((node.path.text, text))
            run.write(text, node.line, node.path.text)
        elif isinstance(node, Section):
            _render_section(node, run)
        else:
            _render_helper(node, run)


def _written(value: object, node: Variable, run: _Run) -> str:
    # What is too long is refused by write, and need not be escaped for that.
    plain = node.raw or (isinstance(value, str) and len(value) > run.limits.output)
    try:
        return written(value, node.path.text, None if plain else run.quote)
    except Unprintable as problem:
        raise run.error(problem.message, node.line, problem.hint, node.path.text) from None


def _render_section(node: Section, run: _Run) -> None:
    value = find(node.path, run.frames)
    there = value is not MISSING and bool(value)
    if node.inverted:
        if not there:
            _render(node.nodes, run)
        return
    if not there:
        return
    if isinstance(value, Sequence) and not isinstance(value, str):
        last = len(value) - 1
        for position, element in enumerate(value):
            run.spend(1, node.line)
            run.frames.append((element, position == last))
            _render(node.nodes, run)
            run.frames.pop()
    else:
        run.frames.append((value, None))
        _render(node.nodes, run)
        run.frames.pop()


def _render_helper(node: Helper, run: _Run) -> None:
    """Render the inside apart, then put it through the helper. The inside is not escaped where that would
    harm what the helper does: calculate needs plain numbers, json_escape must not find its work done."""
    parts, size, origins, quote, inside = run.parts, run.size, run.origins, run.quote, run.inside
    run.parts, run.origins, run.inside = [], None, []
    if node.name == "calculate" or (node.name == "json_escape" and run.escape == "json"):
        run.quote = None
    _render(node.nodes, run)
    inner, named = "".join(run.parts), run.inside
    run.parts, run.size, run.origins, run.quote, run.inside = parts, size, origins, quote, inside
    run.write(_helped(node, inner, named, run), node.line, node.name)


def _helped(node: Helper, inner: str, named: list[tuple[str, str]], run: _Run) -> str:
    if node.name == "calculate":
        run.spend(len(inner) // CALCULATED_PER_STEP, node.line)
        try:
            return calculate(inner)
        except CalculationError as problem:
            path, value = next((one for one in named if not is_amount(one[1])), (node.name, inner))
            at_fault = "" if path == node.name else f": {path} is {shown(value) if value else 'empty'}"
            raise run.error(
                f"calculate: {problem.message}{at_fault}", node.line, problem.hint, path, value
            ) from None
    if node.name == "json_escape":
        return json_quoted(inner)
    if run.random_digits is None:
        raise run.error(
            "generate_random cannot be used here",
            node.line,
            "Random digits are for orders. In a product map they would make every push different.",
        )
    return inner + run.random_digits(RANDOM_DIGITS)


def _paths(nodes: tuple[Node, ...], *, inside: bool) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, Variable | Section):
            named = node.path.text
            if named != "." and not (inside and named == "last"):
                yield named
        if isinstance(node, Section):
            yield from _paths(node.nodes, inside=True)
        elif isinstance(node, Helper):
            yield from _paths(node.nodes, inside=inside)
