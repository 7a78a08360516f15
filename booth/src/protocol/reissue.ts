import { checkUuid, deriveSecret, publicCredential } from "./credentials.js";
import { ProtocolFault } from "./errors.js";
import { elementText, parseKey, type Element } from "./group.js";
import type { Proof } from "./proofs.js";
import type { RandomSource } from "./random.js";
import { signMessage } from "./signatures.js";

/** What a re-issue changes: the place, the number of its new key, and the key that it replaces. */
export interface Replaced {
  readonly uuid: string;
  readonly slot: string;
  readonly generation: number;
  readonly previous: Element;
}

/** A new key and the proof that its secret is held: all that leaves the browser. */
export interface NewKey {
  readonly contest: string;
  readonly key: string;
  readonly possession: Proof;
}

/** The text that the new key, the portal and the registrar each sign (docs/specification/reissue.md, R3). */
export function reissueMessage({ uuid, slot, generation, previous }: Replaced, key: Element): string {
  if (!/^[1-9A-HJ-NP-Za-km-z]{22}$/.test(slot)) throw new ProtocolFault("bad-slot", "The place does not have the expected form.");
  return `isoloir-reissue|${checkUuid(uuid)}|${slot}|${generation}|${elementText(previous)}|${elementText(key)}`;
}

/** The public key of a code in one contest, proved for one place and one generation. */
export function makeNewKey(replaced: Replaced, code: string, random: RandomSource): NewKey {
  const secret = deriveSecret(replaced.uuid, code);
  const key = publicCredential(secret);
  return { contest: replaced.uuid, key, possession: signMessage(secret, reissueMessage(replaced, parseKey(key)), random) };
}
