import { itemsOf, textOf, underCode, type Json, type JsonObject } from "../protocol/jsontext.js";

export type ContestState = "to_vote" | "voted" | "not_open" | "closed" | "suspended";
const CONTEST_STATES: readonly string[] = ["to_vote", "voted", "not_open", "closed", "suspended"];

export interface VoterContest {
  readonly uuid: string;
  readonly code: string;
  readonly name: string;
  readonly seats: number;
  readonly state: ContestState;
  readonly votedAtText: string | undefined;
  readonly fingerprint: string | undefined;
  readonly electionUrl: string;
  readonly candidatesUrl: string;
  readonly castUrl: string;
}

/** What the portal says of the voter when the booth opens (GET etat.json). */
export interface VoterState {
  readonly electionName: string;
  readonly now: string;
  readonly opensAt: string;
  readonly closesAt: string;
  readonly graceEndsAt: string;
  readonly challenge: string;
  readonly receiptKey: string;
  readonly csrfToken: string;
  readonly contests: readonly VoterContest[];
  readonly possessionUrl: string;
  readonly receiptPdfUrl: string;
  readonly homeUrl: string;
  readonly verifyUrl: string;
  /** A CAPTCHA is asked with the next code; another challenge is had at the address. */
  readonly asksCaptcha: boolean;
  readonly captchaUrl: string | undefined;
  /** Where another code is asked for, or from when that is possible. */
  readonly reissueUrl: string | undefined;
  readonly reissueOpensText: string | undefined;
}

/** Reads the state; raises when a needed member is absent. Members unknown here are left alone. */
export function readVoterState(value: Json): VoterState {
  return underCode("state-form", "The portal's answer is not of the agreed form.", () => readState(value));
}

function readState(value: Json): VoterState {
  const state = asObject(value);
  const voting = asObject(state["voting"]);
  return {
    electionName: textOf(asObject(state["election"])["name"], "state"),
    now: textOf(state["now"], "state"),
    opensAt: textOf(voting["opens_at"], "state"),
    closesAt: textOf(voting["closes_at"], "state"),
    graceEndsAt: textOf(voting["grace_ends_at"], "state"),
    challenge: textOf(state["challenge"], "state"),
    receiptKey: textOf(state["receipt_key"], "state"),
    csrfToken: textOf(state["csrf_token"], "state"),
    contests: itemsOf(state["contests"], "state").map(readContest),
    possessionUrl: textOf(state["possession_url"], "state"),
    receiptPdfUrl: textOf(state["receipt_pdf_url"], "state"),
    homeUrl: textOf(state["home_url"], "state"),
    verifyUrl: textOf(state["verify_url"], "state"),
    asksCaptcha: state["captcha"] === true,
    captchaUrl: optionalString(state["captcha_url"]),
    reissueUrl: optionalString(state["reissue_url"]),
    reissueOpensText: optionalString(state["reissue_opens_text"]),
  };
}

function readContest(value: Json): VoterContest {
  const contest = asObject(value);
  const state = textOf(contest["state"], "state");
  const seats = contest["seats"];
  if (!CONTEST_STATES.includes(state) || typeof seats !== "number") throw new TypeError("the contest's state is unknown");
  return {
    uuid: textOf(contest["uuid"], "state"),
    code: textOf(contest["code"], "state"),
    name: textOf(contest["name"], "state"),
    seats,
    state: state as ContestState,
    votedAtText: optionalString(contest["voted_at_text"]),
    fingerprint: optionalString(contest["fingerprint"]),
    electionUrl: textOf(contest["election_url"], "state"),
    candidatesUrl: textOf(contest["candidates_url"], "state"),
    castUrl: textOf(contest["cast_url"], "state"),
  };
}

export function optionalString(value: Json | undefined): string | undefined {
  return typeof value === "string" ? value : undefined;
}

export function asObject(value: Json | undefined): JsonObject {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new TypeError("an object was expected");
  return value;
}
