import { actionButton, element, notice } from "../view/dom.js";
import type { ReissueRoom } from "./application.js";
import { Countdown } from "./countdown.js";
import { spellCode } from "./spelling.js";

/** As many as the accessibility rules ask at least (WCAG 2.2.1): the code still leaves the screen by itself in the end. */
const MOST_EXTENSIONS = 10;

/** A code on the screen, to be taken away. */
export interface CodeDisplay {
  close(): void;
}

/** The new code, for as long as its reader wants within bounds; its keys are live. */
export function showCode(room: ReissueRoom): CodeDisplay {
  const page = new CodePage(room);
  room.frame.show({
    title: room.say("codeTitle"),
    content: [
      element("p", { class: "lead" }, room.say("codeLead")),
      page.sheet,
      page.timer,
      element("div", { class: "actions" }, page.noted, page.longer),
      page.tools,
      page.status,
      notice("info", room.say("codeUse")),
    ],
  });
  page.begin();
  return page;
}

class CodePage implements CodeDisplay {
  readonly sheet: HTMLElement;
  readonly timer = element("p", { class: "new-code__timer", role: "timer" });
  readonly status = element("p", { class: "progress" });
  readonly noted: HTMLButtonElement;
  readonly longer: HTMLButtonElement;
  readonly tools: HTMLElement;
  private readonly code: HTMLElement;
  private readonly spelled: HTMLElement;
  private countdown: Countdown | undefined;
  private extensions = 0;

  constructor(private readonly room: ReissueRoom) {
    const { say } = room;
    const groups = (room.code?.read() ?? "").split("-");
    // A hyphen stays with the group before it, so that what is selected by hand is the code.
    const shown = groups.map((group, rank) => element("span", {}, rank + 1 < groups.length ? `${group}-` : group));
    // Neither a translator nor a dictionary of the browser is to have the code.
    this.code = element("p", { class: "new-code", translate: "no", spellcheck: "false" }, ...shown);
    this.spelled = element("div", { class: "new-code__spelled", id: "code-spelled", "data-shown": "false" });
    this.sheet = element(
      "section",
      { class: "code-sheet", "aria-label": say("codeLabel") },
      element("h2", { class: "code-sheet__title" }, say("codeLabel")),
      this.code,
      this.spelled,
      element("p", { class: "code-sheet__note" }, say("codeSheetNote")),
    );
    this.noted = actionButton(say("codeNoted"), () => { room.mask(true); });
    this.longer = actionButton(say("codeLonger", { seconds: room.state.seconds }), () => { this.extend(); }, "button--secondary");
    this.tools = this.makeTools();
  }

  begin(): void {
    this.spell();
    const { say } = this.room;
    this.countdown = new Countdown(this.room.state.seconds, {
      tick: (seconds) => { this.timer.textContent = say("timeShown", { seconds }); },
      mark: (seconds) => { this.announceTime(seconds); },
      end: () => {
        this.room.mask(false);
        this.room.frame.announce(say("timeOver"));
      },
    });
  }

  close(): void {
    this.countdown?.stop();
    this.code.replaceChildren();
    this.spelled.replaceChildren();
  }

  private announceTime(seconds: number): void {
    const { say } = this.room;
    const told = say("timeLeft", { seconds });
    this.room.frame.announce(this.longer.isConnected ? `${told} ${say("timeMayExtend")}` : told);
  }

  private extend(): void {
    this.extensions += 1;
    this.countdown?.extend(this.room.state.seconds);
    this.tell(this.room.say("timeExtended", { seconds: this.countdown?.left() ?? 0 }));
    if (this.extensions < MOST_EXTENSIONS) return;
    this.longer.remove();
    this.noted.focus();
  }

  private makeTools(): HTMLElement {
    const { say } = this.room;
    return element(
      "div",
      { class: "actions", role: "group", "aria-label": say("codeTools") },
      actionButton(say("codeCopy"), () => { void this.copy(); }, "button--secondary"),
      this.switchButton("codeSpell", this.spelled, (isOn) => { this.spelled.dataset["shown"] = String(isOn); }),
      this.switchButton("codeLarge", this.code, (isOn) => { this.code.classList.toggle("new-code--large", isOn); }),
      actionButton(say("codePrint"), () => { window.print(); }, "button--secondary"),
    );
  }

  private switchButton(key: "codeSpell" | "codeLarge", target: HTMLElement, turn: (isOn: boolean) => void): HTMLButtonElement {
    const button = actionButton(this.room.say(key), () => {
      const isOn = button.getAttribute("aria-pressed") !== "true";
      button.setAttribute("aria-pressed", String(isOn));
      turn(isOn);
      if (isOn) target.scrollIntoView({ block: "nearest" });
    }, "button--secondary");
    button.setAttribute("aria-pressed", "false");
    return button;
  }

  /** Written at once, for paper; shown when asked for. */
  private spell(): void {
    const { say, language, code } = this.room;
    const groups = spellCode(code?.read() ?? "", language).map((characters, rank) => [
      element("h3", {}, say("codeGroup", { group: rank + 1 })),
      element("ol", {}, ...characters.map((said) => element("li", {}, said))),
    ]);
    this.spelled.replaceChildren(...groups.map((parts) => element("div", {}, ...parts)));
  }

  private async copy(): Promise<void> {
    try {
      await navigator.clipboard.writeText(this.room.code?.read() ?? "");
      this.tell(this.room.say("codeCopied"));
    } catch {
      this.tell(this.room.say("codeCopyFailed"));
    }
  }

  private tell(sentence: string): void {
    this.status.textContent = sentence;
    this.room.frame.announce(sentence);
  }
}
