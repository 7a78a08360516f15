import type { Receipt, ReceiptFault, ReceiptMismatch } from "../protocol/receipts.js";
import { actionButton, downloadFile, element, factList, notice, trackerText } from "../view/dom.js";
import type { BoothKey } from "../words/booth.fr.js";
import type { Booth } from "./application.js";
import type { VoterContest } from "./state.js";

const FAULT_WORDS: Readonly<Record<ReceiptFault, BoothKey>> = {
  signature: "alarmSignature",
  form: "alarmForm",
  tracker: "alarmTracker",
  contest: "alarmContest",
  fingerprint: "alarmFingerprint",
};

export interface Alarm {
  readonly contest: VoterContest;
  readonly receipt: Receipt;
  readonly mismatch: ReceiptMismatch;
  readonly ours: string;
}

/** The portal's receipt is not the one of the ballot sent: the voter must see it and keep the evidence. */
export function showAlarm(booth: Booth, alarm: Alarm): void {
  const { say } = booth;
  const { faults, signedTracker } = alarm.mismatch;
  const lines = faults.map((fault) => element("li", {}, say(FAULT_WORDS[fault])));
  booth.frame.show({
    title: say("alarmTitle"),
    kicker: say("reviewContest", { contest: alarm.contest.name }),
    content: [
      notice("danger", say("alarmMeaning")),
      element("h2", {}, say("alarmFaults")),
      element("ul", {}, ...lines),
      factList([
        [say("alarmOurs"), trackerText(alarm.ours)],
        [say("alarmTheirs"), signedTracker === undefined ? say("alarmNone") : trackerText(signedTracker)],
      ]),
      element("h2", {}, say("alarmWhatToDo")),
      element("ol", {}, element("li", {}, say("alarmKeep")), element("li", {}, say("alarmCall"))),
      element(
        "div",
        { class: "actions" },
        actionButton(say("alarmEvidence"), () => { saveEvidence(alarm); }),
        actionButton(say("receiptToContests"), () => { void booth.listContests(); }, "button--link"),
      ),
    ],
  });
}

/** What proves the difference: the receipt as received and the browser's own reference; never the choice. */
function saveEvidence({ contest, receipt, mismatch, ours }: Alarm): void {
  const evidence = { contest: contest.uuid, fingerprint: contest.fingerprint, computed_tracker: ours, faults: mismatch.faults, receipt };
  downloadFile(`alerte-${contest.code}.json`, JSON.stringify(evidence, null, 2), "application/json");
}
