"""`./dunlin reset`: removes all data of this checkout, after a yes."""

import argparse
import shutil
import sys

from dunlin_local.places import data_folder, server_folder
from dunlin_local.postgres import PostgresError, in_use
from dunlin_local.terminal import give_up, progress


def run(arguments: argparse.Namespace) -> int:
    """Remove the data folder and the embedded server's. Refuses while Dunlin runs on them."""
    folders = [folder for folder in (server_folder(), data_folder()) if folder.exists()]
    if not folders:
        progress.print("There is no data here.")
        return 0
    for folder in folders:
        progress.print(f"This removes {folder} with everything in it.", soft_wrap=True)
    if not arguments.yes and not _says_yes():
        give_up("Nothing was removed.")
    try:
        with in_use(server_folder()):
            for folder in folders:
                shutil.rmtree(folder)
    except PostgresError as running:
        give_up(str(running))
    except OSError as error:
        give_up(f"It cannot be removed: {error}")
    progress.print("Removed.")
    return 0


def _says_yes() -> bool:
    if not sys.stdin.isatty():
        return False
    return input("Type yes to go on: ").strip().lower() == "yes"
