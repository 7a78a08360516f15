import { groupCode } from "../protocol/credentials.js";
import { readTyped } from "../protocol/typedcode.js";
import { codeInput } from "../booth/codefield.js";
import { actionButton, element, factList, notice, trackerText } from "../view/dom.js";
import { icon } from "../view/icons.js";
import { showAgain } from "./againpage.js";
import type { ReissueRoom } from "./application.js";

const CHECK = "code-check";

/** The code is masked: noted, and the vote can begin; or the time ran out, and it can be seen once more. */
export function showReady(room: ReissueRoom, isNoted: boolean): void {
  const { say } = room;
  const masked = element("p", { class: "new-code new-code--masked" }, room.code?.masked() ?? "");
  room.frame.show({
    title: say(isNoted ? "readyTitle" : "maskedTitle"),
    content: [
      isNoted ? notice("success", say("readyLead")) : notice("warning", say("maskedLead")),
      element("p", { class: "visually-hidden" }, say("maskedSaid")),
      markHidden(masked),
      isNoted ? readyActions(room) : maskedActions(room),
      checkForm(room),
      placesPart(room),
    ],
  });
}

/** Dots are for the eye alone. */
function markHidden(masked: HTMLElement): HTMLElement {
  masked.setAttribute("aria-hidden", "true");
  return masked;
}

function maySeeAgain(room: ReissueRoom): boolean {
  return room.state.againQuestion !== undefined && !room.wasShownAgain && room.code !== undefined;
}

function readyActions(room: ReissueRoom): HTMLElement {
  const { say, state } = room;
  const again = maySeeAgain(room) ? actionButton(say("again"), () => { showAgain(room, true); }, "button--link") : undefined;
  return element(
    "div",
    {},
    element("p", {}, say("readyNext")),
    element("div", { class: "actions" }, element("a", { class: "button button--large", href: state.boothUrl }, say("toBooth")), again),
  );
}

function maskedActions(room: ReissueRoom): HTMLElement {
  const { say, state } = room;
  const noted = actionButton(say("codeNoted"), () => { room.mask(true); }, "button--secondary");
  if (maySeeAgain(room)) {
    const again = actionButton(say("again"), () => { showAgain(room, false); });
    return element("div", {}, element("p", {}, say("maskedAgain")), element("div", { class: "actions" }, again, noted));
  }
  const another = element("a", { class: "button button--link", href: state.requestUrl }, say("askAnother"));
  noted.classList.remove("button--secondary");
  return element("div", {}, element("p", {}, say("maskedOver")), element("div", { class: "actions" }, noted, another));
}

/** « Retapez votre code »: compared here, sent nowhere. Which group differs is said, and no more. */
function checkForm(room: ReissueRoom): HTMLElement | undefined {
  const { say } = room;
  if (room.code === undefined) return undefined;
  const input = codeInput(CHECK, `${CHECK}-hint`, () => undefined);
  const verdict = element("p", { class: "progress", role: "status" });
  const form = element(
    "form",
    { novalidate: true, autocomplete: "off" },
    element(
      "div",
      { class: "field" },
      element("label", { class: "field__label", for: CHECK }, say("checkLabel")),
      element("p", { class: "field__hint", id: `${CHECK}-hint` }, say("checkHint")),
      element("div", { class: "code-field" }, input),
    ),
    element("button", { type: "submit", class: "button button--secondary" }, say("checkSubmit")),
    verdict,
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    verdict.textContent = compare(room, input.value);
  });
  const summary = element("summary", {}, element("span", {}, say("checkTitle")), icon("chevron-down"));
  return element("details", { class: "disclosure" }, summary, form);
}

function compare(room: ReissueRoom, typed: string): string {
  const { say } = room;
  const given = groupCode(readTyped(typed).bare).split("-");
  const expected = (room.code?.read() ?? "").split("-");
  if (given.join("") === "") return say("checkMissing");
  const differing = expected.flatMap((group, rank) => (group === given[rank] ? [] : [rank + 1]));
  if (differing.length === 0 && given.length === expected.length) return say("checkRight");
  const [first = expected.length] = differing;
  return say("checkWrong", { group: first });
}

/** Where the new keys stand in the public registers: no secret, to be noted for a later check. */
function placesPart({ say, state }: ReissueRoom): HTMLElement {
  const facts = state.contests.flatMap(({ name, replaced }) => {
    if (replaced === undefined) return [];
    const { slot, generation } = replaced;
    return [[name, element("span", {}, trackerText(slot), " ", say("placeGeneration", { generation }))] as const];
  });
  const link = state.placesUrl === undefined ? undefined : element("p", {}, element("a", { href: state.placesUrl }, say("placesLink")));
  return element("section", {}, element("h2", {}, say("placesTitle")), element("p", {}, say("placesMeaning")), factList(facts), link);
}
