import type { Election } from "./election.js";
import { ProtocolFault } from "./errors.js";
import { elementText, elementTexts, generatorPower, hashToScalar, modOrder, parseElement, secretPower, type Element } from "./group.js";
import { canonical, itemsOf, membersOf, readCanonical, type Json } from "./jsontext.js";
import { writeProof, type Proof } from "./proofs.js";
import { randomScalar, type RandomSource } from "./random.js";

export interface DecryptionWork {
  readonly election: Election;
  /** Exact text of the encrypted tally record (§10). */
  readonly encryptedTally: string;
  readonly secret: bigint;
  /** Public share that the contest's trustee file gives to this trustee. */
  readonly publicShare: string;
  readonly random: RandomSource;
}

/** Partial decryption of a whole tally with its proofs (§11): the exact text of the record. */
export function makePartialDecryption({ election, encryptedTally, secret, publicShare, random }: DecryptionWork): string {
  const share = elementText(generatorPower(secret));
  if (share !== publicShare) {
    throw new ProtocolFault("wrong-owner", "The public share of this contest was not made from this key file.");
  }
  const prefix = `decrypt|${election.fingerprint}|${share}|`;
  const factors: string[][] = [];
  const proofs: Proof[][] = [];
  for (const alphas of readTally(election, encryptedTally)) {
    const row = alphas.map((alpha) => decryptOne(alpha, secret, prefix, random));
    factors.push(row.map(({ factor }) => factor));
    proofs.push(row.map(({ proof }) => proof));
  }
  return canonical({ decryption_factors: factors, decryption_proofs: proofs });
}

function decryptOne(alpha: Element, secret: bigint, prefix: string, random: RandomSource): { factor: string; proof: Proof } {
  const nonce = randomScalar(random);
  const commitments = elementTexts([generatorPower(nonce), secretPower(alpha, nonce)]);
  const challenge = hashToScalar(prefix, commitments);
  return { factor: elementText(secretPower(alpha, secret)), proof: writeProof(challenge, modOrder(nonce - secret * challenge)) };
}

/** First halves of the tally's ciphertexts, one row per question of the election. */
function readTally(election: Election, text: string): Element[][] {
  const rows = itemsOf(readCanonical(text), "tally", election.questions.length);
  return election.questions.map((question, rank) => {
    const size = question.answers.length + (question.blank ? 1 : 0);
    return itemsOf(rows[rank], "tally", size).map(readAlpha);
  });
}

function readAlpha(value: Json): Element {
  const { alpha, beta } = membersOf(value, "ciphertext", ["alpha", "beta"]);
  parseElement(beta);
  return parseElement(alpha);
}
