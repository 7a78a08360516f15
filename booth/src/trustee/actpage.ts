import { makePolynomial, makeShare } from "../protocol/ceremony.js";
import { ProtocolFault } from "../protocol/errors.js";
import { systemRandom } from "../protocol/random.js";
import { element } from "../view/dom.js";
import type { TrusteeRoom } from "./application.js";
import { groupFingerprints, ownFingerprint } from "./fingerprints.js";
import { postAnswers } from "./posting.js";

const WORDS = {
  polynomial: { title: "polynomialTitle", lead: "polynomialLead", submit: "polynomialSubmit" },
  share: { title: "shareTitle", lead: "shareLead", submit: "shareSubmit" },
} as const;

/** Steps 3 and 5 of the ceremony: one button, after what is to be compared has been shown. */
export function showAct(room: TrusteeRoom, step: "polynomial" | "share"): void {
  const { say, state, seed } = room;
  const words = WORDS[step];
  let fingerprints: HTMLElement;
  try {
    fingerprints = groupFingerprints(room, state.certificates ?? []);
  } catch (error) {
    room.fail(error);
    return;
  }
  const progress = element("p", { class: "progress" });
  const button = element("button", { type: "button", class: "button" }, say(words.submit));
  button.addEventListener("click", () => {
    if (room.frame.busy) return;
    room.frame.busy = true;
    button.disabled = true;
    progress.textContent = say("workBusy");
    room.frame.announce(say("workBusy"));
    void answer(room, step);
  });
  room.frame.show({
    title: say(words.title),
    kicker: room.kicker(),
    steps: room.steps(),
    content: [
      element("p", { class: "lead" }, say(words.lead)),
      seed === undefined ? undefined : ownFingerprint(room, seed),
      fingerprints,
      room.actions(button),
      progress,
    ],
  });
}

async function answer(room: TrusteeRoom, step: "polynomial" | "share"): Promise<void> {
  let text: string;
  try {
    text = await makeAnswer(room, step);
  } catch (error) {
    room.fail(error);
    return;
  }
  await postAnswers(room, [{ step, text }]);
}

function makeAnswer({ state, seed = "" }: TrusteeRoom, step: "polynomial" | "share"): Promise<string> {
  const { index, size, threshold } = state.me;
  const place = { index, size, threshold };
  const certificates = state.certificates ?? [];
  if (step === "polynomial") return makePolynomial(seed, place, certificates, systemRandom);
  if (state.vinput === undefined) throw new ProtocolFault("vinput-missing", "The portal gave nothing to compute a share from.");
  return makeShare(seed, place, certificates, state.vinput, systemRandom);
}
