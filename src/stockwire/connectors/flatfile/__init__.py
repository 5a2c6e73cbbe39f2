"""A file as a linked source: CSV, XLSX or XML, from an address or uploaded (docs/linked-sources.md)."""

from stockwire.connectors.flatfile.settings import FlatfileSettings
from stockwire.connectors.flatfile.source import FlatfileSource
from stockwire.file_port import FileConnector

connector = FileConnector(
    name="flatfile", title="File (CSV, XLSX, XML)", settings=FlatfileSettings, open=FlatfileSource
)
