import { actionButton, element, notice } from "../view/dom.js";
import { parisTime } from "../view/words.js";
import type { BoothKey } from "../words/booth.fr.js";
import type { Booth } from "./application.js";
import type { ContestState, VoterContest } from "./state.js";

const STATE_WORDS: Readonly<Record<ContestState, { readonly key: BoothKey; readonly style: string }>> = {
  to_vote: { key: "stateToVote", style: "tag tag--info" },
  voted: { key: "stateVoted", style: "tag tag--success" },
  not_open: { key: "stateNotOpen", style: "tag" },
  closed: { key: "stateClosed", style: "tag" },
  suspended: { key: "stateSuspended", style: "tag tag--warning" },
};

/** Step 2: the voter's contests with their states. */
export function showContests(booth: Booth): void {
  const { say, state } = booth;
  const [first] = booth.contestsToVote();
  const cards = state.contests.map((contest) => contestCard(booth, contest, contest === first));
  booth.frame.show({
    title: say("contestsTitle"),
    steps: booth.steps(2),
    content: [
      first === undefined ? nothingToVote(booth) : undefined,
      calendarLine(booth),
      element("ul", { class: "contest-list" }, ...cards),
      element("p", {}, element("a", { href: state.homeUrl }, say("homeLink"))),
    ],
  });
}

function nothingToVote(booth: Booth): HTMLElement {
  const anyVoted = booth.state.contests.some(({ state }) => state === "voted");
  return anyVoted ? notice("success", booth.say("contestsDone")) : notice("info", booth.say("contestsNone"));
}

/** The date that matters now; within the grace, until when a voter already here may finish (R211-563). */
function calendarLine(booth: Booth): HTMLElement {
  const { say, language, state } = booth;
  const now = Date.parse(state.now);
  const at = (instant: string): string => parisTime(instant, language);
  if (now < Date.parse(state.opensAt)) return element("p", {}, say("contestsOpens", { date: at(state.opensAt) }));
  if (now < Date.parse(state.closesAt)) return element("p", {}, say("contestsCloses", { date: at(state.closesAt) }));
  if (now < Date.parse(state.graceEndsAt)) return notice("warning", say("contestsGrace", { date: at(state.graceEndsAt) }));
  return element("p", {}, say("contestsClosed", { date: at(state.closesAt) }));
}

function contestCard(booth: Booth, contest: VoterContest, isFirst: boolean): HTMLElement {
  const { say } = booth;
  const { key, style } = STATE_WORDS[contest.state];
  const seats = contest.seats === 1 ? say("contestSeatsOne") : say("contestSeats", { count: contest.seats });
  const said = element(
    "div",
    {},
    element("h2", { class: "contest-card__name" }, contest.name),
    element("p", { class: "contest-card__detail" }, seats),
    detailLine(booth, contest),
  );
  const side = element("div", { class: "contest-card__side" }, element("p", {}, element("span", { class: style }, say(key))));
  if (contest.state === "to_vote") {
    const vote = actionButton(say("contestVote"), () => { void booth.openContest(contest); }, isFirst ? "" : "button--secondary");
    vote.append(element("span", { class: "visually-hidden" }, ` – ${contest.name}`));
    side.append(vote);
  }
  return element("li", { class: "contest-card", "data-state": contest.state, "data-contest": contest.uuid }, said, side);
}

function detailLine(booth: Booth, { state, votedAtText }: VoterContest): HTMLElement | undefined {
  const line = (text: string): HTMLElement => element("p", { class: "contest-card__detail" }, text);
  if (state === "voted" && votedAtText !== undefined) return line(booth.say("votedAt", { date: votedAtText }));
  return state === "suspended" ? line(booth.say("stateSuspendedMeaning")) : undefined;
}
