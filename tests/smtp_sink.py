"""A mail relay that keeps only identifiers, in a process of its own: for tests and measures of very many messages.

It speaks what RFC 5321 asks of a receiver of mail and nothing more. Each message accepted is a line of `log`, its
Message-ID and the SHA-256 of its bytes, written before the answer 250 leaves: what was acknowledged is in the log.
An address that begins with `unknown` is refused for good, one that begins with `later` for now.
"""

import argparse
import asyncio
import hashlib
import re
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import BinaryIO, Self

_IDENTIFIER = re.compile(rb"^message-id:\s*(<[^>\r\n]*>)", re.IGNORECASE | re.MULTILINE)
_ROOT = Path(__file__).resolve().parent.parent


class SmtpSink:
    """The relay as a child process: `port` to send to, `accepted()` to know what arrived."""

    def __init__(self, folder: Path) -> None:
        self._log = folder / "accepted.txt"
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.smtp_sink", "--port", str(self.port), "--log", str(self._log)], cwd=_ROOT
        )
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.05)
        self.stop()
        raise RuntimeError("the sink did not start")

    def count(self) -> int:
        """Return how many messages were accepted, without reading what they were."""
        return self._log.read_bytes().count(b"\n") if self._log.exists() else 0

    def accepted(self) -> list[tuple[str, str]]:
        """Return (Message-ID, SHA-256 of the bytes) of each message accepted, in order."""
        if not self._log.exists():
            return []
        lines = self._log.read_text("ascii").splitlines()
        return [(identifier, digest) for identifier, _space, digest in (line.partition(" ") for line in lines)]

    def times_accepted(self) -> Counter[str]:
        """Return how many times each Message-ID was accepted."""
        return Counter(identifier for identifier, _digest in self.accepted())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_fault: object) -> None:
        self.stop()

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(10)


class _Conversation:
    """One connection, command by command."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, log: BinaryIO) -> None:
        self._reader, self._writer, self._log = reader, writer, log

    async def follow(self) -> None:
        self._writer.write(b"220 sink\r\n")
        while line := await self._reader.readline():
            verb, argument = line[:4].upper(), line[4:].strip()
            if verb == b"QUIT":
                break
            if verb == b"DATA":
                self._writer.write(b"354 go on\r\n")
                content = await self._reader.readuntil(b"\r\n.\r\n")
                self._keep(content[:-3])
                self._writer.write(b"250 2.0.0 accepted\r\n")
            else:
                self._writer.write(_answer(verb, argument))
            await self._writer.drain()
        self._writer.write(b"221 bye\r\n")
        self._writer.close()

    def _keep(self, content: bytes) -> None:
        found = _IDENTIFIER.search(content)
        identifier = found[1] if found else b"<none>"
        digest = hashlib.sha256(content).hexdigest().encode()
        self._log.write(identifier + b" " + digest + b"\n")
        self._log.flush()


def _answer(verb: bytes, argument: bytes) -> bytes:
    if verb == b"EHLO":
        return b"250-sink\r\n250-8BITMIME\r\n250 ENHANCEDSTATUSCODES\r\n"
    if verb == b"RCPT":
        address = argument.upper()
        if b"<UNKNOWN" in address:
            return b"550 5.1.1 no such mailbox\r\n"
        if b"<LATER" in address:
            return b"450 4.2.0 come back later\r\n"
    if verb in (b"HELO", b"MAIL", b"RCPT", b"RSET", b"NOOP"):
        return b"250 2.0.0 fine\r\n"
    return b"502 5.5.1 unknown command\r\n"


async def _serve(port: int, log: Path) -> None:
    with log.open("ab") as stream:

        async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                await _Conversation(reader, writer, stream).follow()
            except (ConnectionError, asyncio.IncompleteReadError):
                # The other side was killed in the middle: nothing of an unfinished message is kept.
                writer.close()

        server = await asyncio.start_server(connected, "127.0.0.1", port, limit=1024 * 1024)
        stopped = asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
        async with server:
            await stopped.wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--log", type=Path, required=True)
    options = parser.parse_args()
    asyncio.run(_serve(options.port, options.log))
