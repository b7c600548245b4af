"""`./dunlin up` by somebody who is not root: in a home of their own, with a checkout that they may only read."""

import json
import os
import pwd
import shutil
import signal
import subprocess
import sys
import sysconfig
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from dunlin_local.places import CHECKOUT
from dunlin_local.postgres_binaries import can_be_reached

SECONDS = 120.0
USER = "daemon"
SECRET = {"password", "roles.json", "signing-key.json", "operator", "notify-svc", "demonstration"}
PACKAGES = sysconfig.get_path("purelib")
MAIN = f"""
import site, sys
site.addsitedir({PACKAGES!r})
from dunlin_local.__main__ import main
sys.exit(main(sys.argv[1:]))
"""
"""Root's own Python may lie where nobody else gets to: then it is the system's, with the packages of this one."""


def interpreter() -> str:
    """A Python of this version that another user than root can run."""
    found = (sys.executable, shutil.which(f"python3.{sys.version_info.minor}", path="/usr/bin:/usr/local/bin"))
    reached = [name for name in found if name and can_be_reached(Path(name).resolve().parent)]
    if not reached or not can_be_reached(CHECKOUT) or not can_be_reached(Path(PACKAGES)):
        pytest.skip("another user than root can reach no Python here, or not the checkout")
    return reached[0]


@pytest.mark.skipif(os.geteuid() != 0, reason="all other tests run as another user than root already")
def test_it_comes_up_for_another_user_and_goes_down(server_place: Callable[[], Path]) -> None:
    user = pwd.getpwnam(USER)
    home = server_place().parent
    os.chown(home, user.pw_uid, user.pw_gid)
    data, said = home / "data", home / "said.txt"
    environment = {"HOME": str(home), "PATH": "/usr/bin:/bin", "DUNLIN_HOME": str(data), "PYTHONDONTWRITEBYTECODE": "1"}
    with said.open("w") as output:
        running = subprocess.Popen(
            [interpreter(), "-c", MAIN, "up", "--port", "0", "--empty"], env=environment, cwd="/", stdout=output,
            stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, user=user.pw_uid, group=user.pw_gid, extra_groups=[])
    try:
        end = time.monotonic() + SECONDS
        while "export DUNLIN=" not in said.read_text():
            assert running.poll() is None, said.read_text()
            assert time.monotonic() < end, said.read_text()
            time.sleep(0.05)
        url = json.loads((data / "running.json").read_text())["url"]
        assert httpx.get(f"{url}/readyz", timeout=60).text == "ready"
        assert {path.stat().st_uid for path in (data, *data.rglob("*")) if path.exists()} == {user.pw_uid}
        assert not [path for path in data.rglob("*") if path.name in SECRET and path.stat().st_mode & 0o077]
        running.send_signal(signal.SIGTERM)
        assert running.wait(SECONDS) == 0, said.read_text()
    finally:
        running.kill()
        running.wait()
    assert not (data / "postgres/data/postmaster.pid").exists(), "PostgreSQL was stopped in order"

