import { PortalRefusal } from "../portal/exchange.js";
import { actionButton, element, notice } from "../view/dom.js";
import { icon } from "../view/icons.js";
import { CEREMONY_WORDS, type TrusteeRoom } from "./application.js";
import { CEREMONY_STEPS, dutyOf, type TrusteeState } from "./state.js";

const POLL_MILLISECONDS = 10_000;

/** Nothing to do now: who has acted, and the page watches for what comes next. */
export function showIdle(room: TrusteeRoom): void {
  const { say, state } = room;
  const isWaiting = state.step === "wait";
  const isFinished = !isWaiting && state.decryptions.length > 0;
  const title = isWaiting ? say("waitTitle") : say(isFinished ? "doneTitle" : "readyTitle");
  const lead = isWaiting ? say("waitLead") : say(isFinished ? "doneLead" : "readyLead");
  const table = element("div", {}, actsTable(room));
  const watch = new Watch(room, table);
  room.frame.show({
    title,
    kicker: room.kicker(),
    steps: room.steps(),
    content: [
      isWaiting ? element("p", { class: "lead" }, lead) : notice("success", lead),
      element("h2", {}, say("whoActed")),
      table,
      room.actions(actionButton(say("waitRefresh"), () => { void watch.look(true); }, "button--secondary")),
    ],
  });
  watch.start();
}

/** Looks at the portal every ten seconds while the page it belongs to is shown. */
class Watch {
  private known: string;

  constructor(
    private readonly room: TrusteeRoom,
    private readonly table: HTMLElement,
  ) {
    this.known = summaryOf(room.state);
  }

  start(): void {
    const timer = setInterval(() => {
      if (!this.table.isConnected) clearInterval(timer);
      else if (document.visibilityState === "visible") void this.look(false);
    }, POLL_MILLISECONDS);
  }

  async look(asked: boolean): Promise<void> {
    const { room } = this;
    try {
      await room.refresh();
    } catch (error) {
      // A missed look is made again; a lost session, or a look that was asked for, is said.
      if (this.table.isConnected && (asked || error instanceof PortalRefusal)) room.fail(error);
      return;
    }
    if (!this.table.isConnected) return;
    if (asked) room.frame.announce(room.say("refreshed"));
    const now = summaryOf(room.state);
    if (now === this.known) return;
    const isSameDuty = dutyOf(room.state) === this.known.split("|")[0];
    this.known = now;
    if (!isSameDuty) room.showDuty();
    else {
      this.table.replaceChildren(actsTable(room));
      room.frame.announce(progressSentence(room));
    }
  }
}

function summaryOf(state: TrusteeState): string {
  return `${dutyOf(state)}|${JSON.stringify(state.stepsDone)}`;
}

function progressSentence({ say, state }: TrusteeRoom): string {
  const step = CEREMONY_STEPS.find((one) => state.stepsDone[one].length < state.me.size) ?? "share";
  return say("waitProgress", { done: state.stepsDone[step].length, size: state.me.size, step: say(CEREMONY_WORDS[step]) });
}

/** Each holder of the group and each step: done, or waited for. */
function actsTable({ say, state }: TrusteeRoom): HTMLElement {
  const { size, index } = state.me;
  const heads = CEREMONY_STEPS.map((step) => element("th", { scope: "col" }, say(CEREMONY_WORDS[step])));
  const rows = Array.from({ length: size }, (_, rank) => {
    const number = rank + 1;
    const name = `${say("holderNumber", { index: number })}${number === index ? ` ${say("holderMe")}` : ""}`;
    const cells = CEREMONY_STEPS.map((step) => {
      const isDone = state.stepsDone[step].includes(number);
      const style = isDone ? "act act--done" : "act act--waiting";
      const drawing = icon(isDone ? "check-circle" : "circle");
      return element("td", {}, element("span", { class: style }, drawing, ` ${say(isDone ? "actDone" : "actWaiting")}`));
    });
    return element("tr", {}, element("th", { scope: "row" }, name), ...cells);
  });
  const head = element("tr", {}, element("th", { scope: "col" }, say("columnHolder")), ...heads);
  const caption = element("caption", { class: "visually-hidden" }, say("whoActed"));
  const table = element("table", {}, caption, element("thead", {}, head), element("tbody", {}, ...rows));
  return element("div", { class: "table-scroll", tabindex: 0, role: "region", "aria-label": say("whoActed") }, table);
}
