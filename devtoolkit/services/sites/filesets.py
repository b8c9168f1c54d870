"""The set of files of an update, known by the hash of its manifest; a site that lacks it is sent it once."""

import base64
import binascii
import hashlib
import shutil
import tempfile
from pathlib import Path

from devtoolkit import paths
from devtoolkit.errors import BuildError, UpdateError
from devtoolkit.services import build
from devtoolkit.services.sites.jobs import SetJob

_KEPT = 3  # sets that a site keeps besides its own


def digest_of(folder: Path | None = None) -> str:
    """Raises BuildError where there is no such set."""
    folder = folder or paths.precompiled()
    build.load_manifest(folder)
    return hashlib.sha256((folder / build.MANIFEST).read_bytes()).hexdigest()


def packed(folder: Path | None = None) -> SetJob:
    """The set as a job. Raises BuildError when a file is missing or was edited."""
    folder = folder or paths.precompiled()
    content = {**build.read_files(folder), build.MANIFEST: (folder / build.MANIFEST).read_bytes()}
    return SetJob(digest_of(folder), {path: base64.b64encode(data).decode() for path, data in content.items()})


def unpack(job: SetJob) -> None:
    """Keep a set at this site. Raises UpdateError and BuildError for one that is not what its manifest says."""
    if job.digest in known():
        return
    home = _home()
    home.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=home, prefix=".new-") as name:
        new = Path(name) / "set"
        for path, text in job.files.items():
            file = new / path
            file.parent.mkdir(parents=True, exist_ok=True)
            try:
                file.write_bytes(base64.b64decode(text, validate=True))
            except binascii.Error as error:
                raise UpdateError("The set of files is damaged.", hint="Send it again.") from error
        build.read_files(new)
        if digest_of(new) != job.digest:
            raise UpdateError("The set of files is not the one it is called.", hint="Send it again.")
        if not (home / job.digest).exists():
            new.rename(home / job.digest)
    _forget_old(keep=job.digest)


def folder_of(digest: str) -> Path | None:
    """Where this machine has the set, None for the bundled one. Raises UpdateError when it has not got it."""
    if digest == digest_of():
        return None
    folder = _home() / digest
    if not folder.is_dir():
        raise UpdateError("The site does not have these files.", hint="Start the update again, which sends them.")
    return folder


def known() -> tuple[str, ...]:
    """The digests of all sets that are here."""
    kept = [folder.name for folder in _home().glob("*") if len(folder.name) == 64]
    try:
        return (digest_of(), *kept)
    except BuildError:
        return tuple(kept)


def _forget_old(keep: str) -> None:
    folders = [folder for folder in _home().glob("*") if len(folder.name) == 64 and folder.name != keep]
    for folder in sorted(folders, key=lambda one: one.stat().st_mtime, reverse=True)[_KEPT - 1 :]:
        shutil.rmtree(folder, ignore_errors=True)


def _home() -> Path:
    return paths.user_data() / "sites" / "sets"
