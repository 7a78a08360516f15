import { asObject } from "../booth/state.js";
import type { Place } from "../protocol/ceremony.js";
import { arrayOf, stringOf, type Json } from "../protocol/jsontext.js";

export type CeremonyStep = "certificate" | "polynomial" | "share";
export const CEREMONY_STEPS: readonly CeremonyStep[] = ["certificate", "polynomial", "share"];
export type TrusteeStep = CeremonyStep | "wait" | "ready";

export interface PendingDecryption {
  readonly contest: string;
  readonly contestName: string;
  readonly electionRecord: string;
  readonly encryptedTally: string;
  readonly publicShare: string;
  readonly done: boolean;
}

/** What the portal says of the trustee's ceremony (GET etat.json). */
export interface TrusteeState {
  readonly station: { readonly code: string; readonly name: string };
  readonly election: string;
  readonly me: Place & { readonly name: string; readonly group: string };
  readonly step: TrusteeStep;
  readonly stepsDone: Readonly<Record<CeremonyStep, readonly number[]>>;
  readonly certificates: readonly string[] | undefined;
  readonly vinput: string | undefined;
  readonly voutput: string | undefined;
  readonly decryptions: readonly PendingDecryption[];
  readonly postUrl: string;
  readonly csrfToken: string;
}

/** Reads the state; raises when it is not one of version 1 or lacks a member. */
export function readTrusteeState(value: Json): TrusteeState {
  const state = asObject(value);
  if (state["format"] !== "isoloir-trustee-state" || state["version"] !== 1) throw new TypeError("another kind of state");
  const station = asObject(state["station"]);
  const me = asObject(state["me"]);
  const step = stringOf(state["step"]);
  if (![...CEREMONY_STEPS, "wait", "ready"].includes(step)) throw new TypeError("the step is unknown");
  const done = asObject(state["steps_done"]);
  const certificates = state["certificates"];
  return {
    station: { code: stringOf(station["code"]), name: stringOf(station["name"]) },
    election: stringOf(state["election"]),
    me: {
      name: stringOf(me["name"]),
      group: stringOf(me["group"]),
      index: numberOf(me["index"]),
      size: numberOf(me["size"]),
      threshold: numberOf(me["threshold"]),
    },
    step: step as TrusteeStep,
    stepsDone: { certificate: numbersOf(done["certificate"]), polynomial: numbersOf(done["polynomial"]), share: numbersOf(done["share"]) },
    certificates: Array.isArray(certificates) ? certificates.map((text) => stringOf(text)) : undefined,
    vinput: optionalText(state["vinput"]),
    voutput: optionalText(state["voutput"]),
    decryptions: arrayOf(state["decryptions"] ?? []).map(readDecryption),
    postUrl: stringOf(state["post_url"]),
    csrfToken: stringOf(state["csrf_token"]),
  };
}

/** What the trustee has to do, as a short text to compare two states by. */
export function dutyOf(state: TrusteeState): string {
  return `${state.step},${state.decryptions.map(({ done }) => Number(done)).join("")}`;
}

function readDecryption(value: Json): PendingDecryption {
  const work = asObject(value);
  return {
    contest: stringOf(work["contest"]),
    contestName: stringOf(work["contest_name"]),
    electionRecord: stringOf(work["election_record"]),
    encryptedTally: stringOf(work["encrypted_tally"]),
    publicShare: stringOf(work["public_share"]),
    done: work["done"] === true,
  };
}

function numberOf(value: Json | undefined): number {
  if (typeof value !== "number" || !Number.isSafeInteger(value)) throw new TypeError("a whole number was expected");
  return value;
}

function numbersOf(value: Json | undefined): number[] {
  return arrayOf(value ?? []).map((one) => numberOf(one));
}

function optionalText(value: Json | undefined): string | undefined {
  return typeof value === "string" ? value : undefined;
}
