import { PortalRefusal, PortalUnreachable, postText } from "../portal/exchange.js";
import { canonical } from "../protocol/jsontext.js";
import { actionButton, element } from "../view/dom.js";
import { errorSummary } from "../view/errors.js";
import type { ReissueRoom } from "./application.js";

const ANSWER = "challenge-answer";

/** The challenge question, asked before the code is shown a second time. */
export function showAgain(room: ReissueRoom, isNoted: boolean): void {
  const page = new AgainPage(room, isNoted);
  room.frame.show({ title: room.say("againTitle"), content: [element("p", { class: "lead" }, room.say("againLead")), page.form] });
}

class AgainPage {
  readonly form: HTMLFormElement;
  private readonly summary = element("div");
  private readonly line = element("p", { class: "progress" });
  private readonly fault = element("p", { class: "field__error", id: `${ANSWER}-error`, hidden: true });
  private readonly input = element("input", {
    id: ANSWER, type: "password", autocomplete: "off", autocapitalize: "off", spellcheck: "false", "aria-describedby": `${ANSWER}-hint`,
  });
  private readonly submit: HTMLButtonElement;

  constructor(
    private readonly room: ReissueRoom,
    isNoted: boolean,
  ) {
    const { say, state } = room;
    this.submit = element("button", { type: "submit", class: "button" }, say("againSubmit"));
    this.form = element(
      "form",
      { novalidate: true, autocomplete: "off" },
      this.summary,
      element(
        "div",
        { class: "field" },
        element("label", { class: "field__label", for: ANSWER }, state.againQuestion ?? ""),
        element("p", { class: "field__hint", id: `${ANSWER}-hint` }, say("againHint")),
        this.fault,
        this.input,
        this.showsAnswer(),
      ),
      element("div", { class: "actions" }, this.submit, actionButton(say("againBack"), () => { room.mask(isNoted); }, "button--link")),
      this.line,
    );
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.send();
    });
  }

  /** The answer is hidden from who looks over the shoulder, until the voter wants to read it. */
  private showsAnswer(): HTMLButtonElement {
    const { say } = this.room;
    const button = actionButton(
      say("againShow"),
      () => {
        const isShown = this.input.type === "text";
        this.input.type = isShown ? "password" : "text";
        button.setAttribute("aria-pressed", String(!isShown));
      },
      "button--secondary",
    );
    button.setAttribute("aria-pressed", "false");
    return button;
  }

  private async send(): Promise<void> {
    const { room } = this;
    const { say, state } = room;
    if (room.frame.busy) return;
    if (this.input.value.trim() === "") {
      this.refuse(say("againMissing"));
      return;
    }
    room.frame.busy = true;
    this.submit.disabled = true;
    try {
      await postText(state.againUrl, state.csrfToken, canonical({ answer: this.input.value }));
    } catch (error) {
      room.frame.busy = false;
      this.submit.disabled = false;
      this.explain(error);
      return;
    }
    room.frame.busy = false;
    this.input.value = "";
    room.showAgain();
  }

  private explain(error: unknown): void {
    const { say } = this.room;
    if (error instanceof PortalUnreachable) this.refuse(say("againNetwork"));
    else if (error instanceof PortalRefusal && (error.code === "proof_refused" || error.code === "slow_down")) {
      this.refuse(error.code === "proof_refused" ? say("againWrong") : say("againSlowDown", { seconds: error.waitSeconds }));
    } else if (error instanceof PortalRefusal && (error.code === "again_used" || error.code === "no_link")) {
      this.room.wasShownAgain = true;
      this.room.mask(false);
    } else this.room.fail(error);
  }

  private refuse(sentence: string): void {
    this.fault.textContent = sentence;
    this.fault.hidden = false;
    this.input.setAttribute("aria-invalid", "true");
    this.input.setAttribute("aria-describedby", `${ANSWER}-hint ${ANSWER}-error`);
    const summary = errorSummary(this.room.say("errorSummary"), [{ fieldId: ANSWER, sentence }]);
    this.summary.replaceChildren(summary);
    summary.focus();
  }
}
