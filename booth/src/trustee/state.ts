import { asObject } from "../booth/state.js";
import type { Place } from "../protocol/ceremony.js";
import { itemsOf, textOf, underCode, type Json } from "../protocol/jsontext.js";

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
  return underCode("state-form", "The portal's answer is not of the agreed form.", () => readState(value));
}

function readState(value: Json): TrusteeState {
  const state = asObject(value);
  if (state["format"] !== "isoloir-trustee-state" || state["version"] !== 1) throw new TypeError("another kind of state");
  const station = asObject(state["station"]);
  const me = asObject(state["me"]);
  const step = textOf(state["step"], "state");
  if (![...CEREMONY_STEPS, "wait", "ready"].includes(step)) throw new TypeError("the step is unknown");
  const done = asObject(state["steps_done"]);
  const certificates = state["certificates"];
  return {
    station: { code: textOf(station["code"], "state"), name: textOf(station["name"], "state") },
    election: textOf(state["election"], "state"),
    me: {
      name: textOf(me["name"], "state"),
      group: textOf(me["group"], "state"),
      index: numberOf(me["index"]),
      size: numberOf(me["size"]),
      threshold: numberOf(me["threshold"]),
    },
    step: step as TrusteeStep,
    stepsDone: { certificate: numbersOf(done["certificate"]), polynomial: numbersOf(done["polynomial"]), share: numbersOf(done["share"]) },
    certificates: Array.isArray(certificates) ? certificates.map((text) => textOf(text, "state")) : undefined,
    vinput: optionalText(state["vinput"]),
    voutput: optionalText(state["voutput"]),
    decryptions: itemsOf(state["decryptions"] ?? [], "state").map(readDecryption),
    postUrl: textOf(state["post_url"], "state"),
    csrfToken: textOf(state["csrf_token"], "state"),
  };
}

/** What the trustee has to do, as a short text to compare two states by. */
export function dutyOf(state: TrusteeState): string {
  return `${state.step},${state.decryptions.map(({ done }) => Number(done)).join("")}`;
}

function readDecryption(value: Json): PendingDecryption {
  const work = asObject(value);
  return {
    contest: textOf(work["contest"], "state"),
    contestName: textOf(work["contest_name"], "state"),
    electionRecord: textOf(work["election_record"], "state"),
    encryptedTally: textOf(work["encrypted_tally"], "state"),
    publicShare: textOf(work["public_share"], "state"),
    done: work["done"] === true,
  };
}

function numberOf(value: Json | undefined): number {
  if (typeof value !== "number" || !Number.isSafeInteger(value)) throw new TypeError("a whole number was expected");
  return value;
}

function numbersOf(value: Json | undefined): number[] {
  return itemsOf(value ?? [], "state").map((one) => numberOf(one));
}

function optionalText(value: Json | undefined): string | undefined {
  return typeof value === "string" ? value : undefined;
}
