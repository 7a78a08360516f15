import { PortalRefusal } from "../portal/exchange.js";
import { tracker } from "../protocol/ballots.js";
import { ReceiptMismatch, checkReceipt } from "../protocol/receipts.js";
import { actionButton, element, notice } from "../view/dom.js";
import { icon } from "../view/icons.js";
import { showAlarm } from "./alarmpage.js";
import type { Booth } from "./application.js";
import { castBallot, type CastAnswer } from "./casting.js";
import { blankFace, listFace } from "./choosepage.js";
import { showReceipt } from "./receiptpage.js";
import { choiceVector, type BallotSheet } from "./sheet.js";

/** Step 4: the single choice, and the final act (R211-566). */
export function showReview(booth: Booth, sheet: BallotSheet, choice: number): void {
  const { say } = booth;
  const page = new ReviewPage(booth, sheet, choice);
  const list = sheet.bundle.lists[choice - 1];
  const face = list === undefined ? blankFace(booth) : listFace(list);
  booth.enter("review");
  booth.frame.show({
    title: say("reviewTitle"),
    kicker: say("reviewContest", { contest: sheet.contest.name }),
    steps: booth.steps(4),
    content: [
      element("h2", {}, say("reviewYourChoice")),
      element(
        "div",
        { class: "list-cards" },
        element("div", { class: "list-card list-card--shown" }, element("span", { class: "list-card__position" }, icon("check")), ...face),
      ),
      notice("warning", say("reviewFinal")),
      page.progress,
      page.actions,
    ],
  });
}

class ReviewPage {
  readonly progress = element("p", { class: "progress", hidden: true });
  readonly actions: HTMLElement;
  private readonly vote: HTMLButtonElement;
  private readonly change: HTMLButtonElement;
  /** Once made, the same bytes are sent until the portal answers: they can count only once. */
  private ballot: string | undefined;
  private isSent = false;

  constructor(
    private readonly booth: Booth,
    private readonly sheet: BallotSheet,
    private readonly choice: number,
  ) {
    const { say } = booth;
    this.vote = actionButton(say("reviewVote"), () => { void this.cast(); }, "button--large");
    this.change = actionButton(say("reviewChange"), () => { booth.choose(sheet); }, "button--secondary");
    this.actions = element("div", { class: "actions" }, this.vote, this.change);
  }

  private async cast(): Promise<void> {
    if (this.booth.frame.busy) return;
    this.booth.frame.busy = true;
    this.vote.disabled = true;
    this.change.disabled = true;
    try {
      const ballot = await this.encrypt();
      const answer = await this.send(ballot);
      this.booth.frame.busy = false;
      this.receive(ballot, answer);
    } catch (error) {
      this.booth.frame.busy = false;
      this.booth.fail(this.isSent ? afterSending(error) : error);
    }
  }

  private async encrypt(): Promise<string> {
    if (this.ballot !== undefined) return this.ballot;
    this.tell(this.booth.say("reviewEncrypting"));
    const secret = this.booth.secrets?.get(this.sheet.contest.uuid);
    if (secret === undefined) throw new PortalRefusal("code_required", "", 0, undefined);
    this.ballot = await this.booth.maker.make({
      election: this.sheet.electionBytes,
      secret: secret.toString(),
      choice: choiceVector(this.sheet, this.choice),
    });
    return this.ballot;
  }

  private send(ballot: string): Promise<CastAnswer> {
    const { say, state } = this.booth;
    this.tell(say("reviewSending"));
    return castBallot(this.sheet.contest.castUrl, state.csrfToken, ballot, {
      sending: () => { this.tell(say("reviewSending")); },
      waiting: (seconds, attempt) => {
        this.isSent = true;
        this.tell(say("reviewRetry", { seconds, attempt }));
      },
      paused: () => this.askToTryAgain(),
    });
  }

  private askToTryAgain(): Promise<void> {
    this.tell(this.booth.say("reviewPaused"));
    return new Promise((resolve) => {
      const again = actionButton(this.booth.say("reviewTryAgain"), () => {
        again.remove();
        resolve();
      });
      this.actions.prepend(again);
      again.focus();
    });
  }

  /** The page believes the portal only when the signed receipt says what the browser computed itself. */
  private receive(ballot: string, answer: CastAnswer): void {
    const { booth, sheet } = this;
    const ours = tracker(ballot);
    const expected = {
      receiptKey: booth.state.receiptKey,
      contest: sheet.contest.uuid,
      fingerprint: sheet.election.fingerprint,
      tracker: ours,
    };
    booth.enter("receipt");
    try {
      const { castAt } = checkReceipt(answer.receipt, expected);
      booth.markVoted(sheet.contest.uuid, answer.castAtText);
      booth.sheet = undefined;
      showReceipt(booth, { contest: sheet.contest, receipt: answer.receipt, tracker: ours, castAt });
    } catch (error) {
      if (!(error instanceof ReceiptMismatch)) throw error;
      showAlarm(booth, { contest: sheet.contest, receipt: answer.receipt, mismatch: error, ours });
    }
  }

  private tell(sentence: string): void {
    this.progress.hidden = false;
    this.progress.textContent = sentence;
    this.booth.frame.announce(sentence);
  }
}

/** When an earlier attempt may have arrived, a lost session leaves the outcome open, and the page says so. */
function afterSending(error: unknown): unknown {
  if (error instanceof PortalRefusal && error.code === "signed_out") {
    return new PortalRefusal("signed_out_unsure", error.said, 0, error.url);
  }
  return error;
}
