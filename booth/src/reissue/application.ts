import { fetchObject, PortalRefusal, PortalUnreachable } from "../portal/exchange.js";
import { systemRandom } from "../protocol/random.js";
import { Frame } from "../view/frame.js";
import { speaker, type Language, type Say } from "../view/words.js";
import { reissueEnglish } from "../words/reissue.en.js";
import { reissueFrench, type ReissueKey } from "../words/reissue.fr.js";
import { showAdvice } from "./advicepage.js";
import { showCode, type CodeDisplay } from "./codepage.js";
import { showFailure, type Failure } from "./failurepage.js";
import { NewCode } from "./newcode.js";
import { showReady } from "./readypage.js";
import { sendKeys } from "./sending.js";
import { readReissueState, type ReissueState } from "./state.js";

/** Seconds between two looks at a re-issue whose keys this page no longer has. */
const LOOK_SECONDS = 10;

/** The page that makes a new code, shows it and forgets it. The code lives here, in memory, and nowhere else. */
export class ReissueRoom {
  readonly say: Say<ReissueKey>;
  readonly frame: Frame;
  /** The new code, from its making until the page is left. */
  code: NewCode | undefined;
  /** The code was shown again: that is done once. */
  wasShownAgain = false;
  private current: ReissueState | undefined;
  private display: CodeDisplay | undefined;
  private nextLook: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly root: HTMLElement,
    private readonly stateUrl: string,
    readonly language: Language,
  ) {
    this.say = speaker({ fr: reissueFrench, en: reissueEnglish }, language);
    this.frame = new Frame(root, () => "");
  }

  get state(): ReissueState {
    if (this.current === undefined) throw new TypeError("the state is not loaded yet");
    return this.current;
  }

  /** Addresses to go to from a failure, once the portal has said them. */
  get requestUrl(): string | undefined {
    return this.current?.requestUrl;
  }

  get homeUrl(): string | undefined {
    return this.current?.homeUrl;
  }

  async open(): Promise<void> {
    clearTimeout(this.nextLook);
    this.frame.announce(this.say("loading"));
    try {
      this.current = readReissueState(await fetchObject(this.stateUrl));
    } catch (error) {
      this.fail(error, () => this.open());
      return;
    }
    if (this.state.stage === "linked") showAdvice(this);
    else if (this.state.stage === "live") showFailure(this, { code: "live_elsewhere" });
    else this.waitForEnd();
  }

  /** Keys were sent by a page that is gone: within minutes they are live, or the link serves again. */
  private waitForEnd(): void {
    showFailure(this, { code: "changing_elsewhere" }, () => this.open());
    this.lookLater();
  }

  private lookLater(): void {
    clearTimeout(this.nextLook);
    this.nextLook = setTimeout(() => { void this.lookAgain(); }, LOOK_SECONDS * 1000);
  }

  private async lookAgain(): Promise<void> {
    const next = await fetchObject(this.stateUrl).then(readReissueState).catch(() => undefined);
    if (next === undefined || next.stage === "changing") this.lookLater();
    else await this.open();
  }

  /** Makes a code and has its keys made live; the code is shown after that, and not before. */
  async makeCode(): Promise<void> {
    if (this.frame.busy) return;
    this.code?.forget();
    try {
      this.code = new NewCode(this.state.contests.flatMap(({ replaced }) => replaced ?? []), systemRandom);
    } catch (error) {
      // A state whose places have no form that can be signed: nothing is sent.
      this.code = undefined;
      this.fail(error);
      return;
    }
    await this.sendCode();
  }

  /** Sends the keys of the code, the same bytes at every try. */
  async sendCode(): Promise<void> {
    if (this.frame.busy || this.code === undefined) return;
    this.frame.busy = true;
    this.guardLeaving(true);
    try {
      await sendKeys(this, this.code.body);
    } catch (error) {
      this.frame.busy = false;
      this.failSending(error);
      return;
    }
    this.frame.busy = false;
    this.display = showCode(this);
  }

  private failSending(error: unknown): void {
    const mayBeLive = error instanceof PortalUnreachable || (error instanceof PortalRefusal && error.code === "registrar_away");
    if (mayBeLive) {
      showFailure(this, failureOf(error), () => this.sendCode());
      return;
    }
    this.guardLeaving(false);
    this.code?.forget();
    this.code = undefined;
    const startsAgain = error instanceof PortalRefusal && error.code === "keys_refused";
    this.fail(error, startsAgain ? () => this.makeCode() : undefined);
  }

  /** Shows the same code a second time. */
  showAgain(): void {
    this.wasShownAgain = true;
    this.display = showCode(this);
  }

  /** The display is over: the voter noted the code, or the time ran out. */
  mask(isNoted: boolean): void {
    this.display?.close();
    this.display = undefined;
    this.guardLeaving(!isNoted);
    showReady(this, isNoted);
  }

  fail(error: unknown, again?: () => Promise<void>): void {
    showFailure(this, failureOf(error), again);
  }

  /** Leaves no code behind: neither in memory nor in the page. */
  forget(): void {
    this.display?.close();
    this.code?.forget();
    this.code = undefined;
    this.root.replaceChildren();
  }

  guardLeaving(isUnfinished: boolean): void {
    if (isUnfinished) window.addEventListener("beforeunload", warnBeforeLeaving);
    else window.removeEventListener("beforeunload", warnBeforeLeaving);
  }
}

function failureOf(error: unknown): Failure {
  if (error instanceof PortalRefusal) return { code: error.code, said: error.said, url: error.url, wait: error.waitSeconds };
  return { code: error instanceof PortalUnreachable ? "unreachable" : "unknown" };
}

function warnBeforeLeaving(event: BeforeUnloadEvent): void {
  event.preventDefault();
}
