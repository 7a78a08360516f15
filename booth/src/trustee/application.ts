import { PortalRefusal, PortalUnreachable, fetchObject } from "../portal/exchange.js";
import { ProtocolFault } from "../protocol/errors.js";
import type { KeyHolder } from "../protocol/keyfile.js";
import { actionButton, element, notice } from "../view/dom.js";
import { Frame, type Steps } from "../view/frame.js";
import { speaker, type Language, type Say } from "../view/words.js";
import { trusteeEnglish } from "../words/trustee.en.js";
import { trusteeFrench, type TrusteeKey } from "../words/trustee.fr.js";
import { showAct } from "./actpage.js";
import { showCreate } from "./createpages.js";
import { showDecrypt } from "./decryptpage.js";
import { CEREMONY_STEPS, readTrusteeState, type CeremonyStep, type TrusteeState } from "./state.js";
import { showUnlock } from "./unlockpage.js";
import { showIdle } from "./waitpage.js";

const STEP_NAMES: readonly TrusteeKey[] = ["stepCertificate", "stepPolynomial", "stepShare", "stepReady", "stepDecryption"];
export const CEREMONY_WORDS: Readonly<Record<CeremonyStep, TrusteeKey>> = {
  certificate: "stepCertificate",
  polynomial: "stepPolynomial",
  share: "stepShare",
};

/** The trustee's page: the seed lives here, in memory, from the moment its file is opened. */
export class TrusteeRoom {
  readonly say: Say<TrusteeKey>;
  readonly frame: Frame;
  seed: string | undefined;
  private current: TrusteeState | undefined;

  constructor(
    root: HTMLElement,
    private readonly stateUrl: string,
    language: Language,
  ) {
    this.say = speaker({ fr: trusteeFrench, en: trusteeEnglish }, language);
    this.frame = new Frame(root, () => this.current?.station.name ?? "");
  }

  get state(): TrusteeState {
    if (this.current === undefined) throw new TypeError("the state is not loaded yet");
    return this.current;
  }

  get holder(): KeyHolder {
    const { station, me } = this.state;
    return { station: station.code, holder: me.name, group: me.group, index: me.index };
  }

  get keyFileName(): string {
    const { station, group, index } = this.holder;
    return `cle-${station}-${group}-${index}.json`.replace(/[^\w.-]/g, "_");
  }

  async open(): Promise<void> {
    // Browsers offer WebCrypto on secure pages only.
    if (!window.isSecureContext) {
      this.showFailure("unsafeTitle", "unsafeLead");
      return;
    }
    this.frame.announce(this.say("loading"));
    try {
      await this.refresh();
    } catch (error) {
      this.fail(error);
      return;
    }
    this.showDuty();
  }

  async refresh(): Promise<void> {
    this.current = readTrusteeState(await fetchObject(this.stateUrl));
  }

  /** Takes a state that came as the answer to a post. */
  take(state: TrusteeState): void {
    this.current = state;
  }

  /** Shows what this trustee must do now. */
  showDuty(): void {
    this.guardLeaving(false);
    const { step } = this.state;
    const toDecrypt = this.state.decryptions.some(({ done }) => !done);
    if (step === "certificate") showCreate(this);
    else if (step === "polynomial" || step === "share") this.withKey(() => { showAct(this, step); });
    else if (toDecrypt) this.withKey(() => { showDecrypt(this); });
    else showIdle(this);
  }

  /** Asks for the key file the first time it is needed, then goes on. */
  private withKey(goOn: () => void): void {
    if (this.seed === undefined) showUnlock(this, goOn);
    else goOn();
  }

  /** Between the making of a key or an answer and its posting, leaving warns. */
  guardLeaving(unfinished: boolean): void {
    if (unfinished) window.addEventListener("beforeunload", warnBeforeLeaving);
    else window.removeEventListener("beforeunload", warnBeforeLeaving);
  }

  steps(): Steps {
    const { say, state } = this;
    const current = currentStep(state);
    return {
      label: say("steps"),
      count: say("stepOf", { step: Math.min(current, STEP_NAMES.length), total: STEP_NAMES.length }),
      names: STEP_NAMES.map((name) => say(name)),
      current,
      done: say("stepDone"),
    };
  }

  /** Who I am in the ceremony, above each title. */
  kicker(): string {
    const { name, group, index, size } = this.state.me;
    return this.say("iAm", { name, group: this.groupName(group), index, size });
  }

  groupName(group: string): string {
    if (group === "chair") return this.say("groupChair");
    return group === "delegates" ? this.say("groupDelegates") : group;
  }

  fail(error: unknown): void {
    this.frame.busy = false;
    if (error instanceof ProtocolFault && error.code !== "state-form") this.showAlarm(error.code);
    else if (error instanceof PortalUnreachable) this.showFailure("failTitle", "failLead", () => { void this.open(); });
    else if (error instanceof PortalRefusal && error.code === "signed_out") this.showSignedOut(error.url);
    else this.showFailure("unknownTitle", "unknownLead");
  }

  private showAlarm(code: string): void {
    const { say } = this;
    this.guardLeaving(false);
    this.frame.show({
      title: say("alarmTitle"),
      kicker: this.kicker(),
      content: [notice("danger", say("alarmLead"), say("alarmCode", { code })), this.actions(reloadButton(say("reload")))],
    });
  }

  private showSignedOut(url: string | undefined): void {
    const { say } = this;
    const way = url === undefined ? reloadButton(say("signIn")) : element("a", { class: "button", href: url }, say("signIn"));
    this.frame.show({ title: say("signedOutTitle"), content: [notice("warning", say("signedOutLead")), this.actions(way)] });
  }

  private showFailure(title: TrusteeKey, lead: TrusteeKey, again?: () => void): void {
    const { say } = this;
    const way = again === undefined ? reloadButton(say("reload")) : actionButton(say("tryAgain"), again);
    this.frame.show({ title: say(title), content: [notice("danger", say(lead)), this.actions(way)] });
  }

  actions(...buttons: HTMLElement[]): HTMLElement {
    return element("div", { class: "actions" }, ...buttons);
  }
}

function currentStep(state: TrusteeState): number {
  const rank = (CEREMONY_STEPS as readonly string[]).indexOf(state.step);
  if (rank >= 0) return rank + 1;
  if (state.step === "wait") {
    // Waiting belongs to the first step that the whole group has not done.
    const open = CEREMONY_STEPS.findIndex((step) => state.stepsDone[step].length < state.me.size);
    return open < 0 ? 4 : open + 1;
  }
  if (state.decryptions.length === 0) return 4;
  return state.decryptions.every(({ done }) => done) ? 6 : 5;
}

function reloadButton(label: string): HTMLElement {
  return actionButton(label, () => { window.location.reload(); });
}

function warnBeforeLeaving(event: BeforeUnloadEvent): void {
  event.preventDefault();
}
