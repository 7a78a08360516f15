import { generateSeed, makeCertificate } from "../protocol/ceremony.js";
import { PASSPHRASE_LENGTH, normalisePassphrase, passphraseLength, sealKeyFile } from "../protocol/keyfile.js";
import { systemRandom } from "../protocol/random.js";
import { actionButton, downloadFile, element, notice } from "../view/dom.js";
import { errorSummary, type FieldError } from "../view/errors.js";
import { icon } from "../view/icons.js";
import type { TrusteeRoom } from "./application.js";
import { passphraseField, type Field } from "./fields.js";
import { ownFingerprint } from "./fingerprints.js";
import { postAnswers } from "./posting.js";
import { KeyForm } from "./unlockpage.js";

const PHRASE = "new-passphrase";
const AGAIN = "new-passphrase-again";

/** A key that was made and not yet posted. */
interface NewKey {
  readonly seed: string;
  readonly file: string;
}

/** First step of the ceremony: the passphrase, then the key, all on this device. */
export function showCreate(room: TrusteeRoom): void {
  const { say, state } = room;
  const { threshold, size } = state.me;
  room.frame.show({
    title: say("createTitle"),
    kicker: room.kicker(),
    steps: room.steps(),
    content: [
      element("p", { class: "lead" }, say("createLead")),
      element("p", {}, say("quorum", { threshold, size })),
      notice("info", say("createOffline")),
      new PassphraseForm(room).form,
    ],
  });
}

class PassphraseForm {
  readonly form: HTMLFormElement;
  private readonly phrase: Field<HTMLInputElement>;
  private readonly again: Field<HTMLInputElement>;
  private readonly summary = element("div");
  private readonly submit: HTMLButtonElement;
  private readonly progress = element("p", { class: "progress" });

  constructor(private readonly room: TrusteeRoom) {
    const { say } = room;
    const words = { show: say("passphraseShow"), hide: say("passphraseHide") };
    this.phrase = passphraseField(PHRASE, say("passphrase"), say("passphraseHint"), words);
    this.again = passphraseField(AGAIN, say("passphraseAgain"), undefined, words);
    this.submit = element("button", { type: "submit", class: "button" }, say("createSubmit"));
    this.form = element(
      "form",
      { novalidate: true, autocomplete: "off" },
      this.summary,
      this.phrase.box,
      this.again.box,
      this.rules(),
      room.actions(this.submit),
      this.progress,
    );
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.create();
    });
  }

  /** Rules that tick while the passphrase is typed. */
  private rules(): HTMLElement {
    const { say } = this.room;
    const rule = (sentence: string, isMet: () => boolean): HTMLElement => {
      const state = element("span", { class: "visually-hidden" }, say("ruleUnmet"));
      const line = element("li", {}, icon("circle", "unmet"), icon("check", "met"), element("span", {}, sentence, state));
      const update = (): void => {
        line.dataset["met"] = String(isMet());
        state.textContent = say(isMet() ? "ruleMet" : "ruleUnmet");
      };
      this.phrase.control.addEventListener("input", update);
      this.again.control.addEventListener("input", update);
      return line;
    };
    return element(
      "ul",
      { class: "password-rules" },
      rule(say("ruleLength"), () => this.length() >= PASSPHRASE_LENGTH),
      rule(say("ruleSame"), () => this.length() > 0 && this.isSame()),
    );
  }

  private length(): number {
    return passphraseLength(this.phrase.control.value);
  }

  private isSame(): boolean {
    return normalisePassphrase(this.phrase.control.value) === normalisePassphrase(this.again.control.value);
  }

  private async create(): Promise<void> {
    const { room } = this;
    if (room.frame.busy || this.refused()) return;
    room.frame.busy = true;
    this.submit.disabled = true;
    this.progress.textContent = room.say("createBusy");
    room.frame.announce(room.say("createBusy"));
    try {
      const seed = generateSeed(systemRandom);
      const file = await sealKeyFile(room.holder, seed, this.phrase.control.value, systemRandom);
      room.frame.busy = false;
      showSave(room, { seed, file });
    } catch (error) {
      room.fail(error);
    }
  }

  private refused(): boolean {
    const { say } = this.room;
    const errors: FieldError[] = [];
    const count = this.length();
    if (count < PASSPHRASE_LENGTH) errors.push({ fieldId: PHRASE, sentence: say("passphraseShort", { count }) });
    else if (!this.isSame()) errors.push({ fieldId: AGAIN, sentence: say("passphraseDiffers") });
    this.phrase.refuse(errors.find(({ fieldId }) => fieldId === PHRASE)?.sentence);
    this.again.refuse(errors.find(({ fieldId }) => fieldId === AGAIN)?.sentence);
    this.summary.replaceChildren();
    if (errors.length === 0) return false;
    const summary = errorSummary(say("errorSummary"), errors);
    this.summary.replaceChildren(summary);
    summary.focus();
    return true;
  }
}

type Copy = "saveFirst" | "saveSecond";
const COPIES: readonly Copy[] = ["saveFirst", "saveSecond"];

/** The key file is saved twice before anything else. */
function showSave(room: TrusteeRoom, key: NewKey): void {
  const { say } = room;
  room.guardLeaving(true);
  const saved = new Set<Copy>();
  const summary = element("div");
  const lines = COPIES.map((copy) =>
    copyLine(room, key, copy, () => {
      saved.add(copy);
      summary.replaceChildren();
    }),
  );
  const next = actionButton(say("saveNext"), () => {
    const missing = COPIES.find((copy) => !saved.has(copy));
    if (missing === undefined) {
      showTest(room, key);
      return;
    }
    const error = errorSummary(say("errorSummary"), [{ fieldId: missing, sentence: say("saveMissing") }]);
    summary.replaceChildren(error);
    error.focus();
  });
  room.frame.show({
    title: say("saveTitle"),
    kicker: room.kicker(),
    steps: room.steps(),
    content: [
      summary,
      element("p", { class: "lead" }, say("saveLead")),
      element("ol", { class: "numbered" }, ...lines),
      ownFingerprint(room, key.seed),
      room.actions(next),
    ],
  });
}

function copyLine(room: TrusteeRoom, key: NewKey, copy: Copy, saved: () => void): HTMLElement {
  const { say } = room;
  const state = element("span", { class: "act act--done", hidden: true }, icon("check-circle"), ` ${say("saveDone")}`);
  const save = (): void => {
    downloadFile(room.keyFileName, key.file, "application/json");
    state.hidden = false;
    room.frame.announce(`${say(copy)} : ${say("saveDone")}`);
    saved();
  };
  const button = actionButton(say(copy), save, "button--secondary");
  button.id = copy;
  return element("li", {}, button, " ", state);
}

/** The saved file must open again with the passphrase before the certificate leaves. */
function showTest(room: TrusteeRoom, key: NewKey): void {
  const { say } = room;
  const back = actionButton(say("testBack"), () => { showSave(room, key); }, "button--link");
  const form = new KeyForm(room, say("testSubmit"), () => { void sendCertificate(room, key); }, key.seed, back);
  room.frame.show({
    title: say("testTitle"),
    kicker: room.kicker(),
    steps: room.steps(),
    content: [element("p", { class: "lead" }, say("testLead")), form.form],
  });
}

async function sendCertificate(room: TrusteeRoom, { seed }: NewKey): Promise<void> {
  room.frame.busy = true;
  room.seed = seed;
  const { index, size, threshold } = room.state.me;
  await postAnswers(room, [{ step: "certificate", text: makeCertificate(seed, { index, size, threshold }, systemRandom) }]);
}
