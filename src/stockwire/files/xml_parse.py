"""Feeds XML of strangers to expat, a piece at a time: no document type, no token without end, so what is held
in memory is bounded by whoever handles the pieces.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import closing
from xml.parsers import expat

from stockwire.errors import Refused

LONGEST_TOKEN = 4 * 1024 * 1024
"""A start tag, a comment: expat holds one until it ends."""


def parse(parser: expat.XMLParserType, chunks: Generator[bytes, None, None], name: str) -> Iterator[None]:
    """Parse the chunks, and stop after each so that what was found can be handed on. Closes `chunks`, however
    it ends. Raises Refused."""
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _doctype
    given = 0
    try:
        with closing(chunks):
            for chunk in chunks:
                parser.Parse(chunk, False)
                given += len(chunk)
                if given - parser.CurrentByteIndex > LONGEST_TOKEN:
                    raise Refused(
                        f"{name} has a tag or a comment of more than {LONGEST_TOKEN // 1024 // 1024} MB.",
                        hint="Ask whoever makes the file.",
                    )
                yield
        parser.Parse(b"", True)
        yield
    except expat.ExpatError as error:
        raise Refused(
            f"{name} is no sound XML: {error}.", hint="Ask whoever makes the file; nothing was guessed."
        ) from None


def _doctype(*declared: object) -> None:
    raise Refused(
        "The file declares a document type, which is not read.",
        hint="Ask for it without the <!DOCTYPE ...> line.",
    )
