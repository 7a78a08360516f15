import { ProtocolFault } from "../protocol/errors.js";
import { openKeyFile, readKeyHolder, type KeyHolder } from "../protocol/keyfile.js";
import { element } from "../view/dom.js";
import { errorSummary, type FieldError } from "../view/errors.js";
import type { TrusteeRoom } from "./application.js";
import { fileField, passphraseField, type Field } from "./fields.js";

const FILE = "key-file";
const PHRASE = "key-passphrase";

/** Asks for the key file and its passphrase; goes on once the seed is in memory. */
export function showUnlock(room: TrusteeRoom, goOn: () => void): void {
  const { say } = room;
  const form = new KeyForm(room, say("unlockSubmit"), (seed) => {
    room.seed = seed;
    goOn();
  });
  room.frame.show({
    title: say("unlockTitle"),
    kicker: room.kicker(),
    steps: room.steps(),
    content: [element("p", { class: "lead" }, say("unlockLead")), form.form],
  });
}

/** Opens a key file of this trustee; shared by the test of a new key and by its later use. */
export class KeyForm {
  readonly form: HTMLFormElement;
  private readonly file: Field<HTMLInputElement>;
  private readonly phrase: Field<HTMLInputElement>;
  private readonly summary = element("div");
  private readonly progress = element("p", { class: "progress" });
  private readonly submit: HTMLButtonElement;

  constructor(
    private readonly room: TrusteeRoom,
    submitLabel: string,
    private readonly opened: (seed: string) => void,
    private readonly expectedSeed?: string,
    ...others: HTMLElement[]
  ) {
    const { say } = room;
    this.file = fileField(FILE, say("keyFile"), say("keyFileHint", { name: room.keyFileName }));
    this.phrase = passphraseField(PHRASE, say("passphrase"), undefined, { show: say("passphraseShow"), hide: say("passphraseHide") });
    this.submit = element("button", { type: "submit", class: "button" }, submitLabel);
    const actions = room.actions(this.submit, ...others);
    this.form = element("form", { novalidate: true, autocomplete: "off" }, this.summary, this.file.box, this.phrase.box, actions, this.progress);
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.open();
    });
  }

  private async open(): Promise<void> {
    const { room } = this;
    if (room.frame.busy) return;
    this.refuse([]);
    const file = this.file.control.files?.[0];
    const missing: FieldError[] = [];
    if (file === undefined) missing.push({ fieldId: FILE, sentence: room.say("keyFileMissing") });
    if (this.phrase.control.value === "") missing.push({ fieldId: PHRASE, sentence: room.say("passphraseMissing") });
    if (file === undefined || missing.length > 0) {
      this.refuse(missing);
      return;
    }
    this.setBusy(true);
    try {
      const seed = await this.readSeed(await file.text());
      this.setBusy(false);
      this.opened(seed);
    } catch (error) {
      this.setBusy(false);
      this.refuse([this.faultOf(error)]);
    }
  }

  private async readSeed(text: string): Promise<string> {
    const named = readKeyHolder(text);
    const mine = this.room.holder;
    if (named.station !== mine.station || named.group !== mine.group || named.index !== mine.index) throw new AnotherKey(named);
    const { seed } = await openKeyFile(text, this.phrase.control.value);
    if (this.expectedSeed !== undefined && seed !== this.expectedSeed) throw new AnotherKey(undefined);
    return seed;
  }

  private faultOf(error: unknown): FieldError {
    const { say } = this.room;
    if (error instanceof AnotherKey) {
      const { named } = error;
      if (named === undefined) return { fieldId: FILE, sentence: say("testOther") };
      const { holder, index, station } = named;
      return { fieldId: FILE, sentence: say("keyFileOther", { holder, index, station, group: this.room.groupName(named.group) }) };
    }
    const isPhrase = error instanceof ProtocolFault && error.code === "passphrase-wrong";
    return isPhrase ? { fieldId: PHRASE, sentence: say("passphraseWrong") } : { fieldId: FILE, sentence: say("keyFileForm") };
  }

  private refuse(errors: readonly FieldError[]): void {
    this.file.refuse(errors.find(({ fieldId }) => fieldId === FILE)?.sentence);
    this.phrase.refuse(errors.find(({ fieldId }) => fieldId === PHRASE)?.sentence);
    this.summary.replaceChildren();
    if (errors.length === 0) return;
    const summary = errorSummary(this.room.say("errorSummary"), errors);
    this.summary.replaceChildren(summary);
    summary.focus();
  }

  private setBusy(busy: boolean): void {
    this.room.frame.busy = busy;
    this.submit.disabled = busy;
    this.progress.textContent = busy ? this.room.say("unlockBusy") : "";
    if (busy) this.room.frame.announce(this.room.say("unlockBusy"));
  }
}

/** The file is a key, but another one; `named` says whose when it differs. */
class AnotherKey extends Error {
  constructor(readonly named: KeyHolder | undefined) {
    super("another key");
  }
}
