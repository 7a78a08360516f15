"""belenios-tool, the verifier that we did not write."""

import os
import subprocess
from pathlib import Path

import pytest

_SCRIPT = Path(__file__).resolve().parent.parent / "tools" / "get-belenios-tool"


def belenios_tool() -> str:
    """Return its path; when it cannot be had, skip, or fail when it is required (ISOLOIR_REQUIRE_BELENIOS=1)."""
    done = subprocess.run([_SCRIPT], check=False, capture_output=True, text=True)
    if done.returncode == 0:
        return done.stdout.strip().splitlines()[-1]
    if os.environ.get("ISOLOIR_REQUIRE_BELENIOS") == "1":
        pytest.fail(f"belenios-tool cannot be had: {done.stderr[-500:]}")
    pytest.skip("belenios-tool cannot be had")
