import { ProtocolFault } from "./errors.js";
import { elementText, generatorPower, hashToScalar, modOrder, publicPower, type Element } from "./group.js";
import { readProof, writeProof, type Proof } from "./proofs.js";
import { randomScalar, type RandomSource } from "./random.js";

/** Schnorr proof of knowledge of `secret`, bound to the prefix: c = H(prefix; g^w), r = w − secret·c. */
export function proveKnowledge(secret: bigint, prefix: string, random: RandomSource): Proof {
  const nonce = randomScalar(random);
  const challenge = hashToScalar(prefix, [elementText(generatorPower(nonce))]);
  return writeProof(challenge, modOrder(nonce - secret * challenge));
}

/** Raises unless the proof shows knowledge of the discrete logarithm of `publicKey` under this prefix. */
export function verifyKnowledge(publicKey: Element, prefix: string, proof: unknown, code: string): void {
  const { challenge, response } = readProof(proof);
  const commitment = generatorPower(response).add(publicPower(publicKey, challenge));
  if (hashToScalar(prefix, [elementText(commitment)]) !== challenge) {
    throw new ProtocolFault(code, "The proof does not match the public key and the message.");
  }
}

/** Belenios signature of a message (§7.1): prefix `sigmsg|message|`. */
export function signMessage(secret: bigint, message: string, random: RandomSource): Proof {
  return proveKnowledge(secret, `sigmsg|${message}|`, random);
}

export function verifyMessage(publicKey: Element, message: string, proof: unknown): void {
  verifyKnowledge(publicKey, `sigmsg|${message}|`, proof, "wrong-message-signature");
}
