"""Delivery reports: the authentic ones mark their message, the others change nothing, and none does harm."""

import base64
import contextlib
import time
from email.message import EmailMessage
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText

import pytest
from hypothesis import given
from hypothesis import strategies as st

from isoloir.messaging.actions import deliver_queued, queue_email
from isoloir.messaging.bounces import record_reports
from isoloir.messaging.errors import ReportForged, ReportIgnored, ReportRefused, ReportUnreadable
from isoloir.messaging.identifiers import identifier_key, message_id
from isoloir.messaging.models import Message
from isoloir.messaging.reports import LONGEST_REPORT, DeliveryReport, verify_report
from tests.factories import DURING

KEY = b"k" * 32
STATUS = """Reporting-MTA: dns; relay.example

Final-Recipient: rfc822; voter1@essai.example
Action: {action}
Status: 5.1.1
"""


def report(identifier: str, *, action: str = "failed", returned: str = "text/rfc822-headers", inner: str = "") -> bytes:
    """Write a report as relays do (RFC 3464 with RFC 3462's returned headers, or the whole message)."""
    returned_text = f"From: portal@essai.example\nMessage-ID: {identifier}\nSubject: s\n\n{inner}"
    return f"""From: MAILER-DAEMON@relay.example
To: portal@essai.example
Subject: Undelivered
Message-ID: <of-the-report@relay.example>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

Could not be delivered.
--b
Content-Type: message/delivery-status

{STATUS.format(action=action)}
--b
Content-Type: {returned}

{returned_text}
--b--
""".encode()


def queued_message() -> Message:
    return queue_email(kind="link", recipient="voter1@essai.example", subject="s", body="b", at=DURING)


@pytest.mark.parametrize("returned", ["text/rfc822-headers", "message/rfc822", "message/global-headers"])
@pytest.mark.parametrize("action", ["failed", "Failed ", "delayed"])
def test_report_tells_the_message_and_the_action(returned: str, action: str) -> None:
    raw = report(message_id(42, key=KEY), action=action, returned=returned)
    assert verify_report(raw, key=KEY) == DeliveryReport(message=42, action=action.strip().lower())
    assert verify_report(raw.replace(b"\n", b"\r\n"), key=KEY).message == 42


@pytest.mark.parametrize(
    ("identifier", "refusal"),
    [
        (message_id(42, key=KEY).replace(".42.", ".43."), ReportForged),
        (message_id(42, key=b"x" * 32), ReportForged),
        ("<somebody@else.example>", ReportIgnored),
        ("<isoloir.042.00000000000000000000000000000000@a.example>", ReportIgnored),
    ],
)
def test_message_that_is_not_ours_is_not_believed(identifier: str, refusal: type[ReportRefused]) -> None:
    with pytest.raises(refusal):
        verify_report(report(identifier), key=KEY)


def test_identifier_anywhere_but_in_the_returned_headers_is_not_believed() -> None:
    ours = message_id(42, key=KEY)
    with pytest.raises(ReportIgnored):
        verify_report(report("<other@else.example>", inner=f"Message-ID: {ours}"), key=KEY)
    plain = EmailMessage()
    plain["Message-ID"] = plain["In-Reply-To"] = ours
    plain.set_content("Je suis absente.")
    with pytest.raises(ReportIgnored):
        verify_report(plain.as_bytes(), key=KEY)


def nested(depth: int) -> bytes:
    head = b"Content-Type: multipart/report; boundary=b0\n\n"
    for level in range(depth):
        head += f"--b{level}\nContent-Type: multipart/mixed; boundary=b{level + 1}\n\n".encode()
    return head


def many_parts() -> bytes:
    letter = MIMEMultipart("report")
    for _number in range(200):
        letter.attach(MIMEText("x"))
    return letter.as_bytes()


@pytest.mark.parametrize(
    "raw",
    [
        b"x" * (LONGEST_REPORT + 1),
        nested(4000),
        many_parts(),
        b"Content-Type: multipart/report\n\nno boundary",
        b'Content-Type: multipart/report; boundary="\xff\xfe"\n\n--\xff',
        b"",
        b"\x00" * 1000,
    ],
    ids=["long", "nested", "parts", "no boundary", "bad boundary", "empty", "zeros"],
)
def test_hostile_report_is_refused_and_does_no_harm(raw: bytes) -> None:
    with pytest.raises((ReportUnreadable, ReportIgnored)):
        verify_report(raw, key=KEY)


IN_A_PART = b"Content-Type: multipart/report; boundary=b\n\n--b\n"


def in_base64(content: bytes) -> bytes:
    head = IN_A_PART + b"Content-Type: text/rfc822-headers\nContent-Transfer-Encoding: base64\n\n"
    return head + base64.encodebytes(content) + b"\n--b--\n"


@pytest.mark.parametrize(
    "raw",
    [
        IN_A_PART + b"Content-Type: text/rfc822-headers; charset*=zz''a\n\nMessage-ID: \xe9\n--b--\n",
        b'Content-Type: multipart/report; boundary="' + b";" * 60_000 + b"\n\nx",
        b'Content-Type: multipart/report; boundary="' + b";" * 130_000 + b"\n\nx",
        b'content-type: multipart/report; boundary="' + b"\r\n ;" * 15_000 + b"\n\nx",
        b'X: y\rContent-Type: multipart/report; boundary="' + b"\r\t;" * 20_000 + b"\r\rx",
        nested(400) + b"\n" * 50_000,
        in_base64(b'Content-Type: text/plain; charset="' + b";" * 40_000 + b"\n\n"),
        in_base64(b"Message-ID: " + b"\xe9\n " * 13_000),
    ],
    ids=["charset", "field", "longer", "folded", "old line ends", "nested", "hidden field", "hidden identifier"],
)
def test_report_written_to_stop_the_reader_is_refused_at_once(raw: bytes) -> None:
    begun = time.process_time()
    with pytest.raises(ReportUnreadable):
        verify_report(raw, key=KEY)
    assert time.process_time() - begun < 1


@pytest.mark.parametrize("fill", [b"\n", b"--b\n", b"--b\n\n", b"A: b\n\n", b"M:\xe9\n", b" x\n", b"\r"])
@pytest.mark.parametrize("kind", [b"message/delivery-status", b"text/rfc822-headers", b"multipart/digest; boundary=b"])
def test_report_within_the_bounds_is_read_in_a_few_seconds_at_most(fill: bytes, kind: bytes) -> None:
    raw = IN_A_PART + b"Content-Type: " + kind + b"\n\n"
    begun = time.process_time()
    with pytest.raises(ReportRefused):
        verify_report(raw + fill * (LONGEST_REPORT // len(fill)), key=KEY)
    assert time.process_time() - begun < 5


def test_whatever_the_parser_raises_is_a_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_parts: object) -> str:
        raise AssertionError

    monkeypatch.setattr("isoloir.messaging.reports._returned_id", fail)
    with pytest.raises(ReportUnreadable, match="AssertionError"):
        verify_report(report(message_id(42, key=KEY)), key=KEY)


def test_report_that_returns_a_long_message_is_read_by_its_head() -> None:
    raw = report(message_id(42, key=KEY), returned="message/rfc822", inner="x" * 70 + "\n")
    long = raw.replace(b"x" * 70, b"\n".join([b"x" * 70] * 5000))
    assert len(long) > 5 * LONGEST_REPORT
    assert verify_report(long, key=KEY) == DeliveryReport(message=42, action="failed")


HOSTILE_PIECES = st.sampled_from(
    [
        b"Content-Type: message/rfc822\n\n", b"Content-Type: multipart/report; boundary=b\n\n", b"--b\n", b"--b--\n",
        b"\xff\xfe", b"\x00", b"=?zz?q?a?=", b"Content-Transfer-Encoding: base64\n", b";charset*=zz''a", b";boundary*0*=u''B",
        b"Content-Transfer-Encoding: x-uuencode\nbegin 644 z\n", b"\n\n", b"\r", b":", b"From x\n", b" \n", b'"', b"(",
        b"\xed\xa0\x80", b"Message-ID: =?x?q?=00?=\n", b"Content-Type: text/rfc822-headers; charset=\xff\n",
    ]
)  # fmt: skip


@given(st.data())
def test_report_with_hostile_pieces_is_read_or_refused_and_never_worse(data: st.DataObject) -> None:
    raw = bytearray(
        report(message_id(42, key=KEY), returned=data.draw(st.sampled_from(["message/rfc822", "text/rfc822-headers"])))
    )
    for _change in range(data.draw(st.integers(1, 8))):
        place = data.draw(st.integers(0, len(raw)))
        raw[place:place] = data.draw(HOSTILE_PIECES)
    with contextlib.suppress(ReportRefused):
        assert verify_report(bytes(raw), key=KEY).message == 42


@given(st.data())
def test_damaged_report_is_read_or_refused_and_never_worse(data: st.DataObject) -> None:
    raw = bytearray(report(message_id(42, key=KEY)))
    for _change in range(data.draw(st.integers(1, 6))):
        place = data.draw(st.integers(0, len(raw) - 1))
        raw[place : place + data.draw(st.integers(0, 40))] = data.draw(st.binary(max_size=20))
        raw = raw or bytearray(b"x")
    with contextlib.suppress(ReportRefused):
        assert verify_report(bytes(raw), key=KEY).message == 42


@pytest.mark.django_db
def test_each_report_is_counted_by_what_it_did() -> None:
    sent, delayed, waiting = queued_message(), queued_message(), queued_message()
    Message.objects.filter(pk__in=(sent.pk, delayed.pk)).update(state=Message.State.SENT, sealed=b"")
    key = identifier_key()
    counts = record_reports(
        [
            report(message_id(sent.pk, key=key)),
            report(message_id(sent.pk, key=key)),
            report(message_id(delayed.pk, key=key), action="delayed"),
            report(message_id(waiting.pk, key=key)),
            report(message_id(10**12, key=key)),
            report(message_id(delayed.pk, key=KEY)),
            b"From: a\n\nhello",
        ]
    )
    assert dict(counts) == {"bounced": 2, "known": 2, "not-failed": 1, "forged": 1, "ignored": 1}
    states = dict(Message.objects.values_list("pk", "state"))
    assert states == {sent.pk: "bounced", delayed.pk: "sent", waiting.pk: "bounced"}


@pytest.mark.django_db
def test_message_that_came_back_does_not_leave_again(mailoutbox: list[object]) -> None:
    message = queued_message()
    record_reports([report(message_id(message.pk, key=identifier_key()))])
    assert deliver_queued(at=DURING) == 0
    assert mailoutbox == []
    assert bytes(Message.objects.get().sealed) == b""
