import { CODE_LENGTH, deriveSecret, groupCode, normaliseCode, provePossession, publicCredential } from "../protocol/credentials.js";
import { canonical } from "../protocol/jsontext.js";
import { systemRandom } from "../protocol/random.js";
import { doubtsOf, readTyped, type Doubt, type Replacement } from "../protocol/typedcode.js";
import { PortalRefusal, PortalUnreachable, postText } from "../portal/exchange.js";
import { element, notice } from "../view/dom.js";
import { errorSummary, type FieldError } from "../view/errors.js";
import type { BoothKey } from "../words/booth.fr.js";
import type { Booth } from "./application.js";
import { CaptchaField, type CaptchaAnswer } from "./captchafield.js";
import { codeInput, rangeOf } from "./codefield.js";
import { QrReader } from "./qrreader.js";

const FIELD = "voting-code";
/** More doubtful characters than that are told by their number. */
const DOUBTS_TOLD = 3;

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
      anotherCode(booth),
    ],
  });
  page.shown();
}

/** The way to a new code for who has no notice, or from when there is one. */
function anotherCode({ say, state }: Booth): HTMLElement | undefined {
  const { reissueUrl, reissueOpensText } = state;
  if (reissueUrl !== undefined) {
    return element("p", {}, say("codeNoNotice"), " ", element("a", { href: reissueUrl }, say("codeAnother")));
  }
  return reissueOpensText === undefined ? undefined : element("p", {}, say("codeAnotherLater", { date: reissueOpensText }));
}

class CodePage {
  readonly form: HTMLFormElement;
  private readonly input: HTMLInputElement;
  private readonly fault: HTMLElement;
  private readonly summary = element("div");
  private readonly submit: HTMLButtonElement;
  private readonly replaced = element("p", { class: "field__hint", role: "status" });
  private readonly pause = element("p", { class: "progress" });
  private readonly reader: QrReader;
  private captcha: CaptchaField | undefined;
  private waitEnd = 0;

  constructor(
    private readonly booth: Booth,
    code: string,
  ) {
    const { say } = booth;
    this.input = codeInput(FIELD, `${FIELD}-hint`, (replaced) => { this.tellReplaced(replaced); });
    this.input.value = groupCode(readTyped(code).bare);
    this.fault = element("p", { class: "field__error", id: `${FIELD}-error`, hidden: true });
    this.submit = element("button", { type: "submit", class: "button" }, say("codeSubmit"));
    this.reader = new QrReader(say, (found) => { this.takeFromQr(found); });
    this.captcha = booth.state.asksCaptcha ? CaptchaField.clone() : undefined;
    this.form = element(
      "form",
      { novalidate: true, autocomplete: "off" },
      this.summary,
      this.codeField(),
      this.reader.root,
      element("p", {}, say("codeSecret")),
      this.captcha?.root,
      element("div", { class: "actions" }, this.submit),
      this.pause,
    );
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.send();
    });
  }

  /** Tells the widget that it is in the document. */
  shown(): void {
    void this.captcha?.shown(this.booth.state.captchaUrl);
  }

  private codeField(): HTMLElement {
    const { say } = this.booth;
    return element(
      "div",
      { class: "field" },
      element("label", { class: "field__label", for: FIELD }, say("codeLabel")),
      element("p", { class: "field__hint", id: `${FIELD}-hint` }, say("codeHint")),
      this.fault,
      element("div", { class: "code-field" }, this.input),
      this.replaced,
    );
  }

  private tellReplaced(replaced: readonly Replacement[]): void {
    const { say } = this.booth;
    const said = replaced.map(({ typed, read }) => say("codeReadAs", { typed, read }));
    this.replaced.textContent = [...said, say("codeReadAsWhy")].join(" ");
  }

  private takeFromQr(code: string): void {
    this.input.value = groupCode(code);
    this.clearFault();
    this.booth.frame.announce(this.booth.say("qrFound"));
    this.replaced.textContent = this.booth.say("qrFound");
    this.input.focus();
  }

  private async send(): Promise<void> {
    if (this.booth.frame.busy || performance.now() < this.waitEnd) return;
    const problems = [...this.codeProblem(), ...this.captchaProblem()];
    if (problems.length > 0) {
      this.refuse(problems);
      return;
    }
    this.clearFault();
    this.setBusy(true);
    try {
      await proveCode(this.booth, normaliseCode(readTyped(this.input.value).bare), this.captcha?.answer);
    } catch (error) {
      this.setBusy(false);
      this.explain(error);
      return;
    }
    this.setBusy(false);
    this.reader.stop();
    await this.booth.listContests();
  }

  /** What is wrong with the typed text, said so that it can be mended; nothing when it may be a code. */
  private codeProblem(): FieldError[] {
    const { say } = this.booth;
    const { bare } = readTyped(this.input.value);
    const count = Array.from(bare).length;
    const doubts = doubtsOf(bare);
    if (count === 0) return this.wrongCode(say("codeMissing"));
    if (doubts.length > 0) return this.doubtful(doubts, groupCode(bare));
    if (count < CODE_LENGTH) return this.wrongCode(say("codeShort", { count }));
    return count > CODE_LENGTH ? this.wrongCode(say("codeLong", { count })) : [];
  }

  private wrongCode(sentence: string): FieldError[] {
    return [{ fieldId: FIELD, sentence }];
  }

  /** One line for each doubtful character: where it stands, what it may be; the line leads to that very character. */
  private doubtful(doubts: readonly Doubt[], grouped: string): FieldError[] {
    const { say } = this.booth;
    const told = doubts.slice(0, DOUBTS_TOLD).map((doubt) => {
      const { character, group, rank } = doubt;
      const sentence = `${say("codeDoubt", { character, group, rank })} ${say(meaningOf(doubt))}`;
      return { fieldId: FIELD, sentence, characters: rangeOf(grouped, group, rank) };
    });
    const more = doubts.length - told.length;
    return more === 0 ? told : [...told, { fieldId: FIELD, sentence: say("codeDoubtsMore", { count: more }) }];
  }

  private captchaProblem(): FieldError[] {
    const answer = this.captcha?.answer;
    if (this.captcha === undefined || answer?.answer !== "" || answer.proof !== "") return [];
    return [{ fieldId: this.captcha.fieldId, sentence: this.booth.say("captchaMissing") }];
  }

  private explain(error: unknown): void {
    const { say } = this.booth;
    if (error instanceof PortalUnreachable) this.refuse(this.wrongCode(say("codeNetwork")));
    else if (error instanceof PortalRefusal && error.code === "captcha_wrong") this.explainCaptcha(error);
    else if (error instanceof PortalRefusal && Object.hasOwn(CODE_REFUSALS, error.code)) {
      // A right CAPTCHA is asked once in a session, also when the code was wrong.
      this.dropCaptcha();
      this.refuse(this.wrongCode(say(CODE_REFUSALS[error.code] ?? "codeWrong")));
      this.waitFor(error.waitSeconds);
    } else this.booth.fail(error);
  }

  private explainCaptcha(refusal: PortalRefusal): void {
    if (this.captcha === undefined) {
      this.captcha = CaptchaField.clone();
      if (this.captcha === undefined) {
        this.booth.fail(refusal);
        return;
      }
      this.submit.parentElement?.before(this.captcha.root);
      void this.captcha.shown(undefined);
    }
    const challenge = refusal.answer["captcha"];
    if (challenge !== undefined) this.captcha.renew(challenge);
    this.refuse([{ fieldId: this.captcha.fieldId, sentence: refusal.said || this.booth.say("captchaWrong") }]);
  }

  private dropCaptcha(): void {
    this.captcha?.root.remove();
    this.captcha = undefined;
  }

  private refuse(errors: readonly FieldError[]): void {
    this.clearFault();
    const code = errors.filter(({ fieldId }) => fieldId === FIELD).map(({ sentence }) => sentence);
    if (code.length > 0) {
      this.fault.textContent = code.join(" ");
      this.fault.hidden = false;
      this.input.setAttribute("aria-invalid", "true");
      this.input.setAttribute("aria-describedby", `${FIELD}-hint ${FIELD}-error`);
    }
    const captcha = errors.find(({ fieldId }) => fieldId !== FIELD);
    if (captcha !== undefined) this.captcha?.refuse(captcha.sentence);
    const summary = errorSummary(this.booth.say("errorSummary"), errors);
    this.summary.replaceChildren(summary);
    summary.focus();
  }

  private clearFault(): void {
    this.fault.hidden = true;
    this.summary.replaceChildren();
    this.captcha?.clearFault();
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

/** Refusals that the voter mends on this page. */
const CODE_REFUSALS: Readonly<Record<string, BoothKey>> = {
  wrong_code: "codeWrong",
  replaced_code: "codeReplaced",
  code_changing: "codeChanging",
  slow_down: "codeSlowDown",
};

function meaningOf({ character, candidates }: Doubt): BoothKey {
  if (candidates === "") return "codeDoubtUnknown";
  return character === "I" ? "codeDoubtCapitalI" : "codeDoubtSmallL";
}

/** Proves possession of the code in the contests; keeps the private exponents when the portal agrees. */
async function proveCode(booth: Booth, code: string, captcha: CaptchaAnswer | undefined): Promise<void> {
  // A contest already voted keeps its key when a code is re-issued: another code would be its own.
  const unvoted = booth.state.contests.filter(({ state }) => state !== "voted");
  const secrets = new Map(unvoted.map(({ uuid }) => [uuid, deriveSecret(uuid, code)]));
  try {
    await sendProofs(booth, secrets, captcha);
  } catch (error) {
    if (!(error instanceof PortalRefusal) || error.code !== "challenge_expired") throw error;
    // The challenge lives a short time; a fresh state brings a fresh one, and the voter need not know.
    await booth.refreshState();
    await sendProofs(booth, secrets, captcha);
  }
  booth.secrets = secrets;
}

async function sendProofs(booth: Booth, secrets: ReadonlyMap<string, bigint>, captcha: CaptchaAnswer | undefined): Promise<void> {
  const { challenge, possessionUrl, csrfToken } = booth.state;
  const proofs = [...secrets].map(([contest, secret]) => ({
    contest,
    credential: publicCredential(secret),
    proof: provePossession(secret, challenge, contest, systemRandom),
  }));
  await postText(possessionUrl, csrfToken, canonical({ challenge, proofs, ...(captcha && { captcha }) }));
}
