import type { CandidateList } from "../protocol/candidates.js";
import { actionButton, element } from "../view/dom.js";
import { errorSummary } from "../view/errors.js";
import { icon } from "../view/icons.js";
import type { Booth } from "./application.js";
import { showReview } from "./reviewpage.js";
import type { BallotSheet } from "./sheet.js";

/** Step 3: all lists at once, in the drawn order, blank on the same page; nothing is preselected (R211-564). */
export function showChoose(booth: Booth, sheet: BallotSheet): void {
  const { say, state } = booth;
  const { contest, bundle } = sheet;
  const rank = state.contests.findIndex(({ uuid }) => uuid === contest.uuid) + 1;
  const seats = contest.seats === 1 ? say("contestSeatsOne") : say("contestSeats", { count: contest.seats });
  const isSigle = bundle.lists.every(({ kind }) => kind === "sigle");
  booth.frame.show({
    title: say("chooseTitle", { contest: contest.name }),
    kicker: `${say("chooseRank", { rank, total: state.contests.length })} · ${seats}`,
    steps: booth.steps(3),
    content: [
      element("p", { class: "lead" }, say(isSigle ? "chooseLeadSigle" : "chooseLead")),
      element("p", {}, bundle.order),
      chooseForm(booth, sheet),
    ],
  });
}

function chooseForm(booth: Booth, sheet: BallotSheet): HTMLFormElement {
  const { say } = booth;
  const summary = element("div");
  const lists = sheet.bundle.lists.map((list) => listItem(booth, sheet, list));
  const cards = element("ul", { class: "list-cards" }, ...lists, blankItem(booth, sheet));
  const form = element(
    "form",
    { novalidate: true, autocomplete: "off" },
    summary,
    element("fieldset", {}, element("legend", { class: "field__label" }, say("chooseLegend")), cards),
    element(
      "div",
      { class: "actions" },
      element("button", { type: "submit", class: "button" }, say("chooseSubmit")),
      actionButton(say("chooseBack"), () => { void booth.listContests(); }, "button--link"),
    ),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (sheet.choice === undefined) {
      const error = errorSummary(say("errorSummary"), [{ fieldId: radioId(1), sentence: say("chooseMissing") }]);
      summary.replaceChildren(error);
      error.focus();
    } else showReview(booth, sheet, sheet.choice);
  });
  return form;
}

function radioId(position: number): string {
  return `choice-${position}`;
}

function radio(sheet: BallotSheet, position: number): HTMLInputElement {
  const input = element("input", { type: "radio", name: "choice", id: radioId(position), value: position });
  input.checked = sheet.choice === position;
  input.addEventListener("change", () => { if (input.checked) sheet.choice = position; });
  return input;
}

function listItem(booth: Booth, sheet: BallotSheet, list: CandidateList): HTMLElement {
  const card = element("label", { class: "list-card" }, radio(sheet, list.position), ...listFace(list));
  return element("li", {}, element("div", { class: "list-sheet" }, card, listDetails(booth, list)));
}

function blankItem(booth: Booth, sheet: BallotSheet): HTMLElement {
  const card = element("label", { class: "list-card" }, radio(sheet, 0), ...blankFace(booth));
  return element("li", {}, element("div", { class: "list-sheet" }, card));
}

/** The same face for every list: a logo box, the name, the affiliation. */
export function listFace(list: CandidateList): HTMLElement[] {
  const logo = list.logo === "" ? undefined : element("img", { src: list.logo, alt: list.logoAlternative, width: 72, height: 72 });
  return face(logo, list.name, list.affiliation);
}

export function blankFace(booth: Booth): HTMLElement[] {
  return face(undefined, booth.say("chooseBlank"), booth.say("chooseBlankMeaning"));
}

function face(logo: HTMLImageElement | undefined, name: string, affiliation: string): HTMLElement[] {
  return [
    element("span", { class: "list-card__logo" }, logo),
    element(
      "span",
      {},
      element("span", { class: "list-card__name" }, name),
      " ",
      element("span", { class: "list-card__affiliation" }, affiliation),
    ),
  ];
}

function listDetails(booth: Booth, list: CandidateList): HTMLElement {
  const { say } = booth;
  const hidden = element("span", { class: "visually-hidden" }, say("chooseMoreOf", { name: list.name }));
  const label = say(list.candidates.length === 0 ? "chooseMoreSigle" : "chooseMore");
  const ranks = list.candidates.map(({ rank, name }) => element("li", { value: rank }, name));
  const candidates = ranks.length === 0 ? [] : [element("h2", {}, say("chooseCandidates")), element("ol", {}, ...ranks)];
  const paragraphs = list.statement.split("\n\n").filter((text) => text.trim() !== "");
  const statement = paragraphs.length === 0 ? [say("chooseNoStatement")] : paragraphs;
  return element(
    "details",
    { class: "list-sheet__details" },
    element("summary", {}, element("span", {}, label, hidden), icon("chevron-down")),
    element(
      "div",
      { class: "list-sheet__body" },
      ...candidates,
      element("h2", {}, say("chooseStatement")),
      ...statement.map((text) => element("p", {}, text)),
    ),
  );
}
