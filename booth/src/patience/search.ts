// The proof of work that stands in for the CAPTCHA's image and sound: the number that the server hid in
// SHA-256(prefix number), between 0 and a maximum. The other side is isoloir/captcha/work.py.
import { sha256 } from "@noble/hashes/sha2.js";
import { hexToBytes } from "@noble/hashes/utils.js";

export interface Search {
  /** What is hashed before the number, in ASCII. */
  readonly prefix: string;
  /** SHA-256 to find again, 64 hexadecimal digits. */
  readonly target: string;
  /** The largest number that may be hidden, which ends the search. */
  readonly maximum: number;
}

/** Numbers tried between two reports of progress. */
const STRIDE = 20_000;

/**
 * Tries every number in order, and returns the hidden one, or null when there is none (the target was altered).
 * Throws when the target is no SHA-256.
 * `report` hears the share of the numbers that were tried, from 0 to 1.
 */
export function searchNumber(search: Search, report: (share: number) => void = () => undefined): number | null {
  const target = hexToBytes(search.target);
  if (target.length !== 32) throw new RangeError("the target is no SHA-256");
  const encoder = new TextEncoder();
  // The prefix is hashed once: each number costs one block more, or two.
  const begun = sha256.create().update(encoder.encode(search.prefix));
  const current = begun.clone();
  const digest = new Uint8Array(32);
  for (let number = 0; number <= search.maximum; number += 1) {
    begun._cloneInto(current).update(encoder.encode(String(number))).digestInto(digest);
    if (matches(digest, target)) return number;
    if (number % STRIDE === 0) report(number / search.maximum);
  }
  return null;
}

function matches(digest: Uint8Array, target: Uint8Array): boolean {
  for (let place = 0; place < target.length; place += 1) {
    if (digest[place] !== target[place]) return false;
  }
  return true;
}
