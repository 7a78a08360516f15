import { base64Hash, utf8ToBytes } from "../protocol/bytes.js";
import { openDecryptionKey } from "../protocol/ceremony.js";
import { makePartialDecryption } from "../protocol/decryption.js";
import { readElection } from "../protocol/election.js";
import { ProtocolFault } from "../protocol/errors.js";
import { systemRandom } from "../protocol/random.js";
import { element, trackerText } from "../view/dom.js";
import type { TrusteeRoom } from "./application.js";
import { postAnswers, type TrusteeAnswer } from "./posting.js";
import type { PendingDecryption } from "./state.js";

/** After the close: this trustee's partial decryption of every contest's total, in one go. */
export function showDecrypt(room: TrusteeRoom): void {
  const { say, state } = room;
  const todo = state.decryptions.filter(({ done }) => !done);
  const label = element("p", { class: "progress__label" });
  const bar = element("progress", { max: todo.length, value: 0 });
  const progress = element("div", { class: "progress", hidden: true }, label, bar);
  const button = element("button", { type: "button", class: "button" }, say("decryptSubmit", { count: todo.length }));
  button.addEventListener("click", () => {
    if (room.frame.busy) return;
    room.frame.busy = true;
    button.disabled = true;
    progress.hidden = false;
    void decryptAll(room, todo, (work, done) => {
      label.textContent = `${say("decryptBusy", { contest: work.contestName })} (${say("decryptProgress", { done, total: todo.length })})`;
      bar.value = done;
    });
  });
  room.frame.show({
    title: say("decryptTitle"),
    kicker: room.kicker(),
    steps: room.steps(),
    content: [element("p", { class: "lead" }, say("decryptLead")), contestsTable(room), room.actions(button), progress],
  });
}

function contestsTable({ say, state }: TrusteeRoom): HTMLElement {
  const rows = state.decryptions.map(({ contestName, encryptedTally, done }) => {
    const tag = element("span", { class: done ? "tag tag--success" : "tag tag--info" }, say(done ? "stateDone" : "stateTodo"));
    const fingerprint = element("p", {}, `${say("tallyFingerprint")} `, element("br"), trackerText(base64Hash(encryptedTally)));
    return element("tr", {}, element("th", { scope: "row" }, contestName, fingerprint), element("td", {}, tag));
  });
  const heads = (["columnContest", "columnState"] as const).map((key) => element("th", { scope: "col" }, say(key)));
  const table = element(
    "table",
    {},
    element("caption", {}, say("decryptCaption")),
    element("thead", {}, element("tr", {}, ...heads)),
    element("tbody", {}, ...rows),
  );
  return element("div", { class: "table-scroll", tabindex: 0, role: "region", "aria-label": say("decryptCaption") }, table);
}

async function decryptAll(
  room: TrusteeRoom,
  todo: readonly PendingDecryption[],
  tell: (work: PendingDecryption, done: number) => void,
): Promise<void> {
  const answers: TrusteeAnswer[] = [];
  try {
    const { voutput } = room.state;
    if (voutput === undefined || room.seed === undefined) {
      throw new ProtocolFault("voutput-missing", "The portal gave back no sealed decryption key.");
    }
    const secret = await openDecryptionKey(room.seed, voutput);
    for (const [done, work] of todo.entries()) {
      tell(work, done);
      // Lets the browser paint between two contests.
      await new Promise((resolve) => setTimeout(resolve, 0));
      answers.push({ step: "decryption", contest: work.contest, text: decryptOne(work, secret) });
    }
  } catch (error) {
    room.fail(error);
    return;
  }
  await postAnswers(room, answers);
}

function decryptOne(work: PendingDecryption, secret: bigint): string {
  const election = readElection(utf8ToBytes(work.electionRecord));
  if (election.uuid !== work.contest) throw new ProtocolFault("wrong-election", "The record is that of another contest.");
  const { encryptedTally, publicShare } = work;
  return makePartialDecryption({ election, encryptedTally, secret, publicShare, random: systemRandom });
}
