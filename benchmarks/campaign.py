"""The opening campaign: sent to a local relay by the real worker, killed twice on the way, beside Django's `send_mail`.

`python -m benchmarks.campaign --voters N` in a process of its own: its database and its settings are not those of the
other measures.
"""

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from isoloir.commands.setup import migrate, start_django
from tests.smtp_sink import SmtpSink

from .electorate import make_electorate
from .report import line, title

_PEER_MESSAGES = 300
_TARGET = 150


def measure(voters: int) -> None:
    """Run the measure in a process of its own."""
    subprocess.run([sys.executable, "-m", "benchmarks.campaign", "--voters", str(voters)], check=True)


def _measure(voters: int, sink: SmtpSink) -> None:
    from django.db import connection
    from django.utils import timezone

    from isoloir.identity.campaigns import open_campaign
    from isoloir.identity.models import Campaign

    title(f"Opening campaign of {voters} voters ({connection.vendor}, one worker, relay in a process of its own)")
    election = make_electorate(voters)
    worker = None
    try:
        begun = time.monotonic()
        open_campaign(election=election, kind=Campaign.Kind.OPENING, actor="bench", at=timezone.now())
        for share in (1 / 3, 2 / 3):
            worker = _start_worker()
            _wait_for(sink, int(voters * share))
            _kill(worker)
        worker = _start_worker()
        _wait_for(sink, voters)
        _wait_until_settled()
        seconds = time.monotonic() - begun
        worker.terminate()
        worker.wait(60)
        _tell(sink, voters, seconds)
        _tell_peer(voters / seconds)
    finally:
        if worker is not None:
            _kill(worker)


def _start_worker() -> "subprocess.Popen[bytes]":
    return subprocess.Popen([sys.executable, "-m", "isoloir.commands", "work"])


def _kill(worker: "subprocess.Popen[bytes]") -> None:
    if worker.poll() is None:
        worker.send_signal(signal.SIGKILL)
        worker.wait()


def _wait_for(sink: SmtpSink, messages: int) -> None:
    deadline = time.monotonic() + 120 + messages / 20
    while sink.count() < messages:
        if time.monotonic() > deadline:
            raise RuntimeError(f"only {sink.count()} of {messages} messages arrived")
        time.sleep(0.05)


def _wait_until_settled() -> None:
    from isoloir.messaging.models import Message

    while Message.objects.exclude(state=Message.State.SENT).exists():
        time.sleep(0.1)


def _tell(sink: SmtpSink, voters: int, seconds: float) -> None:
    from django.db.models import Sum

    from isoloir.identity.models import OneTimeLink
    from isoloir.messaging.models import Message

    times = sink.times_accepted()
    doubts = Message.objects.aggregate(all=Sum("doubts"))["all"] or 0
    if len(times) != voters or OneTimeLink.objects.values("voter").distinct().count() != voters:
        raise RuntimeError(f"{len(times)} messages for {voters} voters")
    if len(set(sink.accepted())) != voters:
        raise RuntimeError("a message sent again was not the same, byte for byte")
    line("queued and sent, two SIGKILL and two starts included", f"{voters / seconds:.0f} /s", f"target {_TARGET} /s")
    line("voters with exactly one message, by Message-ID", f"{len(times)}")
    line("in doubt at the kills, sent again with the same Message-ID", f"{doubts}")
    line("of which the relay had already: same message twice", f"{times.total() - voters}")


def _tell_peer(ours: float) -> None:
    from django.core.mail import send_mail

    begun = time.monotonic()
    body = "Bonjour,\n\n" + "Le portail est ouvert, voici votre lien.\n" * 12
    for number in range(_PEER_MESSAGES):
        send_mail("Ouverture du portail", body, None, [f"voter{number}@essai.example"])
    peer = _PEER_MESSAGES / (time.monotonic() - begun)
    note = f"ratio {ours / peer:.1f}; no outbox, no link, nothing kept"
    line("peer: Django's send_mail, in a loop, a connection each", f"{peer:.0f} /s", note)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--voters", type=int, default=100_000)
    voters = parser.parse_args().voters
    with tempfile.TemporaryDirectory() as directory, SmtpSink(Path(directory)) as sink:
        os.environ |= {
            "ISOLOIR_SECRET_KEY": "bench", "ISOLOIR_HOSTS": "127.0.0.1", "ISOLOIR_PORTAL_URL": "https://vote.example",
            "ISOLOIR_SMTP_HOST": "127.0.0.1", "ISOLOIR_SMTP_PORT": str(sink.port), "ISOLOIR_SMTP_TLS": "0",
            "ISOLOIR_SPOOL": f"{directory}/spool",
        }  # fmt: skip
        start_django(directory=Path(directory))
        migrate()
        _measure(voters, sink)


if __name__ == "__main__":
    main()
