import { actionButton, element, notice } from "../view/dom.js";
import type { BoothKey } from "../words/booth.fr.js";
import type { Booth } from "./application.js";

export interface Failure {
  readonly code: string;
  /** The portal's own sentence, when it gave one. */
  readonly said?: string;
  readonly url?: string | undefined;
}

type WayOut = "contests" | "code" | "signIn" | "reload" | "again";

interface FailureWords {
  readonly title: BoothKey;
  readonly meaning: BoothKey;
  readonly wayOut: WayOut;
}

const FAILURES: Readonly<Record<string, FailureWords>> = {
  already_voted: { title: "alreadyVotedTitle", meaning: "alreadyVoted", wayOut: "contests" },
  poll_closed: { title: "pollClosedTitle", meaning: "pollClosed", wayOut: "contests" },
  poll_not_open: { title: "pollNotOpenTitle", meaning: "pollNotOpen", wayOut: "contests" },
  poll_suspended: { title: "pollSuspendedTitle", meaning: "pollSuspended", wayOut: "contests" },
  ballot_refused: { title: "ballotRefusedTitle", meaning: "ballotRefused", wayOut: "contests" },
  code_changing: { title: "codeChangingTitle", meaning: "codeChangingCast", wayOut: "code" },
  dead_key: { title: "codeReplacedTitle", meaning: "codeReplacedCast", wayOut: "code" },
  key_not_signed: { title: "keyNotSignedTitle", meaning: "keyNotSigned", wayOut: "reload" },
  code_required: { title: "codeRequiredTitle", meaning: "codeRequired", wayOut: "code" },
  signed_out: { title: "signedOutTitle", meaning: "signedOut", wayOut: "signIn" },
  signed_out_unsure: { title: "signedOutTitle", meaning: "signedOutUnsure", wayOut: "signIn" },
  record_differs: { title: "recordDiffersTitle", meaning: "recordDiffers", wayOut: "reload" },
  unreachable: { title: "unreachableTitle", meaning: "unreachable", wayOut: "again" },
  no_crypto: { title: "noCryptoTitle", meaning: "noCrypto", wayOut: "reload" },
};
const UNKNOWN: FailureWords = { title: "unknownTitle", meaning: "unknown", wayOut: "reload" };

/** A page of its own for each way a vote can stop: what happened, what it means for the ballot, the way out. */
export function showFailure(booth: Booth, failure: Failure, again?: () => Promise<void>): void {
  const { say } = booth;
  const words = Object.hasOwn(FAILURES, failure.code) ? (FAILURES[failure.code] ?? UNKNOWN) : UNKNOWN;
  const said = failure.said ? element("p", { class: "soft" }, say("failPortalSays", { message: failure.said })) : undefined;
  booth.frame.show({
    title: say(words.title),
    content: [notice("danger", say(words.meaning)), said, element("div", { class: "actions" }, wayOut(booth, words.wayOut, failure, again))],
  });
}

function wayOut(booth: Booth, way: WayOut, { url }: Failure, again?: () => Promise<void>): HTMLElement {
  const { say } = booth;
  switch (way) {
    case "contests":
      return actionButton(say("failToContests"), () => { void booth.listContests(); });
    case "code":
      return actionButton(say("failToCode"), () => { booth.askCode(say("codeAgain")); });
    case "again":
      if (again !== undefined) return actionButton(say("failTryAgain"), () => { void again(); });
      return reloadButton(say("failReload"));
    case "signIn":
      if (url !== undefined) return element("a", { class: "button", href: url }, say("failSignIn"));
      return reloadButton(say("failSignIn"));
    case "reload":
      return reloadButton(say("failReload"));
  }
}

function reloadButton(label: string): HTMLElement {
  return actionButton(label, () => { window.location.reload(); });
}
