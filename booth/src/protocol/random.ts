import { bytesToHex } from "./bytes.js";
import { modOrder } from "./group.js";

/** Gives that many fresh random bytes. */
export type RandomSource = (length: number) => Uint8Array;

/** The browser's own generator; the only source outside of tests. */
export const systemRandom: RandomSource = (length) => crypto.getRandomValues(new Uint8Array(length));

/** A uniform scalar: 64 random bytes, little-endian, reduced modulo q, so that the bias is below 2⁻²⁵⁰. */
export function randomScalar(random: RandomSource): bigint {
  return modOrder(BigInt("0x" + bytesToHex(random(64).reverse())));
}

export const BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

/** A uniform Base58 text; bytes that would favour some characters are thrown away. */
export function randomBase58(length: number, random: RandomSource): string {
  const bound = 256 - (256 % BASE58.length);
  let text = "";
  while (text.length < length) {
    for (const byte of random(length)) {
      if (byte < bound && text.length < length) text += BASE58.charAt(byte % BASE58.length);
    }
  }
  return text;
}
