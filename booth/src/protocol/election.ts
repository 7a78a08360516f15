import { base64Hash } from "./bytes.js";
import { checkUuid } from "./credentials.js";
import { ProtocolFault } from "./errors.js";
import { GROUP_NAME, parseKey, type Element } from "./group.js";
import { booleanOf, integerOf, itemsOf, lengthFault, membersOf, readCanonicalBytes, textOf, type Json, type JsonObject } from "./jsontext.js";

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

const REQUIRED = ["version", "description", "name", "group", "public_key", "questions", "uuid"];
const OPTIONAL = ["administrator", "credential_authority", "language", "contest", "candidates"];
const MOST_ANSWERS = 1000;
const MOST_QUESTIONS = 100;

/** Reads the exact bytes of an election record (§4): version 1, homomorphic questions, Ed25519. */
export function readElection(bytes: Uint8Array): Election {
  const record = membersOf(readCanonicalBytes(bytes), "election", REQUIRED, OPTIONAL);
  if (record["version"] !== 1) throw new ProtocolFault("unknown-version", "The version of the record is not 1.");
  if (textOf(record["group"], "group") !== GROUP_NAME) throw new ProtocolFault("unknown-group", "The group is not Ed25519.");
  const questions = itemsOf(record["questions"], "questions");
  if (questions.length < 1 || questions.length > MOST_QUESTIONS) throw lengthFault("questions");
  checkTexts(record);
  return {
    fingerprint: base64Hash(bytes),
    uuid: checkUuid(record["uuid"]),
    name: textOf(record["name"], "name"),
    publicKey: parseKey(record["public_key"]),
    questions: questions.map(readQuestion),
    candidatesHash: readCandidatesHash(record["candidates"]),
  };
}

/** Members that are bound by the fingerprint but not used here: they must still be of their form. */
function checkTexts(record: JsonObject): void {
  textOf(record["description"], "description");
  for (const member of ["administrator", "credential_authority"]) textOf(record[member] ?? (member in record ? null : ""), member);
  const { contest } = record;
  if (contest === undefined) return;
  const { code, name, election, seats } = membersOf(contest, "contest", ["code", "name", "election", "seats"]);
  for (const text of [code, name, election]) textOf(text, "contest");
  integerOf(seats, "seats", 0);
}

function readQuestion(value: Json): Question {
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
  if (isObject && "type" in value) throw new ProtocolFault("unknown-question-type", "Only homomorphic questions are read.");
  const blankMember = isObject && "blank" in value ? ["blank"] : [];
  const question = membersOf(value, "question", ["answers", ...blankMember, "min", "max", "question"]);
  const answers = itemsOf(question["answers"], "answers").map((answer) => textOf(answer, "answer"));
  if (answers.length < 1 || answers.length > MOST_ANSWERS) throw lengthFault("answers");
  const minimum = integerOf(question["min"], "min", 0, MOST_ANSWERS);
  const maximum = integerOf(question["max"], "max", 0, MOST_ANSWERS);
  if (minimum > maximum || maximum > answers.length || maximum === 0) {
    throw new ProtocolFault("bad-bounds", "The bounds of a question do not fit.");
  }
  const blank = booleanOf(question["blank"] ?? false, "blank");
  return { question: textOf(question["question"], "question"), answers, blank, minimum, maximum };
}

function readCandidatesHash(candidates: Json | undefined): string | undefined {
  if (candidates === undefined) return undefined;
  return textOf(membersOf(candidates, "candidates", ["sha256"])["sha256"], "sha256", /^[0-9a-f]{64}$/);
}
