"""Saying what was measured, and on what."""

import os
import platform
import statistics
import subprocess
import time
from collections.abc import Callable
from pathlib import Path


def machine() -> str:
    """Return processor, cores, system and Python, in one line."""
    model = platform.processor() or "processor unknown"
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        names = [
            line.split(":", 1)[1].strip() for line in cpuinfo.read_text().splitlines() if line.startswith("model name")
        ]
        model = names[0] if names else model
    return (
        f"{model}, {os.cpu_count()} cores, {platform.system()} {platform.release()}, Python {platform.python_version()}"
    )


def line(name: str, figure: str, note: str = "") -> None:
    print(f"  {name:<64} {figure:>18}  {note}".rstrip(), flush=True)


def title(text: str) -> None:
    print(f"\n{text}", flush=True)


def seconds_each(work: Callable[[], object], *, times: int) -> float:
    """Return the median duration of `work`, in seconds."""
    durations = []
    for _ in range(times):
        begun = time.perf_counter()
        work()
        durations.append(time.perf_counter() - begun)
    return statistics.median(durations)


def belenios_tool() -> str:
    """Return the path of belenios-tool, installed if need be."""
    script = Path(__file__).resolve().parent.parent / "tools" / "get-belenios-tool"
    done = subprocess.run([script], capture_output=True, text=True, check=True)
    return done.stdout.strip().splitlines()[-1]
