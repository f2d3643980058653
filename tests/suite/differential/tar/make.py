"""Archives of one small folder by every writer at hand, for the comparison of
two readers in `differential_tar.rs`.

    apt-get install tar libarchive-tools
    python tests/suite/differential/tar/make.py

Run by hand; the test suite only reads what it wrote.
"""

import os
import pathlib
import subprocess
import tarfile
import tempfile

HERE = pathlib.Path(__file__).parent
LONG = "weights/" + "layer-with-a-long-name/" * 8 + "kernel.txt"
TEXT = b"The quick brown fox jumps over the lazy dog.\n"


def trimmed(data):
    end = len(data.rstrip(b"\0"))
    return data[: (end + 511) // 512 * 512] + bytes(1024)


def folder_at(folder, long):
    if long:
        (folder / LONG).parent.mkdir(parents=True)
        (folder / LONG).write_bytes(TEXT)
    (folder / "weights").mkdir(exist_ok=True)
    (folder / "weights/empty.txt").write_bytes(b"")
    (folder / "weights/block.txt").write_bytes(b"x" * 512)
    (folder / "caf\u00e9.txt").write_bytes(TEXT)
    (folder / "card.txt").write_bytes(TEXT * 12)
    os.link(folder / "card.txt", folder / "same.txt")
    os.symlink("card.txt", folder / "link.txt")
    for path in [*folder.rglob("*"), folder]:
        os.utime(path, (1577836800, 1577836800), follow_symlinks=False)
    return ["weights", "caf\u00e9.txt", "card.txt", "same.txt", "link.txt"]


def written(name, command, long=True):
    with tempfile.TemporaryDirectory() as folder:
        names = folder_at(pathlib.Path(folder), long)
        done = subprocess.run([*command, *names], cwd=folder, stdout=subprocess.PIPE, check=True)
        (HERE / f"{name}.tar").write_bytes(trimmed(done.stdout))


def sparse(name, options):
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        with open(folder / "sparse.bin", "wb") as file:
            for at in range(6):
                file.seek(at * 131072)
                # A whole block of the file system, without a zero in it.
                file.write((b"part %d. " % at * 512)[:4096])
            file.truncate(1 << 20)
        os.utime(folder / "sparse.bin", (1577836800, 1577836800))
        done = subprocess.run(["tar", "--owner=0", "--group=0", "--numeric-owner", "-S", *options,
                               "-c", "sparse.bin"], cwd=folder, stdout=subprocess.PIPE, check=True)
        (HERE / f"{name}.tar").write_bytes(trimmed(done.stdout))


def python(name, format, long):
    with tempfile.TemporaryDirectory() as folder:
        names = folder_at(pathlib.Path(folder), long)
        with tarfile.open(HERE / f"{name}.tar", "w", format=format) as tar:
            for member in names:
                tar.add(pathlib.Path(folder) / member, member)
        path = HERE / f"{name}.tar"
        path.write_bytes(trimmed(path.read_bytes()))


def imitated_go():
    """As Go's archive/tar writes pax: a header called `PaxHeaders.0`, no
    padding in the name, and attributes of files."""
    with tarfile.open(HERE / "go-pax.tar", "w", format=tarfile.PAX_FORMAT) as tar:
        for name in [LONG, "caf\u00e9.txt"]:
            entry = tarfile.TarInfo(name)
            entry.size = len(TEXT)
            entry.pax_headers = {"SCHILY.xattr.user.note": "kept", "mtime": "1577836800.25"}
            import io
            tar.addfile(entry, io.BytesIO(TEXT))
    path = HERE / "go-pax.tar"
    path.write_bytes(trimmed(path.read_bytes()))


GNU = ["tar", "--owner=0", "--group=0", "--numeric-owner"]
for kind in ["v7", "oldgnu", "gnu", "ustar", "posix"]:
    written(f"gnu-tar-{kind}", [*GNU, f"--format={kind}", "-c"], kind not in ["v7"])
for kind in ["v7", "ustar", "pax", "gnutar"]:
    written(f"bsdtar-{kind}", ["bsdtar", "--uid=0", "--gid=0", "--numeric-owner",
                               f"--format={kind}", "-cf", "-"], kind not in ["v7"])
python("python-ustar", tarfile.USTAR_FORMAT, True)
python("python-gnu", tarfile.GNU_FORMAT, True)
python("python-pax", tarfile.PAX_FORMAT, True)
sparse("sparse-gnu", ["--format=gnu"])
for version in ["0.0", "0.1", "1.0"]:
    sparse(f"sparse-{version}", ["--format=posix", f"--sparse-version={version}"])
imitated_go()
