import { ProtocolFault } from "../protocol/errors.js";
import { fetchObject, PortalRefusal, PortalUnreachable } from "../portal/exchange.js";
import { boothEnglish } from "../words/booth.en.js";
import { boothFrench, type BoothKey } from "../words/booth.fr.js";
import { Frame, type Steps } from "../view/frame.js";
import { speaker, type Language, type Say } from "../view/words.js";
import type { BallotMaker } from "./ballotmaker.js";
import { showChoose } from "./choosepage.js";
import { showCode } from "./codepage.js";
import { showContests } from "./contestspage.js";
import { showFailure, type Failure } from "./failurepage.js";
import { loadSheet, type BallotSheet } from "./sheet.js";
import { readVoterState, type VoterContest, type VoterState } from "./state.js";

export interface BoothOptions {
  readonly root: HTMLElement;
  readonly stateUrl: string;
  readonly language: Language;
  readonly maker: BallotMaker;
  /** Code found in the address, already removed from it. */
  readonly codeFromLink: string;
}

type View = "code" | "contests" | "choose" | "review" | "receipt";
const STEP_NAMES: readonly BoothKey[] = ["stepCode", "stepContests", "stepChoose", "stepReview"];

/** The voting booth: what the voter has done so far lives here, in memory, and nowhere else. */
export class Booth {
  readonly say: Say<BoothKey>;
  readonly language: Language;
  readonly frame: Frame;
  readonly maker: BallotMaker;
  /** Private exponent of each contest, once the code is proved; the code itself is not kept. */
  secrets: ReadonlyMap<string, bigint> | undefined;
  sheet: BallotSheet | undefined;
  private current: VoterState | undefined;
  private view: View = "code";
  private readonly stateUrl: string;
  private codeFromLink: string;

  constructor(options: BoothOptions) {
    this.say = speaker({ fr: boothFrench, en: boothEnglish }, options.language);
    this.language = options.language;
    this.stateUrl = options.stateUrl;
    this.maker = options.maker;
    this.codeFromLink = options.codeFromLink;
    this.frame = new Frame(options.root, () => this.current?.electionName ?? "");
    window.addEventListener("popstate", () => { this.goBack(); });
  }

  get state(): VoterState {
    if (this.current === undefined) throw new TypeError("the state is not loaded yet");
    return this.current;
  }

  async open(): Promise<void> {
    this.frame.announce(this.say("loading"));
    try {
      await this.refreshState();
    } catch (error) {
      this.fail(error, () => this.open());
      return;
    }
    const { contests } = this.state;
    if (contests.length > 0 && contests.every(({ state }) => state === "voted")) await this.listVotedContests();
    else this.askCode();
  }

  /** Nothing is left to vote, so that no code is needed: after a re-issue, no single one would fit contests already voted. */
  private async listVotedContests(): Promise<void> {
    this.codeFromLink = "";
    this.secrets = new Map();
    await this.listContests({ refresh: false });
  }

  async refreshState(): Promise<void> {
    this.current = readVoterState(await fetchObject(this.stateUrl));
  }

  /** Remembers what the portal has just acknowledged, until the next state says it again. */
  markVoted(uuid: string, votedAtText: string): void {
    const contests = this.state.contests.map((contest) =>
      contest.uuid === uuid ? { ...contest, state: "voted" as const, votedAtText } : contest,
    );
    this.current = { ...this.state, contests };
  }

  contestsToVote(): VoterContest[] {
    return this.state.contests.filter(({ state }) => state === "to_vote");
  }

  steps(current: number): Steps {
    const say = this.say;
    return {
      label: say("steps"),
      count: say("stepOf", { step: Math.min(current, STEP_NAMES.length), total: STEP_NAMES.length }),
      names: STEP_NAMES.map((name) => say(name)),
      current,
      done: say("stepDone"),
    };
  }

  askCode(reason?: string): void {
    this.secrets = undefined;
    this.enter("code");
    showCode(this, this.codeFromLink, reason);
    this.codeFromLink = "";
  }

  /** The list of contests, with fresh states when the portal answers. */
  async listContests({ refresh = true } = {}): Promise<void> {
    if (refresh) {
      try {
        await this.refreshState();
      } catch (error) {
        // A list a few minutes old is better than none; but a lost session must be said.
        if (error instanceof PortalRefusal) {
          this.fail(error);
          return;
        }
      }
    }
    this.sheet = undefined;
    this.enter("contests");
    showContests(this);
  }

  async openContest(contest: VoterContest): Promise<void> {
    this.frame.announce(this.say("chooseLoading"));
    try {
      this.sheet = await loadSheet(contest);
    } catch (error) {
      this.fail(error, () => this.openContest(contest));
      return;
    }
    this.maker.prepare(this.sheet.electionBytes);
    this.choose(this.sheet);
  }

  choose(sheet: BallotSheet): void {
    this.enter("choose");
    showChoose(this, sheet);
  }

  /** Records where the voter stands; the address never changes, so that it says nothing. */
  enter(view: View): void {
    if (view === this.view) history.replaceState({ view }, "");
    else history.pushState({ view }, "");
    this.view = view;
    this.guardLeaving(view === "choose" || view === "review");
  }

  /** An unfinished vote warns before it is left (the only dialogue of the booth). */
  private guardLeaving(unfinished: boolean): void {
    if (unfinished) window.addEventListener("beforeunload", warnBeforeLeaving);
    else window.removeEventListener("beforeunload", warnBeforeLeaving);
  }

  /** The browser's back button walks the steps backwards, never into a ballot already cast. */
  private goBack(): void {
    if (this.current === undefined || this.frame.busy) {
      history.pushState({ view: this.view }, "");
      return;
    }
    if (this.secrets === undefined) this.replaceWith("code", () => { this.askCode(); });
    else if (this.view === "review" && this.sheet) {
      const sheet = this.sheet;
      this.replaceWith("choose", () => { this.choose(sheet); });
    } else this.replaceWith("contests", () => { void this.listContests(); });
  }

  private replaceWith(view: View, show: () => void): void {
    this.view = view;
    show();
  }

  /** Shows the page that says what went wrong and what can be done. */
  fail(error: unknown, again?: () => Promise<void>): void {
    this.guardLeaving(false);
    showFailure(this, failureOf(error), again);
  }
}

/** Faults of what the ballot page would show: then nothing is shown. */
const SHEET_FAULTS: readonly string[] = ["record-differs", "candidates-differ"];

function failureOf(error: unknown): Failure {
  if (error instanceof PortalRefusal) return { code: error.code, said: error.said, url: error.url };
  if (error instanceof PortalUnreachable) return { code: "unreachable" };
  if (error instanceof ProtocolFault && SHEET_FAULTS.includes(error.code)) return { code: "record_differs" };
  return { code: "unknown" };
}

function warnBeforeLeaving(event: BeforeUnloadEvent): void {
  event.preventDefault();
}
