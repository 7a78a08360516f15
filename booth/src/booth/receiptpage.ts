import { postText } from "../portal/exchange.js";
import { canonical } from "../protocol/jsontext.js";
import type { Receipt } from "../protocol/receipts.js";
import { actionButton, downloadFile, element, factList, trackerText } from "../view/dom.js";
import { parisTime } from "../view/words.js";
import type { Booth } from "./application.js";
import type { VoterContest } from "./state.js";

export interface ShownReceipt {
  readonly contest: VoterContest;
  readonly receipt: Receipt;
  readonly tracker: string;
  readonly castAt: string;
}

/** The end of a vote: words first, then the reference, its copy and its proof. The choice is never shown. */
export function showReceipt(booth: Booth, shown: ShownReceipt): void {
  const { say } = booth;
  const status = element("p", { class: "progress" });
  booth.frame.show({
    title: say("receiptTitle"),
    steps: booth.steps(5),
    content: [
      element("p", { class: "lead" }, say("receiptChecked")),
      receiptBox(booth, shown, status),
      nextActions(booth),
    ],
  });
}

function receiptBox(booth: Booth, shown: ShownReceipt, status: HTMLElement): HTMLElement {
  const { say, state } = booth;
  return element(
    "div",
    { class: "receipt" },
    factList([
      [say("receiptContest"), shown.contest.name],
      [say("receiptDate"), parisTime(shown.castAt, booth.language)],
      [say("receiptTracker"), trackerText(shown.tracker)],
    ]),
    element("p", {}, say("receiptMeaning")),
    element(
      "div",
      { class: "actions" },
      actionButton(say("receiptCopy"), () => { void copyTracker(booth, shown.tracker, status); }, "button--secondary"),
      actionButton(say("receiptPdf"), () => { void downloadProof(booth, shown, status); }, "button--secondary"),
      element("a", { class: "button button--link", href: state.verifyUrl }, say("receiptVerify")),
    ),
    status,
  );
}

/** One main button: the next contest, or the way home when all is done. */
function nextActions(booth: Booth): HTMLElement {
  const { say, state } = booth;
  const [next] = booth.contestsToVote();
  const toContests = actionButton(say("receiptToContests"), () => { void booth.listContests(); }, "button--link");
  if (next === undefined) {
    return element("div", { class: "actions" }, element("a", { class: "button", href: state.homeUrl }, say("homeLink")), toContests);
  }
  const label = say("receiptNext", { contest: next.name });
  return element("div", { class: "actions" }, actionButton(label, () => { void booth.openContest(next); }), toContests);
}

async function copyTracker(booth: Booth, tracker: string, status: HTMLElement): Promise<void> {
  try {
    await navigator.clipboard.writeText(tracker);
    tell(booth, status, booth.say("receiptCopied"));
  } catch {
    tell(booth, status, booth.say("receiptCopyFailed"));
  }
}

async function downloadProof(booth: Booth, { receipt, contest }: ShownReceipt, status: HTMLElement): Promise<void> {
  tell(booth, status, booth.say("receiptPdfBusy"));
  try {
    const { receiptPdfUrl, csrfToken } = booth.state;
    const pdf = await postText(receiptPdfUrl, csrfToken, canonical({ text: receipt.text, signature: receipt.signature }));
    downloadFile(`preuve-de-vote-${contest.code}.pdf`, pdf, "application/pdf");
    tell(booth, status, booth.say("receiptPdfReady"));
  } catch {
    tell(booth, status, booth.say("receiptPdfFailed"));
  }
}

function tell(booth: Booth, status: HTMLElement, sentence: string): void {
  status.textContent = sentence;
  booth.frame.announce(sentence);
}
