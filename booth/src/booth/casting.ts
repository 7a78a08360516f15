import { PortalUnreachable, postForObject } from "../portal/exchange.js";
import type { JsonObject } from "../protocol/jsontext.js";
import type { Receipt } from "../protocol/receipts.js";

/** What the portal answers to a ballot it took. */
export interface CastAnswer {
  readonly receipt: Receipt;
  readonly castAtText: string;
}

/** How the page follows the sending. */
export interface CastWatcher {
  sending(): void;
  /** No answer: the same bytes go again in that many seconds. */
  waiting(seconds: number, attempt: number): void;
  /** No answer for long: resolves when the voter asks to try again. */
  paused(): Promise<void>;
}

/** Seconds between two attempts; together they outlast the restart of a server. */
export const RETRY_SECONDS: readonly number[] = [1, 2, 4, 8, 15, 30];

/** What the sending needs of the outside, so that tests can stand in for it. */
export interface CastChannel {
  post(url: string, csrfToken: string, ballot: string): Promise<JsonObject>;
  wait(seconds: number): Promise<void>;
}

const networkChannel: CastChannel = {
  post: postForObject,
  wait: (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1000)),
};

/**
 * Sends the exact bytes of a ballot until the portal answers. The portal gives the same receipt to the
 * same bytes, so that a lost answer costs nothing; a refusal is thrown at once as it is.
 */
export async function castBallot(
  url: string,
  csrfToken: string,
  ballot: string,
  watcher: CastWatcher,
  channel: CastChannel = networkChannel,
): Promise<CastAnswer> {
  for (;;) {
    for (const [rank, seconds] of RETRY_SECONDS.entries()) {
      try {
        return readAnswer(await channel.post(url, csrfToken, ballot));
      } catch (error) {
        if (!(error instanceof PortalUnreachable)) throw error;
      }
      watcher.waiting(seconds, rank + 2);
      await channel.wait(seconds);
      watcher.sending();
    }
    await watcher.paused();
    watcher.sending();
  }
}

/** An answer without a readable receipt becomes an empty receipt, which the check turns into an alarm. */
function readAnswer(answer: JsonObject): CastAnswer {
  const receipt = answer["receipt"];
  const members = typeof receipt === "object" && receipt !== null && !Array.isArray(receipt) ? receipt : {};
  return {
    receipt: { text: textOf(members["text"]), signature: textOf(members["signature"]), key: textOf(members["key"]) },
    castAtText: textOf(answer["cast_at_text"]),
  };
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
