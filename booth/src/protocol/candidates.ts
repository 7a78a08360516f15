import { hexHash } from "./bytes.js";
import type { Election } from "./election.js";
import { ProtocolFault } from "./errors.js";
import { arrayOf, decodeUtf8, exactMembers, readCanonical, stringOf, type Json } from "./jsontext.js";

export interface Candidate {
  readonly rank: number;
  readonly name: string;
}

export interface CandidateList {
  readonly position: number;
  readonly kind: "list" | "sigle";
  readonly name: string;
  readonly organisations: readonly string[];
  readonly affiliation: string;
  readonly logo: string;
  readonly logoAlternative: string;
  readonly statement: string;
  readonly candidates: readonly Candidate[];
}

export interface CandidateBundle {
  readonly order: string;
  readonly lists: readonly CandidateList[];
}

const CODE = "candidates-differ";
const LIST_MEMBERS = [
  "position", "kind", "name", "organisations", "affiliation", "logo", "logo_alt", "statement", "candidates",
];

/**
 * Reads the candidate bundle of an election, all or nothing: its bytes must hash to what the election
 * record binds, and its lists must be the answers of the question, in the same order (R211-564).
 */
export function readCandidates(election: Election, bytes: Uint8Array): CandidateBundle {
  if (election.candidatesHash === undefined || hexHash(bytes) !== election.candidatesHash) {
    throw new ProtocolFault(CODE, "The candidate bundle is not the one that the election binds.");
  }
  const members = ["version", "contest", "order", "lists"];
  const bundle = exactMembers(readCanonical(decodeUtf8(bytes)), members, CODE);
  const question = election.questions[0];
  if (bundle["version"] !== 1 || bundle["contest"] !== election.uuid || question === undefined) {
    throw new ProtocolFault(CODE, "The candidate bundle belongs to another contest.");
  }
  const lists = arrayOf(bundle["lists"], question.answers.length, CODE).map(readList);
  lists.forEach((list, rank) => {
    if (list.position !== rank + 1 || list.name !== question.answers[rank]) {
      throw new ProtocolFault(CODE, "The lists are not the answers of the question.");
    }
  });
  return { order: stringOf(bundle["order"], CODE), lists };
}

function readList(value: Json): CandidateList {
  const list = exactMembers(value, LIST_MEMBERS, CODE);
  const { position, kind, logo } = list;
  if (typeof position !== "number" || (kind !== "list" && kind !== "sigle")) {
    throw new ProtocolFault(CODE, "A list lacks its position or its kind.");
  }
  if (typeof logo !== "string" || !/^(data:image\/png;base64,[A-Za-z0-9+/]+=*)?$/.test(logo)) {
    throw new ProtocolFault(CODE, "A logo must be a PNG image inside the bundle.");
  }
  return {
    position,
    kind,
    logo,
    name: stringOf(list["name"], CODE),
    organisations: arrayOf(list["organisations"], undefined, CODE).map((name) => stringOf(name, CODE)),
    affiliation: stringOf(list["affiliation"], CODE),
    logoAlternative: stringOf(list["logo_alt"], CODE),
    statement: stringOf(list["statement"], CODE),
    candidates: arrayOf(list["candidates"], undefined, CODE).map(readCandidate),
  };
}

function readCandidate(value: Json): Candidate {
  const { rank, name } = exactMembers(value, ["rank", "name"], CODE);
  if (typeof rank !== "number") throw new ProtocolFault(CODE, "A candidate lacks a rank.");
  return { rank, name: stringOf(name, CODE) };
}
