"""Where rows go: files of JSON lines, which need nothing, and Parquet files, which pyarrow writes. Neither keeps many in memory."""

from __future__ import annotations

import importlib
import json
from typing import TYPE_CHECKING, Any, Final, Literal, Protocol

from gameserver.core.errors import GameserverError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from gameserver.export.columns import Table

ExportFormat = Literal["jsonl", "parquet"]

BATCH_ROWS: Final = 4_096
"""As Python objects they take about 100 bytes a value; so many are made into Arrow's arrays at a time."""
GROUP_ROWS: Final = 65_536
"""Of a row group: what a reader takes into memory at once. So many compress well, and of 30 columns they are 16 MB."""


class ExportError(GameserverError):
    """It cannot be exported so; the message says what to do."""


class Sink(Protocol):
    """The file of one table."""

    def add(self, row: Sequence[object]) -> None:
        """One value for each column; None where there is none."""

    def close(self) -> None:
        """The file is whole. A table without rows has its columns all the same."""


class JsonLines:
    """One JSON object a line."""

    def __init__(self, path: Path, table: Table) -> None:
        self._names = [column.name for column in table.columns]
        self._file = path.open("w", encoding="utf-8", newline="\n")
        self._encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False).encode

    def add(self, row: Sequence[object]) -> None:
        """See Sink."""
        self._file.write(self._encode(dict(zip(self._names, row, strict=True))) + "\n")

    def close(self) -> None:
        """See Sink."""
        self._file.close()


class Parquet:
    """A Parquet file with zstd."""

    def __init__(self, path: Path, table: Table) -> None:
        self._pa, parquet = _pyarrow()
        types = {
            "integer": self._pa.int64(),
            "real": self._pa.float64(),
            "boolean": self._pa.bool_(),
            "text": self._pa.string(),
            "integers": self._pa.list_(self._pa.int64()),
        }
        columns = [
            self._pa.field(column.name, types[column.type], metadata={"unit": column.unit} if column.unit else None)
            for column in table.columns
        ]
        self._schema = self._pa.schema(columns)
        self._writer = parquet.ParquetWriter(path, self._schema, compression="zstd")
        self._rows: list[Sequence[object]] = []
        self._batches: list[Any] = []

    def add(self, row: Sequence[object]) -> None:
        """See Sink."""
        self._rows.append(row)
        if len(self._rows) == BATCH_ROWS:
            self._take_batch()

    def _take_batch(self) -> None:
        columns = zip(*self._rows, strict=True)
        arrays = [self._pa.array(values, type=field.type) for values, field in zip(columns, self._schema, strict=True)]
        self._batches.append(self._pa.record_batch(arrays, schema=self._schema))
        self._rows = []
        if len(self._batches) * BATCH_ROWS >= GROUP_ROWS:
            self._write_group()

    def _write_group(self) -> None:
        self._writer.write_table(self._pa.Table.from_batches(self._batches, self._schema), row_group_size=GROUP_ROWS)
        self._batches = []

    def close(self) -> None:
        """See Sink."""
        if self._rows:
            self._take_batch()
        if self._batches:
            self._write_group()
        self._writer.close()


def _pyarrow() -> tuple[Any, Any]:
    try:
        return importlib.import_module("pyarrow"), importlib.import_module("pyarrow.parquet")
    except ImportError as error:
        raise ExportError(
            "Parquet files are written by pyarrow, which is not installed: pip install 'gameserver[export]', "
            "or export with --to jsonl, which needs nothing"
        ) from error


SINKS: Final[dict[ExportFormat, Callable[[Path, Table], Sink]]] = {"jsonl": JsonLines, "parquet": Parquet}
