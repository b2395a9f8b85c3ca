"""Compile the native pass when the package is built or installed from source, if there is a C compiler."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

FOLDER = Path("src/denizen/engines")
FLAGS = ["-std=c11", "-O3", "-shared", "-fPIC", "-fvisibility=hidden"]


class CompileOnePass(BuildHookInterface):
    """Puts the compiled library beside `one_pass.c`; without a compiler the package works, and computes in SQL."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile for a wheel, or in place for an editable install."""
        del version
        folder = Path(self.root) / FOLDER
        library = folder / f"_one_pass{sysconfig.get_config_var('SHLIB_SUFFIX') or '.so'}"
        try:
            library.unlink(missing_ok=True)
            compiler = compiler_of(os.environ)
            if compiler is None:
                self.app.display_warning("no C compiler: large batches will be scored in SQL alone, which takes longer")
                return
            command = [*compiler, *FLAGS, "-o", str(library), str(folder / "one_pass.c")]
            subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603
        except (OSError, ValueError, subprocess.CalledProcessError) as error:
            told = getattr(error, "stderr", "") or error
            self.app.display_warning(f"one_pass.c could not be compiled; scoring in SQL alone\n{told}")
            return
        if not library.exists():
            self.app.display_warning("the C compiler wrote no library; scoring in SQL alone")
            return
        build_data["artifacts"].append(f"{FOLDER}/{library.name}")
        build_data["pure_python"] = False
        build_data["tag"] = f"py3-none-{sysconfig.get_platform().replace('-', '_').replace('.', '_')}"


def compiler_of(environment: os._Environ[str]) -> list[str] | None:
    """Return the command of the compiler: what CC says, or the first that is there; None if there is none."""
    if sys.platform == "win32":
        return None
    if environment.get("CC", "").strip():
        return shlex.split(environment["CC"])
    return next(([name] for name in ("cc", "gcc", "clang") if shutil.which(name)), None)
