"""Makes the packed samples for the unit tests of the codecs, each with a
writer that is not ours.

    apt-get install 7zip bzip2 lz4 lzip xz-utils zstd
    pip install cramjam
    python tests/samples/codec/make.py

Run by hand; the tests only read what it wrote. `plain()` and `program()` are
written again in the tests.
"""

import bz2
import gzip
import lzma
import pathlib
import subprocess
import tempfile
import zlib

import cramjam

HERE = pathlib.Path(__file__).parent
MIB = 1 << 20


def plain():
    lines = (f"line {i}: {i * i * 2654435761 % 4294967296:08x}\n" for i in range(120))
    return "".join(lines).encode()


def program():
    """Bytes that the filters of all machines find branches in."""
    common = bytes.fromhex("e8e900ff48eb4094979517ef10e7f0f87f05")
    # Of Itanium, a bundle with a branch, at each of four addresses.
    bundle = (0x10 | (5 << 37 | 0x123 << 13) << 87).to_bytes(16, "little")
    out, x = bytearray(bundle * 4), 1
    for _ in range(1500):
        x = (x * 1103515245 + 12345) % (1 << 31)
        pick = (x >> 16) % 30
        out.append(common[pick] if pick < len(common) else x >> 20 & 0xFF)
    return bytes(out)


def run(command, data):
    return subprocess.run(command.split(), input=data, stdout=subprocess.PIPE, check=True).stdout


def xz(filters, check=-1):
    return lzma.compress(plain(), check=check, filters=filters)


def sized(data):
    """LZMA with the length in the header, and with an end mark all the same."""
    filters = [{"id": lzma.FILTER_LZMA1, "dict_size": 1 << 16}]
    header = b"\x5d" + (1 << 16).to_bytes(4, "little") + len(data).to_bytes(8, "little")
    return header + lzma.compress(data, lzma.FORMAT_RAW, filters=filters)


def archived(kind, methods, data):
    """The packed bytes of the only member of an archive that 7-Zip wrote."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "archive"
        (pathlib.Path(folder) / "data").write_bytes(data)
        subprocess.run(["7zz", "a", f"-t{kind}", *methods, path, "data"], cwd=folder,
                       stdout=subprocess.DEVNULL, check=True)
        archive = next(pathlib.Path(folder).glob("archive*")).read_bytes()
    if kind == "7z":
        return archive[32:32 + int.from_bytes(archive[12:20], "little")]
    size, name, extra = (int.from_bytes(archive[a:b], "little")
                         for a, b in ((18, 22), (26, 28), (28, 30)))
    return archive[30 + name + extra:30 + name + extra + size]


def seven(*methods, data=None):
    numbered = [f"-m{n}={method}" for n, method in enumerate(methods)]
    return archived("7z", ["-mhc=off", *numbered], data or plain())


LZMA2 = {"id": lzma.FILTER_LZMA2, "preset": 6}
HALF = len(plain()) // 2
FIRST, SECOND = plain()[:HALF], plain()[HALF:]

SAMPLES = {
    "text.zlib": zlib.compress(plain(), 9),
    "text.gz": gzip.compress(plain(), mtime=0),
    "members.gz": gzip.compress(FIRST, mtime=0) + bytes(7) + gzip.compress(SECOND, mtime=0),
    "text.bz2": bz2.compress(plain(), 1),
    "streams.bz2": bz2.compress(FIRST, 1) + bz2.compress(SECOND, 9),
    "text.xz": xz([LZMA2]),
    "none.xz": xz([LZMA2], lzma.CHECK_NONE),
    "crc32.xz": xz([LZMA2], lzma.CHECK_CRC32),
    "sha256.xz": xz([LZMA2], lzma.CHECK_SHA256),
    "filters.xz": xz([{"id": lzma.FILTER_DELTA, "dist": 3}, {"id": lzma.FILTER_X86}, LZMA2]),
    "arm.xz": xz([{"id": lzma.FILTER_ARM}, LZMA2]),
    "blocks.xz": run("xz -c --block-size=1000 -T1", plain()),
    "streams.xz": lzma.compress(FIRST) + bytes(8) + lzma.compress(SECOND),
    "mixed.xz": lzma.compress(FIRST) + lzma.compress(SECOND, lzma.FORMAT_ALONE),
    "text.lzma": lzma.compress(plain(), lzma.FORMAT_ALONE),
    "sized.lzma": sized(plain()),
    "text.zst": run("zstd -c -19 --check", plain()),
    "small-window.zst": run("zstd -c -1 --no-check --zstd=wlog=10", plain()),
    "frames.zst": b"\x53\x2a\x4d\x18\x05\0\0\0extra" + run("zstd -c --check", FIRST)
        + run("zstd -c", SECOND),
    "text.lz4": run("lz4 -c -9 -B4 -BD --content-size", plain()),
    "blocks.lz4": run("lz4 -c -1 -B4 -BI -BX", plain()),
    "frames.lz4": run("lz4 -c", FIRST) + b"\x50\x2a\x4d\x18\x02\0\0\0hi" + run("lz4 -c", SECOND),
    "legacy.lz4": run("lz4 -c -l", plain()),
    "text.lz": run("lzip -c -9", plain()),
    "members.lz": run("lzip -c", FIRST) + run("lzip -c", SECOND),
    "text.sz": bytes(cramjam.snappy.compress(plain())),
    "chunks.sz": bytes(cramjam.snappy.compress(FIRST)) + b"\xfe\x03\0\0pad" + b"\x80\x02\0\0hi"
        + bytes(cramjam.snappy.compress(SECOND)),
    "text.deflate64": archived("zip", ["-mm=Deflate64"], plain()),
    "text.raw-lzma": seven("LZMA:d=64k"),
    "marked.raw-lzma": seven("LZMA:d=64k:eos=on"),
    "text.raw-lzma2": seven("LZMA2:d=64k"),
    "text.ppmd": seven("PPMD:o=6:mem=1m"),
    # Parameters of two bytes stand in front.
    "text.zip-ppmd": archived("zip", ["-mm=PPMd:o=6:mem=1m"], plain()),
    "delta.raw-lzma": seven("Delta:4", "BCJ", "LZMA:d=64k", data=program()),
    **{f"program.{machine.lower()}": seven(machine, "Copy", data=program())
       for machine in ("BCJ", "PPC", "IA64", "ARM", "ARMT", "SPARC", "ARM64", "RISCV")},
    "zeros.lz": run("lzip -c -9", bytes(8 * MIB)),
    "zeros.deflate64": archived("zip", ["-mm=Deflate64"], bytes(8 * MIB)),
    "zeros.ppmd": seven("PPMD:o=6:mem=1m", data=bytes(8 * MIB)),
    "zeros.xz": lzma.compress(bytes(8 * MIB)),
    "zeros.lzma": lzma.compress(bytes(8 * MIB), lzma.FORMAT_ALONE),
    "zeros.zst": run("zstd -c -19", bytes(8 * MIB)),
}

for name, data in SAMPLES.items():
    (HERE / name).write_bytes(data)
    print(f"{name}: {len(data)}")
