import type { Answer } from "./answers.js";
import { publicCredential } from "../../src/protocol/credentials.js";
import { parseKey } from "../../src/protocol/group.js";
import { reissueMessage } from "../../src/protocol/reissue.js";
import { verifyMessage } from "../../src/protocol/signatures.js";

/** What the page of new codes meets on purpose. */
export interface ReissueMisbehaviour {
  /** Sendings whose connection is cut: taken, but never answered. */
  lostKeys?: number;
  /** Refusal given to the sendings, and the seconds to wait. */
  refuseKeys?: string;
  refuseWait?: number;
  /** Refusal given when the page opens. */
  refuseState?: string;
  stage?: string;
  seconds?: number;
  noQuestion?: boolean;
  nothing?: boolean;
}

const SLOTS = ["5PMmCjLDVmmsNUXy8YtJ2E", "A7gMr9FoTeeBywv3f2YEZ4", "wDpGkzNmXUeR3sYv7JqHbT"] as const;
const CONTESTS = [
  ["ZpMNkgxbX6wNrYCSAMNZZZZ", "CSA-MIN", "Comité social d’administration ministériel"],
  ["ZpMNkgxbX6wNrYCAPAECZZZ", "CAPA-EC", "Commission administrative paritaire académique des enseignants"],
  ["ZpMNkgxbX6wNrYCCPSGZZZZ", "CCP-SG", "Commission consultative paritaire"],
] as const;
/** The secrets of the keys that are replaced: a test may know them. */
const PREVIOUS_SECRETS = [11n, 12n, 13n] as const;
export const RIGHT_ANSWER = "Dacia";

/** A portal of test for the page of new codes: it checks each proof over the text that is signed. */
export class ReissuePortal {
  misbehaviour: ReissueMisbehaviour = {};
  private taken = "";
  private isSeenAgain = false;

  reset(): void {
    this.misbehaviour = {};
    this.taken = "";
    this.isSeenAgain = false;
  }

  answer(method: string, path: string, body: Buffer): Answer | undefined {
    if (path === "/vote/code/nouveau/etat.json") return this.stateAnswer();
    if (method !== "POST") return undefined;
    if (path === "/vote/code/nouveau/cles/") return this.keys(body.toString("utf8"));
    return path === "/vote/code/nouveau/revoir/" ? this.again(body.toString("utf8")) : undefined;
  }

  private stateAnswer(): Answer {
    const { refuseState, stage = "linked", seconds = 120, noQuestion, nothing } = this.misbehaviour;
    if (refuseState !== undefined) return json(409, { error: refuseState, message: "", url: "/vote/code/reassort/" });
    return json(200, {
      csrf_token: "jeton-d-essai", language: "fr", now: "2026-12-03T08:00:00Z", state: stage, seconds, limit: 3, used: 1,
      expires_at: "2026-12-03T09:00:00Z", expires_text: "jeudi 3 décembre 2026 à 10 h (heure de Paris)",
      contests: CONTESTS.map((_, rank) => place(rank, rank < 2 && nothing !== true)),
      keys_url: "/vote/code/nouveau/cles/", again_url: "/vote/code/nouveau/revoir/",
      again_question: noQuestion ? null : "Quelle était la marque de votre première voiture ?",
      booth_url: "/vote/", home_url: "/espace/", request_url: "/vote/code/reassort/", places_url: "/vote/code/places/",
    });
  }

  private keys(body: string): Answer {
    const { lostKeys = 0, refuseKeys, refuseWait = 0 } = this.misbehaviour;
    if (refuseKeys !== undefined) return json(refuseKeys === "registrar_away" ? 503 : 409, { error: refuseKeys, message: "", wait: refuseWait });
    const { keys } = JSON.parse(body) as { keys: { contest: string; key: string; possession: unknown }[] };
    if (keys.length !== 2 || (this.taken !== "" && this.taken !== body)) return json(409, { error: "keys_refused", message: "" });
    for (const { contest, key, possession } of keys) {
      const rank = CONTESTS.findIndex(([uuid]) => uuid === contest);
      const previous = parseKey(publicCredential(PREVIOUS_SECRETS[rank] ?? 0n));
      const message = reissueMessage({ uuid: contest, slot: SLOTS[rank] ?? "", generation: 2, previous }, parseKey(key));
      verifyMessage(parseKey(key), message, possession);
    }
    this.taken = body;
    if (lostKeys > 0) {
      this.misbehaviour.lostKeys = lostKeys - 1;
      return { status: 0, type: "", body: "" };
    }
    return json(200, { ok: true });
  }

  private again(body: string): Answer {
    if (this.isSeenAgain) return json(409, { error: "again_used", message: "" });
    if ((JSON.parse(body) as { answer: string }).answer !== RIGHT_ANSWER) return json(403, { error: "proof_refused", message: "" });
    this.isSeenAgain = true;
    return json(200, { ok: true });
  }
}

function place(rank: number, change: boolean): unknown {
  const [uuid, code, name] = CONTESTS[rank] ?? CONTESTS[0];
  const secret = PREVIOUS_SECRETS[rank] ?? 0n;
  if (!change) return { uuid, code, name, slot: "", generation: 0, previous: "", change, reason: "voted" };
  return { uuid, code, name, slot: SLOTS[rank], generation: 2, previous: publicCredential(secret), change, reason: "" };
}

function json(status: number, value: unknown): Answer {
  return { status, type: "application/json", body: JSON.stringify(value) };
}
