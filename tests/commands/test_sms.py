"""`isoloir sms`: the providers, and the addresses of receipts that they are to be given."""

import pytest
from django.conf import LazySettings
from django.test import Client

from isoloir.commands import main


@pytest.mark.django_db
def test_address_that_the_command_prints_is_the_one_that_takes_receipts(
    capsys: pytest.CaptureFixture[str], settings: LazySettings, client: Client
) -> None:
    settings.PORTAL_URL = "https://vote.example"
    settings.SMS_BACKENDS = [{"backend": "isoloir.demo.mailbox.SmsMailbox", "name": "mailbox"}, {"backend": "console"}]
    assert main(["sms"]) == 0
    name, address, second, without = capsys.readouterr().out.splitlines()
    assert (name, second, without) == ("mailbox", "console", "  sans accusés de remise")
    path = address.partition("https://vote.example")[2]
    assert client.get(path).status_code == 204
    another = "y" if path[-2] == "x" else "x"
    assert client.get(f"{path[:-2]}{another}/").status_code == 404


def test_command_says_when_there_is_no_provider(capsys: pytest.CaptureFixture[str], settings: LazySettings) -> None:
    settings.SMS_BACKENDS = []
    assert main(["sms"]) == 1
    assert "ISOLOIR_SMS" in capsys.readouterr().out
