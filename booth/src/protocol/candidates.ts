import { hexHash } from "./bytes.js";
import type { Election } from "./election.js";
import { ProtocolFault } from "./errors.js";
import { integerOf, itemsOf, membersOf, readCanonicalBytes, textOf, underCode, type Json } from "./jsontext.js";

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
  readonly contest: string;
  readonly order: string;
  readonly lists: readonly CandidateList[];
}

const CODE = "candidates-differ";
const LIST_MEMBERS = [
  "position", "kind", "name", "organisations", "affiliation", "logo", "logo_alt", "statement", "candidates",
];
const HASH = /^[0-9a-f]{64}$/;

/**
 * Reads the candidate bundle of an election, all or nothing: its bytes must hash to what the election
 * record binds, and its lists must be the answers of the question, in the same order (R211-564).
 */
export function readCandidates(election: Election, bytes: Uint8Array): CandidateBundle {
  if (election.candidatesHash === undefined || hexHash(bytes) !== election.candidatesHash) {
    throw new ProtocolFault(CODE, "The candidate bundle is not the one that the election binds.");
  }
  const bundle = underCode(CODE, "The candidate bundle is not of the agreed form.", () => readBundle(bytes));
  const [question] = election.questions;
  if (bundle.contest !== election.uuid || bundle.lists.length !== question?.answers.length) {
    throw new ProtocolFault(CODE, "The candidate bundle belongs to another contest.");
  }
  bundle.lists.forEach((list, rank) => {
    if (list.position !== rank + 1 || list.name !== question.answers[rank]) {
      throw new ProtocolFault(CODE, "The lists are not the answers of the question.");
    }
  });
  return bundle;
}

function readBundle(bytes: Uint8Array): CandidateBundle {
  const bundle = membersOf(readCanonicalBytes(bytes), "candidates", ["version", "contest", "order", "lists"]);
  const version = integerOf(bundle["version"], "version", 1, 2);
  return {
    contest: textOf(bundle["contest"], "contest"),
    order: textOf(bundle["order"], "order"),
    lists: itemsOf(bundle["lists"], "lists").map((list) => readList(list, version)),
  };
}

function readList(value: Json, version: number): CandidateList {
  const list = membersOf(value, "list", version === 1 ? LIST_MEMBERS : [...LIST_MEMBERS, "statement_pdf"]);
  if (version === 2 && list["statement_pdf"] !== null) readStatementFile(list["statement_pdf"] ?? null);
  return {
    position: integerOf(list["position"], "position", 1),
    kind: textOf(list["kind"], "kind", /^(?:list|sigle)$/) === "sigle" ? "sigle" : "list",
    name: textOf(list["name"], "name"),
    organisations: itemsOf(list["organisations"], "organisations").map((name) => textOf(name, "organisation")),
    affiliation: textOf(list["affiliation"], "affiliation"),
    // A picture comes with the bundle or not at all: the booth fetches nothing elsewhere.
    logo: textOf(list["logo"], "logo", /^(?:data:image\/png;base64,[A-Za-z0-9+/]+=*)?$/),
    logoAlternative: textOf(list["logo_alt"], "logo_alt"),
    statement: textOf(list["statement"], "statement"),
    candidates: itemsOf(list["candidates"], "candidates").map(readCandidate),
  };
}

/** The PDF of a statement is bound by its hash, and read elsewhere: the booth shows the text. */
function readStatementFile(value: Json): void {
  const file = membersOf(value, "statement_pdf", ["sha256", "size", "pages"]);
  textOf(file["sha256"], "sha256", HASH);
  integerOf(file["size"], "size", 1);
  integerOf(file["pages"], "pages", 1);
}

function readCandidate(value: Json): Candidate {
  const { rank, name } = membersOf(value, "candidate", ["rank", "name"]);
  return { rank: integerOf(rank, "rank", 1), name: textOf(name, "name") };
}
