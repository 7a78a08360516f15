"""What the migrations do to the rows that an earlier release left."""

import os
import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
AT = "2026-11-20 09:00:00"


def migrate(database: Path, *target: str) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ISOLOIR_POSTGRES")}
    environment |= {"DJANGO_SETTINGS_MODULE": "config.settings.test", "ISOLOIR_SQLITE": str(database)}
    command = [sys.executable, "manage.py", "migrate", "--verbosity", "0", *target]
    done = subprocess.run(command, cwd=ROOT, env=environment, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def write(rows: sqlite3.Connection, table: str, **values: object) -> None:
    marks = ", ".join("?" * len(values))
    rows.execute(f"INSERT INTO {table} ({', '.join(values)}) VALUES ({marks})", tuple(values.values()))


def test_voters_links_and_elections_of_the_first_release_are_kept(tmp_path: Path) -> None:
    database = tmp_path / "former.sqlite3"
    migrate(database, "roll", "0002")
    migrate(database, "identity", "0001")
    with closing(sqlite3.connect(database)) as rows, rows:
        write(
            rows, "elections_election", id=1, slug="former", name="Élection", organiser="Académie", help_line="",
            portal_opens_at=AT, lists_shown_at=AT, voting_opens_at="2026-12-03 08:00:00",
            voting_closes_at="2026-12-10 17:00:00", grace=1_800_000_000,
        )  # fmt: skip
        for key, address in ((1, "anne@valmont.example"), (2, "fatou@valmont.example")):
            write(
                rows, "roll_voter", id=key, election_id=1, reference=f"V{key}", civility="Mme", last_name="Dupont",
                first_names="Anne", email=address.title(), email_key=address, academy="Valmont",
                establishment_code="0990001A", establishment="Collège", delivery_lines="[]",
            )  # fmt: skip
        write(rows, "identity_voteraccount", voter_id=1, password="hash", activated_at=AT, password_set_at=AT)
        for key, (voter, purpose, used_at) in enumerate(
            ((1, "invitation", AT), (2, "invitation", None), (1, "password", None), (2, "password", None)), start=1
        ):
            write(
                rows, "identity_onetimelink", id=key, voter_id=voter, purpose=purpose, token_hash=f"{key:064d}",
                created_at=AT, expires_at=AT, used_at=used_at,
            )  # fmt: skip
    migrate(database)
    with closing(sqlite3.connect(database)) as rows:
        assert rows.execute("SELECT voter_id, key FROM roll_voteraddress ORDER BY voter_id").fetchall() == [
            (1, "anne@valmont.example"), (2, "fatou@valmont.example"),
        ]  # fmt: skip
        assert rows.execute("SELECT election_id, kind, finished_at IS NULL FROM identity_campaign").fetchall() == [
            (1, "opening", 0)
        ]
        links = rows.execute("SELECT purpose, campaign_id IS NULL, outcome FROM identity_onetimelink ORDER BY id")
        assert links.fetchall() == [
            ("activation", 0, "superseded"), ("activation", 0, ""), ("password", 1, ""), ("activation", 1, ""),
        ]  # fmt: skip
        assert rows.execute("SELECT count(*) >= 3 FROM identity_challengequestion WHERE election_id = 1").fetchone()[0]
        account = rows.execute("SELECT question_id, answer, password FROM identity_voteraccount").fetchone()
        assert account == (None, "", "hash")


def test_texts_of_contests_that_were_sealed_by_the_first_release_are_found_again(tmp_path: Path) -> None:
    database = tmp_path / "former.sqlite3"
    migrate(database, "board", "0002")
    with closing(sqlite3.connect(database)) as rows, rows:
        # A constraint of Django's asks for it.
        rows.create_function("regexp", 2, lambda pattern, text: bool(re.search(pattern, text)))
        write(
            rows, "elections_election", id=1, slug="former", name="Élection", organiser="Académie", help_line="",
            portal_opens_at=AT, lists_shown_at=AT, voting_opens_at="2026-12-03 08:00:00",
            voting_closes_at="2026-12-10 17:00:00", grace=1_800_000_000,
        )  # fmt: skip
        write(
            rows, "elections_contest", id=1, election_id=1, uuid="2" * 22, code="CSA", name="CSA", kind="list",
            instance="csa", seats=5, academy="", state="published",
        )  # fmt: skip
        setup = '["{election}", "[trustees]", "[credentials]", "{payload}"]'
        write(rows, "board_entry", contest_id=1, height=0, type="Setup", records=setup)
        write(rows, "board_entry", contest_id=1, height=1, type="Ballot", records='["{ballot}"]')
    migrate(database)
    with closing(sqlite3.connect(database)) as rows:
        found = rows.execute("SELECT contest_id, election, trustees FROM board_sealedrecord").fetchall()
    assert found == [(1, "{election}", "[trustees]")]


def test_entries_of_former_rolls_get_their_names(tmp_path: Path) -> None:
    database = tmp_path / "former.sqlite3"
    migrate(database, "roll", "0007")
    with closing(sqlite3.connect(database)) as rows, rows:
        # A constraint of Django's asks for it.
        rows.create_function("regexp", 2, lambda pattern, text: bool(re.search(pattern, text)))
        write(
            rows, "elections_election", id=1, slug="former", name="Élection", organiser="Académie", help_line="",
            portal_opens_at=AT, lists_shown_at=AT, voting_opens_at="2026-12-03 08:00:00",
            voting_closes_at="2026-12-10 17:00:00", grace=1_800_000_000, password_policy="2022", link_hours=24,
            idle_minutes=15, session_minutes=60, reissue_policies="[]", reissue_limit=3,
        )  # fmt: skip
        for key, code in ((1, "CSA"), (2, "CAP")):
            write(
                rows, "elections_contest", id=key, election_id=1, uuid=str(key + 1) * 22, code=code, name=code,
                kind="list", instance="csa", seats=5, academy="", state="prepared",
            )  # fmt: skip
        for key, last_name, first_names in ((1, "Œillet", "Zoé"), (2, "D’ARTAGNAN", "Anne-Lise")):
            write(
                rows, "roll_voter", id=key, election_id=1, reference=f"V{key}", civility="Mme", last_name=last_name,
                first_names=first_names, email=f"v{key}@valmont.example", second_email="", academy="Valmont",
                establishment_code="0990001A", establishment="Collège", delivery_lines="[]",
            )  # fmt: skip
        for key, (voter, contest) in enumerate(((1, 1), (2, 1), (2, 2)), start=1):
            write(rows, "roll_rollentry", id=key, voter_id=voter, contest_id=contest)
    migrate(database)
    with closing(sqlite3.connect(database)) as rows:
        names = rows.execute("SELECT id, sort_name FROM roll_rollentry ORDER BY id").fetchall()
        assert names == [(1, "oeillet zoe"), (2, "d artagnan anne lise"), (3, "d artagnan anne lise")]
        words = rows.execute("SELECT contest_id, word, entry_id FROM roll_nameword ORDER BY 1, 2, 3").fetchall()
        assert words == [
            (1, "anne", 2), (1, "artagnan", 2), (1, "d", 2), (1, "lise", 2), (1, "oeillet", 1), (1, "zoe", 1),
            (2, "anne", 3), (2, "artagnan", 3), (2, "d", 3), (2, "lise", 3),
        ]  # fmt: skip
