import { base64Hash } from "./bytes.js";
import { pairText, type Ciphertext } from "./ballots.js";
import type { Election, Question } from "./election.js";
import { ProtocolFault } from "./errors.js";
import {
  GENERATOR,
  NEUTRAL,
  elementTexts,
  generatorPower,
  hashToScalar,
  modOrder,
  parseElement,
  parseKey,
  publicPower,
  type Element,
} from "./group.js";
import { canonical, itemsOf, lengthFault, membersOf, readCanonicalBytes, textOf, type Json } from "./jsontext.js";
import { readProof, type ProofScalars } from "./proofs.js";
import { verifyKnowledge } from "./signatures.js";

/** What a ballot that passed every check says; only `verifyBallot` makes one. */
export interface VerifiedBallot {
  readonly credential: string;
  readonly tracker: string;
  readonly electionFingerprint: string;
  readonly ciphertexts: readonly (readonly Ciphertext[])[];
}

interface Pair {
  readonly alpha: Element;
  readonly beta: Element;
}

const MEMBERS = ["election_uuid", "election_hash", "credential", "answers", "signature"];

/** Checks a ballot as strictly as the portal does (§8); raises `ProtocolFault` naming the first fault. */
export function verifyBallot(election: Election, bytes: Uint8Array): VerifiedBallot {
  const ballot = membersOf(readCanonicalBytes(bytes), "ballot", MEMBERS);
  if (textOf(ballot["election_uuid"], "election_uuid") !== election.uuid) {
    throw new ProtocolFault("wrong-election", "The ballot belongs to another election.");
  }
  if (textOf(ballot["election_hash"], "election_hash") !== election.fingerprint) {
    throw new ProtocolFault("wrong-fingerprint", "The ballot bears the fingerprint of another election record.");
  }
  const values = itemsOf(ballot["answers"], "answers", election.questions.length);
  const answers = election.questions.map((question, rank) => readAnswer(question, values[rank] ?? null));
  const credential = parseKey(ballot["credential"]);
  const { signature, ...unsigned } = ballot;
  checkSignature(credential, canonical(unsigned), signature ?? null);
  const credentialText = textOf(ballot["credential"], "credential");
  const bond = `${election.fingerprint}|${credentialText}`;
  answers.forEach((answer) => { checkAnswer(election.publicKey, answer, bond); });
  return {
    credential: credentialText,
    tracker: base64Hash(bytes),
    electionFingerprint: election.fingerprint,
    ciphertexts: answers.map(({ choices }) => choices),
  };
}

function checkSignature(credential: Element, unsigned: string, value: Json): void {
  const signature = membersOf(value, "signature", ["hash", "proof"]);
  const hash = base64Hash(unsigned);
  if (textOf(signature["hash"], "hash") !== hash) throw new ProtocolFault("wrong-hash", "The signed hash is not that of the ballot.");
  verifyKnowledge(credential, `sig|${hash}|`, signature["proof"], "wrong-signature");
}

/** The answer to one question: of the right form, nothing proved yet. */
interface ReadAnswer {
  readonly question: Question;
  readonly choices: readonly Ciphertext[];
  readonly points: readonly Pair[];
  readonly individual: readonly (readonly ProofScalars[])[];
  readonly overall: readonly ProofScalars[];
  readonly blank: readonly ProofScalars[] | undefined;
}

function readAnswer(question: Question, value: Json): ReadAnswer {
  const blankMember = question.blank ? ["blank_proof"] : [];
  const answer = membersOf(value, "answer", ["choices", "individual_proofs", "overall_proof", ...blankMember]);
  const size = question.answers.length + blankMember.length;
  const cases = question.maximum - question.minimum + 1 + blankMember.length;
  const choices = itemsOf(answer["choices"], "choices", size).map(readCiphertext);
  return {
    question,
    choices,
    points: choices.map(({ alpha, beta }) => ({ alpha: parseElement(alpha), beta: parseElement(beta) })),
    individual: itemsOf(answer["individual_proofs"], "individual_proofs", size).map((proofs) => readProofs(proofs, 2)),
    overall: readProofs(answer["overall_proof"], cases),
    blank: question.blank ? readProofs(answer["blank_proof"], 2) : undefined,
  };
}

function readProofs(value: Json | undefined, length: number): ProofScalars[] {
  return itemsOf(value, "proofs", length).map(readProof);
}

function checkAnswer(publicKey: Element, answer: ReadAnswer, bond: string): void {
  answer.points.forEach((pair, rank) => {
    const prefix = `prove|${bond}|${pairText(answer.choices[rank])}|`;
    checkDisjunction(publicKey, [pair, shifted(pair, 1)], answer.individual[rank] ?? [], prefix, "wrong-individual-proof");
  });
  checkSum(publicKey, answer, `${bond}|${answer.choices.map(pairText).join(",")}`);
}

function checkSum(publicKey: Element, { question, points, overall, blank: blankProof }: ReadAnswer, bonds: string): void {
  const blank = question.blank ? points[0] : undefined;
  const sum = product(question.blank ? points.slice(1) : points);
  const range: Pair[] = [];
  for (let total = question.minimum; total <= question.maximum; total += 1) range.push(shifted(sum, total));
  if (blank === undefined || blankProof === undefined) {
    const sumText = elementTexts([sum.alpha, sum.beta]).join(",");
    checkDisjunction(publicKey, range, overall, `prove|${bonds}|${sumText}|`, "wrong-overall-proof");
    return;
  }
  checkDisjunction(publicKey, [blank, sum], blankProof, `bproof0|${bonds}|`, "wrong-blank-proof");
  checkDisjunction(publicKey, [shifted(blank, 1), ...range], overall, `bproof1|${bonds}|`, "wrong-overall-proof");
}

/** At least one of the pairs encrypts 0: commitments A = g^r·alpha^c, B = y^r·beta^c, and H = Σ c. */
function checkDisjunction(
  publicKey: Element,
  pairs: readonly Pair[],
  proofs: readonly ProofScalars[],
  prefix: string,
  code: string,
): void {
  let total = 0n;
  const commitments = pairs.flatMap(({ alpha, beta }, rank) => {
    const proof = proofs[rank];
    if (proof === undefined) throw lengthFault("proofs");
    total += proof.challenge;
    return [
      generatorPower(proof.response).add(publicPower(alpha, proof.challenge)),
      publicPower(publicKey, proof.response).add(publicPower(beta, proof.challenge)),
    ];
  });
  if (hashToScalar(prefix, elementTexts(commitments)) !== modOrder(total)) {
    throw new ProtocolFault(code, "A proof of the ballot is wrong.");
  }
}

function readCiphertext(value: Json): Ciphertext {
  const { alpha, beta } = membersOf(value, "choice", ["alpha", "beta"]);
  if (typeof alpha !== "string" || typeof beta !== "string") {
    throw new ProtocolFault("element-not-canonical", "A group element must be a text.");
  }
  return { alpha, beta };
}

/** The pair that encrypts 0 when the given one encrypts `value`. */
function shifted(pair: Pair, value: number): Pair {
  return { alpha: pair.alpha, beta: pair.beta.subtract(publicPower(GENERATOR, BigInt(value))) };
}

function product(pairs: readonly Pair[]): Pair {
  return pairs.reduce((total, pair) => ({ alpha: total.alpha.add(pair.alpha), beta: total.beta.add(pair.beta) }), {
    alpha: NEUTRAL,
    beta: NEUTRAL,
  });
}
