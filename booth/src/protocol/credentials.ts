import { hexHash } from "./bytes.js";
import { ProtocolFault } from "./errors.js";
import { elementText, generatorPower, modOrder } from "./group.js";
import { BASE58, randomBase58, type RandomSource } from "./random.js";
import { signMessage } from "./signatures.js";
import type { Proof } from "./proofs.js";

/** Characters of a voting code, hyphens not counted. */
export const CODE_LENGTH = 22;
/** Lengths of the groups that the notice prints. */
export const GROUPS = [5, 6, 5, 6] as const;

/** What a person typed, without the spaces and hyphens (of any kind) that are forgiven. */
export function bareCode(typed: string): string {
  return typed.normalize("NFKC").replace(/[\s\u00ad\u200b-\u200d\u2010-\u2015\u2060\u2212\ufeff\u00b7._-]/g, "");
}

/** A fresh code, as the notice would print it: 22 uniform Base58 characters, 128 bits. */
export function generateCode(random: RandomSource): string {
  return groupCode(randomBase58(CODE_LENGTH, random));
}

/** The characters cut 5-6-5-6 and joined by hyphens, as on the notice; shorter texts give what there is. */
export function groupCode(bare: string): string {
  const parts: string[] = [];
  let start = 0;
  for (const size of GROUPS) {
    if (start < bare.length) parts.push(bare.slice(start, start + size));
    start += size;
  }
  if (start < bare.length) parts.push(bare.slice(start));
  return parts.join("-");
}

/** Characters that no voting code contains (Base58 leaves out 0, O, I and l), each once. */
export function foreignCharacters(bare: string): string[] {
  return [...new Set(bare)].filter((character) => !BASE58.includes(character));
}

/** The code as Belenios writes it, `XXXXX-XXXXXX-XXXXX-XXXXXX`; raises when it cannot be one. */
export function normaliseCode(typed: string): string {
  const bare = bareCode(typed);
  if (foreignCharacters(bare).length > 0) {
    throw new ProtocolFault("bad-code", "A voting code has only Base58 characters.");
  }
  if (bare.length !== CODE_LENGTH) throw new ProtocolFault("bad-code", "A voting code has 22 characters.");
  return groupCode(bare);
}

/** The identifier of an election: Base58, 14 to 64 characters. */
export function checkUuid(value: unknown): string {
  if (typeof value !== "string" || !/^[1-9A-HJ-NP-Za-km-z]{14,64}$/.test(value)) {
    throw new ProtocolFault("bad-uuid", "The election identifier does not have the expected form.");
  }
  return value;
}

/** Private exponent of a normalised code in one contest (Belenios ≥ 2.4, full form, §5); its hyphens count. */
export function deriveSecret(uuid: string, code: string): bigint {
  const salt = checkUuid(uuid);
  const halves = [0, 1].map((rank) => hexHash(`derive_credential|${salt}|${rank}|${code}`));
  return modOrder(BigInt("0x" + halves.join("")));
}

/** Text form of g^secret, the public credential. */
export function publicCredential(secret: bigint): string {
  return elementText(generatorPower(secret));
}

/** What a voter signs to prove possession of a code: bound to the session's challenge and to one contest. */
export function possessionMessage(challenge: string, uuid: string, credential: string): string {
  if (!/^[A-Za-z0-9_=:.+/-]{16,256}$/.test(challenge)) {
    throw new ProtocolFault("bad-challenge", "The challenge does not have the expected form.");
  }
  return `isoloir-possession|${challenge}|${checkUuid(uuid)}|${credential}`;
}

export function provePossession(secret: bigint, challenge: string, uuid: string, random: RandomSource): Proof {
  return signMessage(secret, possessionMessage(challenge, uuid, publicCredential(secret)), random);
}
