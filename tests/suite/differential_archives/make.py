"""Writes what other programs read out of the archives in `fixtures`.

    apt-get install libarchive-tools cpio binutils 7zip
    pip install rarfile
    python tests/suite/differential_archives/make.py

`listing.txt` has one line `> format path` for each archive, and below it one
line for each file that is not empty: its name, its length and its CRC-32, apart
by tabs. Names of hard links to one file stand together, apart by bars. Names and
bytes are those of libarchive's `bsdtar`; a second reader of
each format must agree, or the script stops.
"""

import pathlib
import re
import subprocess
import sys
import tempfile
import zlib

HERE = pathlib.Path(__file__).parent
FIXTURES = HERE.parents[2] / "fixtures"


def unpacked(command, path, check=True):
    """What a program unpacks into an empty folder."""
    with tempfile.TemporaryDirectory() as folder:
        stdin = path.open("rb") if "<" in command else None
        arguments = [path.as_posix() if a == "@" else a for a in command if a != "<"]
        subprocess.run(arguments, cwd=folder, stdin=stdin, check=check,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        root = pathlib.Path(folder)
        files = {}
        for file in root.rglob("*"):
            if file.is_file() and not file.is_symlink() and file.stat().st_size:
                same = files.setdefault(file.stat().st_ino, (set(), file.read_bytes()))
                same[0].add(file.relative_to(root).as_posix())
        return {line(names, data) for names, data in files.values()}


def line(names, data):
    return "|".join(sorted(names)), len(data), zlib.crc32(data)


def by_rarfile(path):
    import rarfile

    with rarfile.RarFile(path) as archive:
        files = {}
        for info in archive.infolist():
            redirection = getattr(info, "file_redir", None)
            if redirection and redirection[0] == rarfile.RAR5_XREDIR_HARD_LINK:
                files[redirection[2]][0].add(info.filename)
            elif info.is_file() and info.file_size:
                data = archive.read(info)
                assert zlib.crc32(data) == info.CRC, info.filename
                files[info.filename] = ({info.filename}, data)
        return {line(names, data) for names, data in files.values()}


BSDTAR = ["bsdtar", "-xf", "@"]
SECOND = {
    "rar": by_rarfile,
    "ar": lambda path: unpacked(["ar", "x", "@"], path),
    "cpio": lambda path: unpacked(["cpio", "-id", "--quiet", "<"], path),
    "iso": lambda path: unpacked(["7zz", "x", "-y", "@"], path),
}


def listing(path, kind):
    # It takes the table of long names for a file that cannot be written.
    first = unpacked(BSDTAR, path, check=kind != "ar")
    second = SECOND[kind](path)
    # 7-Zip shows what machines boot from once more, under a name of its own.
    second = {file for file in second if not file[0].startswith("[BOOT]/")}
    if first != second:
        sys.exit(f"{path}: bsdtar reads {sorted(first)} and the other reader {sorted(second)}")
    return sorted(first)


out = []
for kind in SECOND:
    for case in sorted((FIXTURES / kind).glob("*/expect.json")):
        folder = case.parent
        if not re.match(r"benign|payload", folder.name):
            continue
        for path in sorted(folder.iterdir()):
            if path.name == "expect.json":
                continue
            out.append(f"> {kind} {path.relative_to(FIXTURES).as_posix()}")
            out += [f"{name}\t{size}\t{crc:08x}" for name, size, crc in listing(path, kind)]
(HERE / "listing.txt").write_text("\n".join(out) + "\n")
