import { parseKey } from "../protocol/group.js";
import { integerOf, itemsOf, textOf, underCode, type Json } from "../protocol/jsontext.js";
import type { Replaced } from "../protocol/reissue.js";
import { asObject, optionalString } from "../booth/state.js";

/** A place of the voter: what the register says of it, and whether its key is to change. */
export interface Place extends Replaced {
  readonly code: string;
  readonly name: string;
  readonly change: boolean;
  /** Why the key stays, in the portal's words. */
  readonly reason: string | undefined;
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
  readonly places: readonly Place[];
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
    places: itemsOf(state["contests"], "state").map(readPlace),
    keysUrl: textOf(state["keys_url"], "state"),
    againUrl: textOf(state["again_url"], "state"),
    againQuestion: optionalString(state["again_question"]),
    boothUrl: textOf(state["booth_url"], "state"),
    homeUrl: textOf(state["home_url"], "state"),
    requestUrl: textOf(state["request_url"], "state"),
    placesUrl: optionalString(state["places_url"]),
  };
}

function readPlace(value: Json): Place {
  const place = asObject(value);
  return {
    uuid: textOf(place["uuid"], "state"),
    code: textOf(place["code"], "state"),
    name: textOf(place["name"], "state"),
    slot: textOf(place["slot"], "state"),
    generation: integerOf(place["generation"], "state", 0, 100),
    previous: parseKey(place["previous"]),
    change: place["change"] === true,
    reason: optionalString(place["reason"]),
  };
}
