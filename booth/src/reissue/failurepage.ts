import { actionButton, element, notice } from "../view/dom.js";
import type { ReissueKey } from "../words/reissue.fr.js";
import type { ReissueRoom } from "./application.js";

export interface Failure {
  readonly code: string;
  readonly said?: string;
  readonly url?: string | undefined;
  /** Seconds before another try makes sense. */
  readonly wait?: number;
}

type WayOut = "again" | "ask" | "signIn" | "home" | "reload";

interface FailureWords {
  readonly title: ReissueKey;
  readonly meaning: ReissueKey;
  readonly wayOut: WayOut;
}

const FAILURES: Readonly<Record<string, FailureWords>> = {
  unreachable: { title: "unreachableTitle", meaning: "unreachable", wayOut: "again" },
  registrar_away: { title: "registrarAwayTitle", meaning: "registrarAway", wayOut: "again" },
  keys_refused: { title: "keysRefusedTitle", meaning: "keysRefused", wayOut: "again" },
  changing_elsewhere: { title: "changingTitle", meaning: "changing", wayOut: "again" },
  live_elsewhere: { title: "liveTitle", meaning: "live", wayOut: "ask" },
  no_link: { title: "noLinkTitle", meaning: "noLink", wayOut: "ask" },
  link_expired: { title: "noLinkTitle", meaning: "noLink", wayOut: "ask" },
  limit_reached: { title: "limitTitle", meaning: "limit", wayOut: "home" },
  not_open: { title: "notOpenTitle", meaning: "notOpen", wayOut: "home" },
  nothing_to_change: { title: "nothingTitle", meaning: "nothing", wayOut: "home" },
  session_ends: { title: "sessionEndsTitle", meaning: "sessionEnds", wayOut: "home" },
  signed_out: { title: "signedOutTitle", meaning: "signedOut", wayOut: "signIn" },
};
const UNKNOWN: FailureWords = { title: "unknownTitle", meaning: "unknown", wayOut: "reload" };

/** What happened, whether anything has changed, and the way out. */
export function showFailure(room: ReissueRoom, failure: Failure, again?: () => Promise<void>): void {
  const { say } = room;
  const words = Object.hasOwn(FAILURES, failure.code) ? (FAILURES[failure.code] ?? UNKNOWN) : UNKNOWN;
  const said = failure.said ? element("p", { class: "soft" }, say("portalSays", { message: failure.said })) : undefined;
  // A first loading that failed has changed nothing; a sending that failed may have.
  const unsure = failure.code === "unreachable" && room.code === undefined ? say("unreachableFirst") : say(words.meaning);
  const line = element("p", { class: "progress" });
  const way = wayOut(room, words.wayOut, failure, again);
  room.frame.show({
    title: say(words.title),
    content: [notice("warning", unsure), said, element("div", { class: "actions" }, way), line],
  });
  if (way instanceof HTMLButtonElement) hold(room, way, line, failure.wait ?? 0);
}

function wayOut(room: ReissueRoom, way: WayOut, { url }: Failure, again?: () => Promise<void>): HTMLElement {
  const { say } = room;
  const link = (label: string, href: string): HTMLElement => element("a", { class: "button", href }, label);
  if (way === "again" && again !== undefined) return actionButton(say("tryAgain"), () => { void again(); });
  if (way === "signIn" && url !== undefined) return link(say("signIn"), url);
  if (way === "ask") {
    const target = url ?? room.requestUrl;
    if (target !== undefined) return link(say("askAnother"), target);
  }
  if (way === "home" && room.homeUrl !== undefined) return link(say("toHome"), room.homeUrl);
  return actionButton(say("reload"), () => { window.location.reload(); });
}

/** The portal says when another try makes sense: the button waits with the voter. */
function hold(room: ReissueRoom, button: HTMLButtonElement, line: HTMLElement, seconds: number): void {
  if (seconds <= 0) return;
  const end = performance.now() + seconds * 1000;
  button.disabled = true;
  const tick = (): void => {
    if (!button.isConnected) return;
    const rest = Math.ceil((end - performance.now()) / 1000);
    button.disabled = rest > 0;
    line.textContent = rest > 0 ? room.say("waitSeconds", { seconds: rest }) : "";
    if (rest > 0) setTimeout(tick, 250);
    else room.frame.announce(room.say("mayTryAgain"));
  };
  tick();
}
