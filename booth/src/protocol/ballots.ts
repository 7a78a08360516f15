import { base64Hash } from "./bytes.js";
import type { Election, Question } from "./election.js";
import { ProtocolFault } from "./errors.js";
import {
  FixedBase,
  GENERATOR,
  elementText,
  elementTexts,
  generatorBase,
  hashToScalar,
  modOrder,
  publicPower,
  type Element,
} from "./group.js";
import { canonical, lengthFault } from "./jsontext.js";
import { writeProof, type Proof } from "./proofs.js";
import { randomScalar, type RandomSource } from "./random.js";
import { proveKnowledge } from "./signatures.js";

export interface Ciphertext {
  readonly alpha: string;
  readonly beta: string;
}

/** The answer to one question, members in the order of Belenios (`blank_proof` last, absent without blank). */
export interface Answer {
  readonly choices: readonly Ciphertext[];
  readonly individual_proofs: readonly (readonly Proof[])[];
  readonly overall_proof: readonly Proof[];
  readonly blank_proof?: readonly Proof[];
}

/** Tables of multiples of the two bases of encryption, g and the public key of the election. */
export interface EncryptionTables {
  readonly generator: FixedBase;
  readonly publicKey: FixedBase;
}

export function buildTables(election: Election): EncryptionTables {
  return { generator: generatorBase(), publicKey: new FixedBase(election.publicKey) };
}

export interface NewBallot {
  readonly election: Election;
  readonly secret: bigint;
  /** One vector per question; with blank allowed its first entry is the blank vote. */
  readonly choices: readonly (readonly number[])[];
  readonly random: RandomSource;
  readonly tables?: EncryptionTables;
}

/** Encrypts the choices, proves them well formed and signs: the exact text of a Belenios ballot (§8). */
export function createBallot({ election, secret, choices, random, tables }: NewBallot): string {
  const bases = tables ?? buildTables(election);
  if (choices.length !== election.questions.length) {
    throw lengthFault("choices");
  }
  const credential = elementText(bases.generator.power(secret));
  const bond = `${election.fingerprint}|${credential}`;
  const answers = election.questions.map((question, rank) =>
    new AnswerMaker(bases, question, choices[rank] ?? [], random).answer(bond),
  );
  const unsigned = { election_uuid: election.uuid, election_hash: election.fingerprint, credential, answers };
  const hash = base64Hash(canonical(unsigned));
  const proof = proveKnowledge(secret, `sig|${hash}|`, random);
  return canonical({ ...unsigned, signature: { hash, proof } });
}

/** The ballot's public reference: b64-hash of its whole text, 43 characters. */
export function tracker(ballot: string | Uint8Array): string {
  return base64Hash(ballot);
}

/** A statement “(g^r, y^r·g^excess) encrypts 0”: true when the excess is 0. */
interface Statement {
  readonly r: bigint;
  readonly excess: bigint;
}

interface ProvedCase {
  readonly challenge: bigint;
  /** The response of a simulated case; the nonce of the true one. */
  readonly scalar: bigint;
}

/** Commitments of one disjunctive proof, made before its challenge is known. */
interface OpenProof {
  readonly cases: readonly ProvedCase[];
  readonly commitments: readonly Element[];
  readonly trueCase: number;
  readonly trueR: bigint;
}

/**
 * Makes one answer. Every commitment is computed from the two tables alone: as the voter's browser
 * knows r, alpha^c is g^(r·c), so that a simulated case costs the same powers as a true one.
 */
class AnswerMaker {
  private readonly coins: readonly bigint[];

  constructor(
    private readonly bases: EncryptionTables,
    private readonly question: Question,
    private readonly choice: readonly number[],
    private readonly random: RandomSource,
  ) {
    checkChoice(question, choice);
    this.coins = choice.map(() => randomScalar(random));
  }

  answer(bond: string): Answer {
    const ciphertexts = this.choice.flatMap((value, rank) => this.encrypt(this.coin(rank), BigInt(value)));
    const individual = this.choice.map((value, rank) => this.openIndividual(this.coin(rank), value));
    const overall = this.openOverall();
    const blank = this.question.blank ? this.openBlank() : undefined;
    const total = this.sum();
    const sumPair = this.question.blank ? [] : this.encrypt(total.r, BigInt(total.value));
    const opened = [...individual, overall, ...(blank ? [blank] : [])];
    const texts = elementTexts([...ciphertexts, ...sumPair, ...opened.flatMap((proof) => proof.commitments)]);
    const take = (count: number): string[] => texts.splice(0, count);
    const choices = pairs(take(ciphertexts.length));
    const sumText = take(sumPair.length).join(",");
    const close = (proof: OpenProof, prefix: string): Proof[] => closeProof(proof, prefix, take(proof.commitments.length));
    const individualProofs = individual.map((proof, rank) => close(proof, `prove|${bond}|${pairText(choices[rank])}|`));
    const bonds = `${bond}|${choices.map(pairText).join(",")}`;
    const overallPrefix = this.question.blank ? `bproof1|${bonds}|` : `prove|${bonds}|${sumText}|`;
    const base = { choices, individual_proofs: individualProofs, overall_proof: close(overall, overallPrefix) };
    return blank ? { ...base, blank_proof: close(blank, `bproof0|${bonds}|`) } : base;
  }

  /** The value is 0, 1 or a small sum: one addition of 0 or g, alike in time. */
  private encrypt(r: bigint, value: bigint): [Element, Element] {
    const masked = this.bases.publicKey.power(r).add(publicPower(GENERATOR, value));
    return [this.bases.generator.power(r), masked];
  }

  private openIndividual(r: bigint, value: number): OpenProof {
    const cases = [0, 1].map((claimed) => ({ r, excess: BigInt(value - claimed) }));
    return this.open(cases, value);
  }

  /** Sum of the real answers in the declared range; with blank, or the blank element is 1. */
  private openOverall(): OpenProof {
    const { minimum, maximum, blank } = this.question;
    const { r, value } = this.sum();
    const cases: Statement[] = [];
    if (blank) cases.push({ r: this.coin(0), excess: BigInt((this.choice[0] ?? 0) - 1) });
    for (let claimed = minimum; claimed <= maximum; claimed += 1) cases.push({ r, excess: BigInt(value - claimed) });
    const blankChosen = blank && this.choice[0] === 1;
    return this.open(cases, blankChosen ? 0 : value - minimum + (blank ? 1 : 0));
  }

  /** Either the blank element is 0, or no real answer is chosen. */
  private openBlank(): OpenProof {
    const { r, value } = this.sum();
    const blankValue = this.choice[0] ?? 0;
    const cases = [
      { r: this.coin(0), excess: BigInt(blankValue) },
      { r, excess: BigInt(value) },
    ];
    return this.open(cases, blankValue === 0 ? 0 : 1);
  }

  private open(statements: readonly Statement[], trueCase: number): OpenProof {
    const { generator, publicKey } = this.bases;
    const commitments: Element[] = [];
    // The order of the draws is that of the vectors, so that a known source gives a known ballot.
    const witness = randomScalar(this.random);
    const cases = statements.map(({ r, excess }, rank) => {
      const challenge = rank === trueCase ? 0n : randomScalar(this.random);
      const scalar = rank === trueCase ? witness : randomScalar(this.random);
      const exponent = modOrder(scalar + r * challenge);
      // One case in each proof is true and needs no shift: the number of powers is the same for every choice.
      const beta = publicKey.power(exponent);
      const isTrue = excess === 0n;
      commitments.push(generator.power(exponent), isTrue ? beta : beta.add(generator.power(challenge * excess)));
      return { challenge, scalar };
    });
    return { cases, commitments, trueCase, trueR: statements[trueCase]?.r ?? 0n };
  }

  /** Randomness and value of the product of the real answers' ciphertexts. */
  private sum(): { r: bigint; value: number } {
    const first = this.question.blank ? 1 : 0;
    return {
      r: modOrder(this.coins.slice(first).reduce((total, coin) => total + coin, 0n)),
      value: this.choice.slice(first).reduce((total, value) => total + value, 0),
    };
  }

  private coin(rank: number): bigint {
    const coin = this.coins[rank];
    if (coin === undefined) throw new RangeError("no coin at this rank");
    return coin;
  }
}

function checkChoice(question: Question, choice: readonly number[]): void {
  const offset = question.blank ? 1 : 0;
  const wellFormed = choice.length === question.answers.length + offset && choice.every((value) => value === 0 || value === 1);
  const chosen = choice.slice(offset).reduce((total, value) => total + value, 0);
  const blankChosen = question.blank && choice[0] === 1;
  const allowed = blankChosen ? chosen === 0 : chosen >= question.minimum && chosen <= question.maximum;
  if (!wellFormed || !allowed) {
    throw new ProtocolFault("bad-choice", "The choice does not fit the question.");
  }
}

function closeProof(proof: OpenProof, prefix: string, texts: readonly string[]): Proof[] {
  const others = proof.cases.reduce((total, { challenge }) => total + challenge, 0n);
  const trueChallenge = modOrder(hashToScalar(prefix, texts) - others);
  return proof.cases.map(({ challenge, scalar }, rank) =>
    rank === proof.trueCase
      ? writeProof(trueChallenge, modOrder(scalar - proof.trueR * trueChallenge))
      : writeProof(challenge, scalar),
  );
}

function pairs(texts: readonly string[]): Ciphertext[] {
  const found: Ciphertext[] = [];
  for (let rank = 0; rank + 1 < texts.length; rank += 2) {
    found.push({ alpha: texts[rank] ?? "", beta: texts[rank + 1] ?? "" });
  }
  return found;
}

/** `alpha,beta`, as a ciphertext enters the prefixes. */
export function pairText(pair: Ciphertext | undefined): string {
  if (pair === undefined) throw new RangeError("a ciphertext is missing");
  return `${pair.alpha},${pair.beta}`;
}
