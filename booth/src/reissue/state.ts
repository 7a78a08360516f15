import { parseKey } from "../protocol/group.js";
import { integerOf, itemsOf, textOf, underCode, type Json, type JsonObject } from "../protocol/jsontext.js";
import type { Replaced } from "../protocol/reissue.js";
import { asObject, optionalString } from "../booth/state.js";

/** Why a key stays as it is. */
export type ReasonToStay = "voted" | "closed" | "not_issued";
const REASONS: readonly string[] = ["voted", "closed", "not_issued"];

/** A contest of the voter: the place whose key is to change, or why it stays. */
export interface ReissueContest {
  readonly name: string;
  readonly replaced: Replaced | undefined;
  readonly reason: ReasonToStay | undefined;
}

/** Where the re-issue stands: nothing sent, sent and being signed, done. */
export type ReissueStage = "linked" | "changing" | "live";

/** What the portal says when the page opens (GET etat.json). */
export interface ReissueState {
  readonly csrfToken: string;
  readonly stage: ReissueStage;
  readonly seconds: number;
  readonly limit: number;
  readonly used: number;
  readonly expiresText: string | undefined;
  readonly contests: readonly ReissueContest[];
  readonly keysUrl: string;
  readonly againUrl: string;
  readonly againQuestion: string | undefined;
  readonly boothUrl: string;
  readonly homeUrl: string;
  readonly requestUrl: string;
  readonly placesUrl: string | undefined;
}

/** Reads the state; raises when a needed member is absent. Members unknown here are left alone. */
export function readReissueState(value: Json): ReissueState {
  return underCode("state-form", "The portal's answer is not of the agreed form.", () => readState(value));
}

function readState(value: Json): ReissueState {
  const state = asObject(value);
  const stage = optionalString(state["state"]);
  return {
    csrfToken: textOf(state["csrf_token"], "state"),
    stage: stage === "changing" || stage === "live" ? stage : "linked",
    seconds: integerOf(state["seconds"], "state", 20, 3600),
    limit: integerOf(state["limit"], "state", 1, 100),
    used: integerOf(state["used"], "state", 0, 100),
    expiresText: optionalString(state["expires_text"]),
    contests: itemsOf(state["contests"], "state").map(readContest),
    keysUrl: textOf(state["keys_url"], "state"),
    againUrl: textOf(state["again_url"], "state"),
    againQuestion: optionalString(state["again_question"]),
    boothUrl: textOf(state["booth_url"], "state"),
    homeUrl: textOf(state["home_url"], "state"),
    requestUrl: textOf(state["request_url"], "state"),
    placesUrl: optionalString(state["places_url"]),
  };
}

function readContest(value: Json): ReissueContest {
  const contest = asObject(value);
  const reason = optionalString(contest["reason"]) ?? "";
  return {
    name: textOf(contest["name"], "state"),
    replaced: contest["change"] === true ? readReplaced(contest) : undefined,
    reason: REASONS.includes(reason) ? (reason as ReasonToStay) : undefined,
  };
}

function readReplaced(contest: JsonObject): Replaced {
  return {
    uuid: textOf(contest["uuid"], "state"),
    slot: textOf(contest["slot"], "state"),
    generation: integerOf(contest["generation"], "state", 1, 100),
    previous: parseKey(contest["previous"]),
  };
}
