import { CODE_LENGTH, bareCode, deriveSecret, foreignCharacters, groupCode, normaliseCode, provePossession, publicCredential } from "../protocol/credentials.js";
import { canonical } from "../protocol/jsontext.js";
import { systemRandom } from "../protocol/random.js";
import { PortalRefusal, PortalUnreachable, postText } from "../portal/exchange.js";
import { element, notice } from "../view/dom.js";
import { errorSummary } from "../view/errors.js";
import type { Booth } from "./application.js";

const FIELD = "voting-code";

/** Step 1: the voter types the code; the browser proves that it knows it. */
export function showCode(booth: Booth, codeFromLink: string, reason?: string): void {
  const page = new CodePage(booth, codeFromLink);
  const { say } = booth;
  booth.frame.show({
    title: say("codeTitle"),
    steps: booth.steps(1),
    content: [
      reason === undefined ? undefined : notice("warning", reason),
      codeFromLink === "" ? undefined : notice("info", say("codeFromLink")),
      element("p", { class: "lead" }, say("codeLead")),
      page.form,
    ],
  });
}

class CodePage {
  readonly form: HTMLFormElement;
  private readonly input: HTMLInputElement;
  private readonly fault: HTMLElement;
  private readonly summary = element("div");
  private readonly submit: HTMLButtonElement;
  private readonly pause = element("p", { class: "progress" });
  private waitEnd = 0;

  constructor(
    private readonly booth: Booth,
    code: string,
  ) {
    const { say } = booth;
    this.input = codeInput(code);
    this.fault = element("p", { class: "field__error", id: `${FIELD}-error`, hidden: true });
    this.submit = element("button", { type: "submit", class: "button" }, say("codeSubmit"));
    this.form = element(
      "form",
      { novalidate: true, autocomplete: "off" },
      this.summary,
      element(
        "div",
        { class: "field" },
        element("label", { class: "field__label", for: FIELD }, say("codeLabel")),
        element("p", { class: "field__hint", id: `${FIELD}-hint` }, say("codeHint")),
        this.fault,
        element("div", { class: "code-field" }, this.input),
      ),
      element("p", {}, say("codeSecret")),
      element("div", { class: "actions" }, this.submit),
      this.pause,
    );
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.send();
    });
  }

  private async send(): Promise<void> {
    if (this.booth.frame.busy || performance.now() < this.waitEnd) return;
    const problem = this.problem();
    if (problem !== undefined) {
      this.refuse(problem);
      return;
    }
    this.clearFault();
    this.setBusy(true);
    try {
      await proveCode(this.booth, normaliseCode(this.input.value));
    } catch (error) {
      this.setBusy(false);
      this.explain(error);
      return;
    }
    this.setBusy(false);
    await this.booth.listContests();
  }

  /** What is wrong with the typed text, said so that it can be mended; nothing when it may be a code. */
  private problem(): string | undefined {
    const { say } = this.booth;
    const bare = bareCode(this.input.value);
    const count = Array.from(bare).length;
    if (count === 0) return say("codeMissing");
    const foreign = foreignCharacters(bare);
    if (foreign.length > 0) return say("codeCharacters", { characters: foreign.map((one) => `« ${one} »`).join(", ") });
    if (count < CODE_LENGTH) return say("codeShort", { count });
    return count > CODE_LENGTH ? say("codeLong", { count }) : undefined;
  }

  private explain(error: unknown): void {
    const { say } = this.booth;
    if (error instanceof PortalUnreachable) this.refuse(say("codeNetwork"));
    else if (error instanceof PortalRefusal && (error.code === "wrong_code" || error.code === "slow_down")) {
      this.refuse(say(error.code === "wrong_code" ? "codeWrong" : "codeSlowDown"));
      this.waitFor(error.waitSeconds);
    } else this.booth.fail(error);
  }

  private refuse(sentence: string): void {
    this.fault.textContent = sentence;
    this.fault.hidden = false;
    this.input.setAttribute("aria-invalid", "true");
    this.input.setAttribute("aria-describedby", `${FIELD}-hint ${FIELD}-error`);
    const summary = errorSummary(this.booth.say("errorSummary"), [{ fieldId: FIELD, sentence }]);
    this.summary.replaceChildren(summary);
    summary.focus();
  }

  private clearFault(): void {
    this.fault.hidden = true;
    this.summary.replaceChildren();
    this.input.removeAttribute("aria-invalid");
    this.input.setAttribute("aria-describedby", `${FIELD}-hint`);
  }

  private setBusy(busy: boolean): void {
    this.booth.frame.busy = busy;
    this.submit.disabled = busy;
    this.form.setAttribute("aria-busy", String(busy));
    this.pause.textContent = busy ? this.booth.say("codeBusy") : "";
    if (busy) this.booth.frame.announce(this.booth.say("codeBusy"));
  }

  /** The portal slows guessing down: the button waits with the voter, who sees how long. */
  private waitFor(seconds: number): void {
    if (seconds <= 0) return;
    this.waitEnd = performance.now() + seconds * 1000;
    this.submit.disabled = true;
    const tick = (): void => {
      const rest = Math.ceil((this.waitEnd - performance.now()) / 1000);
      if (rest <= 0) {
        this.submit.disabled = false;
        this.pause.textContent = this.booth.say("codeRetry");
        this.booth.frame.announce(this.booth.say("codeRetry"));
        return;
      }
      this.pause.textContent = this.booth.say("codeWait", { seconds: rest });
      setTimeout(tick, 250);
    };
    tick();
  }
}

function codeInput(code: string): HTMLInputElement {
  const input = element("input", {
    id: FIELD,
    type: "text",
    value: groupCode(bareCode(code)),
    autocomplete: "off",
    autocapitalize: "off",
    autocorrect: "off",
    spellcheck: "false",
    "aria-describedby": `${FIELD}-hint`,
    "data-1p-ignore": true,
    "data-lpignore": "true",
  });
  input.addEventListener("input", () => { regroup(input); });
  return input;
}

/** Puts the hyphens back where they belong after each stroke, and leaves the caret where the voter is. */
function regroup(input: HTMLInputElement): void {
  const caret = input.selectionStart ?? input.value.length;
  const before = bareCode(input.value.slice(0, caret)).length;
  const grouped = groupCode(bareCode(input.value));
  if (grouped === input.value) return;
  input.value = grouped;
  let place = 0;
  for (let seen = 0; seen < before && place < grouped.length; place += 1) {
    if (grouped[place] !== "-") seen += 1;
  }
  input.setSelectionRange(place, place);
}

/** Proves possession of the code in every contest; keeps the private exponents when the portal agrees. */
async function proveCode(booth: Booth, code: string): Promise<void> {
  const secrets = new Map(booth.state.contests.map(({ uuid }) => [uuid, deriveSecret(uuid, code)]));
  try {
    await sendProofs(booth, secrets);
  } catch (error) {
    if (!(error instanceof PortalRefusal) || error.code !== "challenge_expired") throw error;
    // The challenge lives a short time; a fresh state brings a fresh one, and the voter need not know.
    await booth.refreshState();
    await sendProofs(booth, secrets);
  }
  booth.secrets = secrets;
}

async function sendProofs(booth: Booth, secrets: ReadonlyMap<string, bigint>): Promise<void> {
  const { challenge, possessionUrl, csrfToken } = booth.state;
  const proofs = [...secrets].map(([contest, secret]) => ({
    contest,
    credential: publicCredential(secret),
    proof: provePossession(secret, challenge, contest, systemRandom),
  }));
  await postText(possessionUrl, csrfToken, canonical({ challenge, proofs }));
}
