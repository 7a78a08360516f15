import { actionButton, element, notice } from "../view/dom.js";
import type { ReissueRoom } from "./application.js";

const REASON_WORDS = { voted: "keptVoted", closed: "keptClosed", not_issued: "keptNotIssued" } as const;

/** What to have at hand, what will change, and the button that makes the code. */
export function showAdvice(room: ReissueRoom): void {
  const { say, state } = room;
  const changing = state.contests.filter(({ replaced }) => replaced !== undefined);
  if (changing.length === 0) {
    room.frame.show({
      title: say("adviceTitle"),
      content: [
        notice("info", say("adviceNothing")),
        keptList(room),
        element("div", { class: "actions" }, element("a", { class: "button", href: state.homeUrl }, say("toHome"))),
      ],
    });
    return;
  }
  room.frame.show({
    title: say("adviceTitle"),
    content: [
      element("p", { class: "lead" }, say("adviceLead")),
      element("ul", {}, ...adviceLines(room).map((line) => element("li", {}, line))),
      element("h2", {}, say("adviceContests")),
      element("ul", {}, ...changing.map(({ name }) => element("li", {}, name))),
      keptList(room),
      notice("warning", say("adviceOld")),
      element("p", {}, say("adviceCount", { next: state.used + 1, limit: state.limit })),
      state.expiresText === undefined ? undefined : element("p", {}, say("adviceExpires", { date: state.expiresText })),
      element("div", { class: "actions" }, actionButton(say("adviceMake"), () => { void room.makeCode(); }, "button--large")),
    ],
  });
}

function adviceLines({ say, state }: ReissueRoom): string[] {
  return [say("adviceNote"), say("adviceTime", { seconds: state.seconds }), say("adviceAlone")];
}

/** The contests whose key stays, each with its reason. */
function keptList({ say, state }: ReissueRoom): HTMLElement | undefined {
  const kept = state.contests.filter(({ replaced }) => replaced === undefined);
  if (kept.length === 0) return undefined;
  const lines = kept.map(({ name, reason }) => element("li", {}, reason === undefined ? name : say(REASON_WORDS[reason], { name })));
  return element("div", {}, element("p", {}, say("adviceKept")), element("ul", {}, ...lines));
}
