import { fetchObject } from "../portal/exchange.js";
import type { Json } from "../protocol/jsontext.js";
import { element } from "../view/dom.js";

const TEMPLATE = "captcha-template";
const ERROR = "captcha-error";

/** What a possession bears beside its proofs when the portal asks for a CAPTCHA. */
export interface CaptchaAnswer {
  readonly token: string;
  readonly answer: string;
  /** Number found by the proof of work, or empty. */
  readonly proof: string;
}

/**
 * The portal's own widget, cloned from the page into the form of the code; its script (js/captcha.js) gives it life.
 * The challenge written with the page serves the first time only.
 */
export class CaptchaField {
  private static isFirst = true;
  private readonly fault = element("p", { class: "field__error", id: ERROR, hidden: true });

  private constructor(readonly root: HTMLElement) {
    this.input("answer")?.before(this.fault);
  }

  /** The widget, or nothing where the page brings none. */
  static clone(): CaptchaField | undefined {
    const template = document.getElementById(TEMPLATE);
    if (!(template instanceof HTMLTemplateElement)) return undefined;
    const copy = document.importNode(template.content, true).querySelector<HTMLElement>("[data-captcha]");
    return copy === null ? undefined : new CaptchaField(copy);
  }

  /** To be called once the widget is in the document: from then on its script knows it. */
  async shown(anotherUrl: string | undefined): Promise<void> {
    this.root.dispatchEvent(new CustomEvent("captcha-shown", { bubbles: true }));
    if (CaptchaField.isFirst) {
      CaptchaField.isFirst = false;
      return;
    }
    if (anotherUrl === undefined) return;
    // Without an answer the old challenge stays, and is refused with a fresh one.
    const challenge = await fetchObject(anotherUrl).catch(() => undefined);
    if (challenge !== undefined) this.renew(challenge);
  }

  renew(challenge: Json): void {
    this.root.dispatchEvent(new CustomEvent("captcha-renewed", { detail: challenge }));
  }

  get answer(): CaptchaAnswer {
    const value = (part: string): string => this.input(part)?.value ?? "";
    return { token: value("token"), answer: value("answer").trim(), proof: value("found") };
  }

  /** Identifier of the field to copy the digits into, for the summary of errors. */
  get fieldId(): string {
    return this.input("answer")?.id ?? "";
  }

  refuse(sentence: string): void {
    this.fault.textContent = sentence;
    this.fault.hidden = false;
    this.input("answer")?.setAttribute("aria-invalid", "true");
    this.input("answer")?.setAttribute("aria-describedby", ERROR);
  }

  clearFault(): void {
    this.fault.hidden = true;
    this.input("answer")?.removeAttribute("aria-invalid");
    this.input("answer")?.removeAttribute("aria-describedby");
  }

  private input(part: string): HTMLInputElement | null {
    return this.root.querySelector<HTMLInputElement>(`[data-${part}]`);
  }
}
