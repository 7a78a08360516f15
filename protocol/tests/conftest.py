"""What the tests of the protocol share: belenios-tool, an election that was played, where vectors and support are."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

PROTOCOL = Path(__file__).parent.parent
REPOSITORY = PROTOCOL.parent
VECTORS = REPOSITORY / "vectors"
sys.path[:0] = [str(Path(__file__).parent / "support"), str(VECTORS)]

settings.register_profile(
    "protocol", deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow], database=None
)
settings.load_profile("protocol")


def belenios_tool(suite: str) -> str:
    """The path of belenios-tool, or the reason why the test that needs it is skipped (an error when it is required)."""
    run = subprocess.run(
        [REPOSITORY / "tools" / "get-belenios-tool", suite], check=False, text=True, capture_output=True
    )
    if run.returncode == 0:
        return run.stdout.splitlines()[-1]
    reason = f"belenios-tool ({suite}) cannot be had: {run.stderr.strip().splitlines()[-1:]}"
    if suite == "trixie" and os.environ.get("ISOLOIR_REQUIRE_BELENIOS") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def belenios() -> str:
    """belenios-tool 3.0: required when ISOLOIR_REQUIRE_BELENIOS=1."""
    return belenios_tool("trixie")


@pytest.fixture(scope="session")
def belenios_with_gcm() -> str:
    """belenios-tool 3.1 to 3.3, whose private messages are like ours; later versions have other data."""
    program = belenios_tool("sid")
    version = subprocess.run([program, "--version"], check=True, text=True, capture_output=True).stdout.split()[0]
    if version.split(".")[:2] not in (["3", "1"], ["3", "2"], ["3", "3"]):
        pytest.skip(f"belenios-tool {version} has other private messages")
    return program
