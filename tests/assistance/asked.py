"""A ticket with a file, a canned answer and the role of an agent: what the doors of assistance lead to."""

from isoloir.assistance.asking import Question, open_ticket
from isoloir.assistance.canned import write_canned
from isoloir.assistance.mails import follow_token
from isoloir.elections.models import Election
from isoloir.identity.models import Account, StaffRole
from isoloir.uploads.actions import CheckedFile, Purpose, check_upload
from tests import electorate

# The smallest picture there is: one grey dot.
DOT = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108000000003a7e9b"
    "550000000a49444154789c636800000082008177cd72b60000000049454e44ae426082"
)


def picture() -> CheckedFile:
    return check_upload(DOT, name="capture.png", purpose=Purpose.EVIDENCE)


def ask_for_help(election: Election, agent: Account) -> dict[str, object]:
    """Ask with a file, write a canned answer; return what leads to them."""
    at = electorate.read_clock()
    question = Question(
        category="account", text="Mon lien ne s’ouvre pas.", name="Anne Dupont", email="anne@valmont.example",
        files=[picture()],
    )  # fmt: skip
    ticket = open_ticket(election=election, question=question, network="192.0.2.7", at=at)
    words = {"title": "Lien expiré", "text_fr": "Demandez un autre lien.", "text_en": "Ask for another link."}
    canned = write_canned(election=election, agent=agent, at=at, **words)
    role = StaffRole.objects.filter(account=agent, election=election).first()
    message = ticket.messages.get()
    return {
        "ticket_token": follow_token(ticket.number), "ticket_number": ticket.number,
        "ticket_file": message.files.get().pk, "canned": canned.pk, "agent_role": role.pk if role else 0,
    }  # fmt: skip
