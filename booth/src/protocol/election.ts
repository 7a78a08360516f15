import { base64Hash } from "./bytes.js";
import { ProtocolFault } from "./errors.js";
import { GROUP_NAME, NEUTRAL, parseElement, type Element } from "./group.js";
import { arrayOf, decodeUtf8, readCanonical, stringOf, type Json, type JsonObject } from "./jsontext.js";

export interface Question {
  readonly question: string;
  readonly answers: readonly string[];
  readonly blank: boolean;
  readonly minimum: number;
  readonly maximum: number;
}

/** An election record as it was read; `fingerprint` is the b64-hash of its exact bytes. */
export interface Election {
  readonly fingerprint: string;
  readonly uuid: string;
  readonly name: string;
  readonly publicKey: Element;
  readonly questions: readonly Question[];
  /** Hex SHA-256 of the candidate bundle that the fingerprint binds, when there is one. */
  readonly candidatesHash: string | undefined;
}

/** Reads the exact bytes of an election record (Belenios version 1, homomorphic questions, Ed25519). */
export function readElection(bytes: Uint8Array): Election {
  const record = readCanonical(decodeUtf8(bytes));
  if (typeof record !== "object" || record === null || Array.isArray(record)) {
    throw new ProtocolFault("election-form", "The election record must be an object.");
  }
  if (record["version"] !== 1 || record["group"] !== GROUP_NAME) {
    throw new ProtocolFault("election-form", "Only version 1 elections in Ed25519 are supported.");
  }
  const uuid = stringOf(record["uuid"], "election-form");
  if (!/^[1-9A-HJ-NP-Za-km-z]{14,}$/.test(uuid)) {
    throw new ProtocolFault("election-form", "The identifier of the election must be Base58.");
  }
  const publicKey = parseElement(record["public_key"]);
  if (publicKey.equals(NEUTRAL)) {
    throw new ProtocolFault("election-key", "The public key of the election hides nothing.");
  }
  return {
    fingerprint: base64Hash(bytes),
    uuid,
    name: stringOf(record["name"], "election-form"),
    publicKey,
    questions: arrayOf(record["questions"], undefined, "election-form").map(readQuestion),
    candidatesHash: readCandidatesHash(record),
  };
}

function readQuestion(value: Json): Question {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new ProtocolFault("election-form", "A question must be an object.");
  }
  const minimum = value["min"];
  const maximum = value["max"];
  const blank = value["blank"] ?? false;
  const answers = arrayOf(value["answers"], undefined, "election-form").map((answer) => stringOf(answer, "election-form"));
  if (!isCount(minimum) || !isCount(maximum) || minimum > maximum || maximum > answers.length || typeof blank !== "boolean") {
    throw new ProtocolFault("election-form", "A question must say how many answers may be chosen.");
  }
  return { question: stringOf(value["question"], "election-form"), answers, blank, minimum, maximum };
}

function isCount(value: Json | undefined): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

function readCandidatesHash(record: JsonObject): string | undefined {
  const candidates = record["candidates"];
  if (candidates === undefined) return undefined;
  if (typeof candidates !== "object" || candidates === null || Array.isArray(candidates)) {
    throw new ProtocolFault("election-form", "The member “candidates” must be an object.");
  }
  return stringOf(candidates["sha256"], "election-form");
}
