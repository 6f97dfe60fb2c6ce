"""The format of temporary storage beside what libraries offer for the same; not in `make bench`.

Objects: our blocks (shuffled where that pays, Zstandard), plain Zstandard, and Blosc2 with its byte
shuffle. Folders: our stream of files, and `tarfile`. They take turns in one process through the
same `FolderStore`. What is printed is processor time, which other processes disturb least, and what
saving and loading would take in all on two processors behind 1 Gbit/s.
"""

import random
import shutil
import statistics
import sys
import tarfile
import tempfile
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from unittest.mock import patch

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import blosc2
import numpy as np
import zstandard
from storage import make_table

from kedro_azureml.storage.folder import FolderStore
from kedro_azureml.storage.format import archive, compression, reader, writer
from kedro_azureml.storage.format.blocks import Block, checksum_of

RUNS = 3
PROCESSORS, BYTES_A_SECOND = 2, 125e6


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        store = FolderStore(Path(name) / "store")
        blocks = {
            "ours": (compression.compress, compression.decompress),
            "zstd": (zstd, compression.decompress),
            "blosc2": (blosc, unblosc),
        }
        for title, data in objects():
            for way, took in take_turns(
                store,
                blocks,
                ((writer, "compress"), (reader, "decompress")),
                lambda: store.save("x", data),  # noqa: B023
                lambda: store.load("x"),
            ).items():
                print(f"{title:<28} {way:<8} {took}")
        streams = {"ours": (archive.pack, archive.unpack), "tarfile": (tar, untar)}
        for title, folder in folders(Path(name)):
            for way, took in take_turns(
                store,
                streams,
                ((archive, "pack"), (archive, "unpack")),
                lambda: store.save_folder("x", folder),  # noqa: B023
                lambda: store.load_folder("x", Path(tempfile.mkdtemp(dir=name))),
            ).items():
                print(f"{title:<28} {way:<8} {took}")
            shutil.rmtree(folder)


def take_turns(
    store: FolderStore,
    ways: Mapping[str, tuple[Any, Any]],
    names: tuple[tuple[Any, str], tuple[Any, str]],
    save: Callable[[], Any],
    load: Callable[[], Any],
) -> dict[str, str]:
    """Run each way in turn, in place of what has the names; the first round does not count."""
    rounds: dict[str, list[tuple[float, float, int]]] = {way: [] for way in ways}
    for _ in range(RUNS + 1):
        for way, (saving, loading) in ways.items():
            with patch.object(*names[0], saving), patch.object(*names[1], loading):
                start = time.process_time()
                save()
                saved = time.process_time()
                load()
                loaded = time.process_time()
            # The header of a large thing is a hole in the file.
            size = min((store.root / "x").stat().st_size, (store.root / "x").stat().st_blocks * 512)
            rounds[way].append((saved - start, loaded - saved, size))
    return {way: described(*zip(*taken[1:], strict=True)) for way, taken in rounds.items()}


def described(saves: Any, loads: Any, sizes: Any) -> str:
    save, load, size = (statistics.median(values) for values in (saves, loads, sizes))
    total = (save + load) / PROCESSORS + 2 * size / BYTES_A_SECOND
    return f"save {save:5.2f} s  load {load:5.2f} s  {size / 1e6:6.1f} MB  in all {total:5.2f} s"


def objects() -> Iterator[tuple[str, Any]]:
    draw = np.random.default_rng(0)
    yield "table of 2,000,000 rows", make_table()
    yield "prices, float64", np.round(draw.gamma(2, 50, 8_000_000), 2)
    yield "random float64", draw.standard_normal(8_000_000)
    yield "random float32", draw.standard_normal(16_000_000).astype(np.float32)
    yield "counts, int64", draw.integers(0, 1000, 8_000_000)
    yield "row numbers, int32", np.arange(16_000_000, dtype=np.int32)
    yield "text", " ".join(draw.choice(["alpha", "beta", "flight", "seat", "of"], 10_000_000))
    yield "400,000 dictionaries", [{"id": n, "name": f"x {n}", "v": n / 7} for n in range(400_000)]
    yield "random bytes", draw.bytes(64_000_000)


def folders(root: Path) -> Iterator[tuple[str, Path]]:
    draw = random.Random(0)
    for count, size in ((5000, 2_000), (200, 500_000), (2, 100_000_000)):
        folder = root / f"{count}"
        for number in range(count):
            file = folder / f"{number % 50}" / f"part-{number:05}.csv"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes((b"%d,abc\n" % draw.randrange(10**9)) * (size // 14))
        yield f"{count:,} files of {size / 1000:,.0f} kB", folder


def zstd(raw: memoryview, continues: bool = False) -> tuple[Block, bytes]:
    compressor = zstandard.ZstdCompressor(level=compression.LEVEL, write_checksum=True)
    frame = compressor.compress(raw)
    return Block(len(frame), len(raw), checksum_of(frame), 1, continues), frame


def blosc(raw: memoryview, continues: bool = False) -> tuple[Block, bytes]:
    frame = blosc2.compress2(
        raw,
        typesize=8,
        clevel=1,
        codec=blosc2.Codec.ZSTD,
        filters=[blosc2.Filter.SHUFFLE],
        filters_meta=[0],
        nthreads=1,
    )
    return Block(len(frame), len(raw), zlib.crc32(frame), 1, continues), frame


def unblosc(frame: memoryview, block: Block, name: str, target: memoryview) -> None:
    assert zlib.crc32(frame) == block.checksum, name
    blosc2.decompress2(bytes(frame), dst=np.frombuffer(target, np.uint8), nthreads=1)


class _Forwards:
    """What `tarfile` needs of a file that is only written or only read, from front to back."""

    def __init__(self, stream: Any) -> None:
        self.stream, self.offset = stream, 0

    def tell(self) -> int:
        return self.offset

    def seek(self, offset: int) -> None:
        self.read(offset - self.offset)

    def write(self, data: bytes) -> int:
        self.stream.write(data)
        self.offset += len(data)
        return len(data)

    def read(self, size: int) -> bytes:
        data: bytes = self.stream.read(size)
        self.offset += len(data)
        return data


def tar(folder: Path, stream: Any) -> None:
    options: Any = {"fileobj": _Forwards(stream), "copybufsize": 4 << 20, "dereference": True}
    with tarfile.TarFile(mode="w", **options) as file:
        for path in sorted(p for p in folder.rglob("*") if p.is_file()):
            file.add(path, path.relative_to(folder).as_posix(), recursive=False)


def untar(stream: Any, folder: Path, name: str) -> None:
    options: Any = {"fileobj": _Forwards(stream), "copybufsize": 4 << 20}
    with tarfile.TarFile(mode="r", **options) as file:
        for member in file:
            file.extract(member, folder, set_attrs=False, filter="data")


if __name__ == "__main__":
    main()
