"""The agent's token: got once for an enrolment code, kept in the data folder with mode 600."""

from __future__ import annotations

import os
import socket
from pathlib import Path

from stockwire.agent.config import AgentSettings
from stockwire.agent.link import HubLink

TOKEN_FILE = "hub.token"  # noqa: S105 - the name of a file


def enrol(settings: AgentSettings, code: str) -> str:
    """Exchange an enrolment code for a token and keep it in the data folder. Returns the source's name."""
    folder = Path(settings.data_folder)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    link = HubLink(settings.hub)
    try:
        enrolled = link.enrol(code, socket.gethostname())
    finally:
        link.close()
    path = folder / TOKEN_FILE
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w", encoding="ascii") as file:
        file.write(enrolled.token)
    return enrolled.source


def read_token(folder: Path) -> str:
    """The token of this agent, "" when it is not enrolled."""
    try:
        return (folder / TOKEN_FILE).read_text(encoding="ascii").strip()
    except FileNotFoundError:
        return ""
