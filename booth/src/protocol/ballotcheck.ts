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
  publicPower,
  type Element,
} from "./group.js";
import { arrayOf, canonical, decodeUtf8, exactMembers, readCanonical, stringOf, type Json } from "./jsontext.js";
import { readProof } from "./proofs.js";
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

/** Checks a ballot as strictly as the portal does (§8); raises `ProtocolFault` naming the first fault. */
export function verifyBallot(election: Election, bytes: Uint8Array): VerifiedBallot {
  const text = decodeUtf8(bytes);
  const ballot = exactMembers(
    readCanonical(text),
    ["election_uuid", "election_hash", "credential", "answers", "signature"],
    "ballot-form",
  );
  if (ballot["election_uuid"] !== election.uuid) throw new ProtocolFault("wrong-election", "The ballot names another election.");
  if (ballot["election_hash"] !== election.fingerprint) {
    throw new ProtocolFault("wrong-fingerprint", "The ballot is bound to another election record.");
  }
  const credentialText = stringOf(ballot["credential"], "element-form");
  const credential = parseElement(credentialText);
  const bond = `${election.fingerprint}|${credentialText}`;
  const answers = arrayOf(ballot["answers"], election.questions.length, "answer-count");
  const ciphertexts = election.questions.map((question, rank) =>
    checkAnswer(election.publicKey, question, answers[rank] ?? null, bond),
  );
  const { signature, ...unsigned } = ballot;
  checkSignature(credential, canonical(unsigned), signature ?? null);
  return { credential: credentialText, tracker: base64Hash(bytes), electionFingerprint: election.fingerprint, ciphertexts };
}

function checkSignature(credential: Element, unsigned: string, value: Json): void {
  const signature = exactMembers(value, ["hash", "proof"], "ballot-form");
  const hash = base64Hash(unsigned);
  if (signature["hash"] !== hash) throw new ProtocolFault("signature-hash", "The signature covers another text.");
  verifyKnowledge(credential, `sig|${hash}|`, signature["proof"], "ballot-signature");
}

function checkAnswer(publicKey: Element, question: Question, value: Json, bond: string): Ciphertext[] {
  const members = ["choices", "individual_proofs", "overall_proof", ...(question.blank ? ["blank_proof"] : [])];
  const answer = exactMembers(value, members, "answer-form");
  const size = question.answers.length + (question.blank ? 1 : 0);
  const choices = arrayOf(answer["choices"], size, "choice-count").map(readCiphertext);
  const proofs = arrayOf(answer["individual_proofs"], size, "proof-count");
  const points = choices.map(({ alpha, beta }) => ({ alpha: parseElement(alpha), beta: parseElement(beta) }));
  points.forEach((pair, rank) => {
    const prefix = `prove|${bond}|${pairText(choices[rank])}|`;
    const cases = [pair, shifted(pair, 1)];
    checkDisjunction(publicKey, cases, proofs[rank] ?? null, prefix, "individual-proof");
  });
  const bonds = `${bond}|${choices.map(pairText).join(",")}`;
  checkSum(publicKey, question, points, answer, bonds);
  return choices;
}

function checkSum(
  publicKey: Element,
  question: Question,
  points: readonly Pair[],
  answer: Readonly<Record<string, Json>>,
  bonds: string,
): void {
  const blank = question.blank ? points[0] : undefined;
  const sum = product(question.blank ? points.slice(1) : points);
  const range: Pair[] = [];
  for (let total = question.minimum; total <= question.maximum; total += 1) range.push(shifted(sum, total));
  if (blank === undefined) {
    const sumText = elementTexts([sum.alpha, sum.beta]).join(",");
    checkDisjunction(publicKey, range, answer["overall_proof"] ?? null, `prove|${bonds}|${sumText}|`, "overall-proof");
    return;
  }
  checkDisjunction(publicKey, [blank, sum], answer["blank_proof"] ?? null, `bproof0|${bonds}|`, "blank-proof");
  const cases = [shifted(blank, 1), ...range];
  checkDisjunction(publicKey, cases, answer["overall_proof"] ?? null, `bproof1|${bonds}|`, "overall-proof");
}

/** At least one of the pairs encrypts 0: commitments A = g^r·alpha^c, B = y^r·beta^c, and H = Σ c. */
function checkDisjunction(publicKey: Element, pairs: readonly Pair[], value: Json, prefix: string, code: string): void {
  const proofs = arrayOf(value, pairs.length, "proof-count").map(readProof);
  let total = 0n;
  const commitments = pairs.flatMap(({ alpha, beta }, rank) => {
    const { challenge, response } = proofs[rank] ?? { challenge: 0n, response: 0n };
    total += challenge;
    return [
      generatorPower(response).add(publicPower(alpha, challenge)),
      publicPower(publicKey, response).add(publicPower(beta, challenge)),
    ];
  });
  if (hashToScalar(prefix, elementTexts(commitments)) !== modOrder(total)) {
    throw new ProtocolFault(code, "A proof of the ballot is wrong.");
  }
}

function readCiphertext(value: Json): Ciphertext {
  const members = exactMembers(value, ["alpha", "beta"], "answer-form");
  const { alpha, beta } = members;
  if (typeof alpha !== "string" || typeof beta !== "string") {
    throw new ProtocolFault("element-form", "A group element must be 64 lower-case hexadecimal digits.");
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
