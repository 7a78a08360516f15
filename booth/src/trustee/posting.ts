import { PortalRefusal, PortalUnreachable, postForObject } from "../portal/exchange.js";
import { canonical } from "../protocol/jsontext.js";
import { actionButton, downloadFile, notice } from "../view/dom.js";
import type { TrusteeRoom } from "./application.js";
import { dutyOf, readTrusteeState } from "./state.js";

/** An answer of the trustee, as it is posted or saved to be handed in later. */
export interface TrusteeAnswer {
  readonly step: string;
  readonly contest?: string;
  readonly text: string;
}

/**
 * Posts answers one after the other; each is made once and kept until the portal took it. When the
 * portal cannot be reached, offers to try again or to save what is left.
 */
export async function postAnswers(room: TrusteeRoom, answers: readonly TrusteeAnswer[]): Promise<void> {
  const { say, frame } = room;
  room.guardLeaving(true);
  for (const [rank, answer] of answers.entries()) {
    frame.announce(say("sendBusy"));
    try {
      const { postUrl, csrfToken } = room.state;
      room.take(readTrusteeState(await postForObject(postUrl, csrfToken, canonical(answer))));
    } catch (error) {
      frame.busy = false;
      await afterFailure(room, answers.slice(rank), error);
      return;
    }
  }
  frame.busy = false;
  room.showDuty();
}

async function afterFailure(room: TrusteeRoom, left: readonly TrusteeAnswer[], error: unknown): Promise<void> {
  if (error instanceof PortalUnreachable) showUnsent(room, left);
  else if (error instanceof PortalRefusal && error.code !== "signed_out") await afterRefusal(room, left, error);
  else if (error instanceof PortalRefusal) showUnsent(room, left, error);
  else room.fail(error);
}

/** A refusal may only mean that an earlier attempt had arrived: then the state has moved on, and so do we. */
async function afterRefusal(room: TrusteeRoom, left: readonly TrusteeAnswer[], error: PortalRefusal): Promise<void> {
  const before = dutyOf(room.state);
  try {
    await room.refresh();
  } catch {
    showUnsent(room, left, error);
    return;
  }
  if (dutyOf(room.state) !== before) room.showDuty();
  else showUnsent(room, left, error);
}

function showUnsent(room: TrusteeRoom, left: readonly TrusteeAnswer[], refusal?: PortalRefusal): void {
  const { say } = room;
  const message = refusal && (refusal.code === "signed_out" ? say("signedOutLead") : refusal.said || say("refusedUnknown"));
  room.frame.show({
    title: say(message === undefined ? "sendFailedTitle" : "refusedTitle"),
    kicker: room.kicker(),
    steps: room.steps(),
    content: [
      notice("danger", message === undefined ? say("sendFailed") : say("refusedLead", { message })),
      room.actions(
        actionButton(say("sendAgain"), () => { void postAnswers(room, left); }),
        actionButton(say("sendSave"), () => { saveAnswers(room, left); }, "button--secondary"),
      ),
    ],
  });
}

/** The bodies that could not be posted, one per line of a JSON array: they can be posted later as they are. */
function saveAnswers(room: TrusteeRoom, left: readonly TrusteeAnswer[]): void {
  const name = room.keyFileName.replace(/^cle-/, "reponse-");
  downloadFile(name, `${JSON.stringify(left, null, 1)}\n`, "application/json");
}
