import { arrayOf, stringOf, type Json, type JsonObject } from "../protocol/jsontext.js";

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
}

/** Reads the state; raises when a needed member is absent. Members unknown here are left alone. */
export function readVoterState(value: Json): VoterState {
  const state = asObject(value);
  const voting = asObject(state["voting"]);
  return {
    electionName: stringOf(asObject(state["election"])["name"]),
    now: stringOf(state["now"]),
    opensAt: stringOf(voting["opens_at"]),
    closesAt: stringOf(voting["closes_at"]),
    graceEndsAt: stringOf(voting["grace_ends_at"]),
    challenge: stringOf(state["challenge"]),
    receiptKey: stringOf(state["receipt_key"]),
    csrfToken: stringOf(state["csrf_token"]),
    contests: arrayOf(state["contests"]).map(readContest),
    possessionUrl: stringOf(state["possession_url"]),
    receiptPdfUrl: stringOf(state["receipt_pdf_url"]),
    homeUrl: stringOf(state["home_url"]),
    verifyUrl: stringOf(state["verify_url"]),
  };
}

function readContest(value: Json): VoterContest {
  const contest = asObject(value);
  const state = stringOf(contest["state"]);
  const seats = contest["seats"];
  if (!CONTEST_STATES.includes(state) || typeof seats !== "number") throw new TypeError("the contest's state is unknown");
  return {
    uuid: stringOf(contest["uuid"]),
    code: stringOf(contest["code"]),
    name: stringOf(contest["name"]),
    seats,
    state: state as ContestState,
    votedAtText: optionalString(contest["voted_at_text"]),
    fingerprint: optionalString(contest["fingerprint"]),
    electionUrl: stringOf(contest["election_url"]),
    candidatesUrl: stringOf(contest["candidates_url"]),
    castUrl: stringOf(contest["cast_url"]),
  };
}

function optionalString(value: Json | undefined): string | undefined {
  return typeof value === "string" ? value : undefined;
}

export function asObject(value: Json | undefined): JsonObject {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new TypeError("an object was expected");
  return value;
}
