import { postText, PortalUnreachable } from "../portal/exchange.js";
import { element } from "../view/dom.js";
import type { ReissueRoom } from "./application.js";

/** Seconds before the page sends the same keys again by itself; after that, it asks. */
const RETRY_SECONDS: readonly number[] = [1, 3];

/** Sends the exact text until the portal answers, a few times; a refusal is thrown at once as it is. */
export async function sendKeys(room: ReissueRoom, body: string): Promise<void> {
  const { say, state } = room;
  room.frame.show({
    title: say("sendingTitle"),
    content: [element("p", { class: "lead" }, say("sendingLead")), element("p", {}, say("sendingStay"))],
  });
  room.frame.announce(say("sendingLead"));
  for (const seconds of RETRY_SECONDS) {
    try {
      await postText(state.keysUrl, state.csrfToken, body);
      return;
    } catch (error) {
      if (!(error instanceof PortalUnreachable)) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  }
  await postText(state.keysUrl, state.csrfToken, body);
}
