import { ed25519 } from "@noble/curves/ed25519.js";
import type { EdwardsPoint } from "@noble/curves/abstract/edwards.js";

import { bytesToHex, hexHash, hexToBytes } from "./bytes.js";
import { ProtocolFault } from "./errors.js";

/** A point of the prime-order subgroup of Ed25519 (neutral element included). */
export type Element = EdwardsPoint;

const Point = ed25519.Point;

/** Name of the group in election records and key proofs. */
export const GROUP_NAME = "Ed25519";
/** Order q of the group: 2²⁵² + 27742317777372353535851937790883648493. */
export const ORDER: bigint = Point.Fn.ORDER;
export const GENERATOR: Element = Point.BASE;
export const NEUTRAL: Element = Point.ZERO;

/**
 * Text form of Belenios: the RFC 8032 compressed point read as one big-endian number, in 64
 * lower-case hexadecimal digits, that is, the bytes of RFC 8032 in reverse order.
 */
export function elementText(element: Element): string {
  return bytesToHex(element.toBytes().reverse());
}

/** Text forms of many elements for the price of one field inversion. */
export function elementTexts(elements: readonly Element[]): string[] {
  return normaliseElements(elements).map(elementText);
}

/** The same points with Z = 1, so that writing each of them costs no inversion. */
export function normaliseElements(elements: readonly Element[]): Element[] {
  const field = Point.Fp;
  const inverses = field.invertBatch(elements.map((element) => element.Z));
  return elements.map((element, rank) => Point.fromAffine(element.toAffine(inverses[rank])));
}

/**
 * Reads the text form strictly: 64 lower-case digits, canonical, on the curve, and in the
 * prime-order subgroup (a small-order component would make a proof say less than it seems).
 */
export function parseElement(text: unknown): Element {
  if (typeof text !== "string" || !/^[0-9a-f]{64}$/.test(text)) {
    throw new ProtocolFault("element-not-canonical", "A group element must be 64 lower-case hexadecimal digits.");
  }
  let element: Element;
  try {
    element = Point.fromBytes(hexToBytes(text).reverse());
  } catch {
    throw new ProtocolFault("element-not-in-group", "The text is no point of the curve.");
  }
  if (!element.isTorsionFree()) {
    throw new ProtocolFault("element-not-in-group", "The point lies outside the prime-order subgroup.");
  }
  return element;
}

/** Reads a public key: any element but the neutral one, whose secret everybody knows. */
export function parseKey(text: unknown): Element {
  const key = parseElement(text);
  if (key.equals(NEUTRAL)) throw new ProtocolFault("neutral-key", "A public key is the neutral element.");
  return key;
}

/** Reduces any integer into [0, q). */
export function modOrder(value: bigint): bigint {
  const rest = value % ORDER;
  return rest < 0n ? rest + ORDER : rest;
}

/** Variable-base power with public exponents only (its duration depends on the exponent). */
export function publicPower(base: Element, exponent: bigint): Element {
  return base.multiplyUnsafe(modOrder(exponent));
}

/** Variable-base power with a secret exponent; the regular ladder of the library. */
export function secretPower(base: Element, exponent: bigint): Element {
  const scalar = modOrder(exponent);
  return scalar === 0n || base.equals(NEUTRAL) ? NEUTRAL : base.multiply(scalar);
}

/**
 * Challenge of every proof: SHA-256 of the prefix and of the texts joined by commas, read as a
 * big-endian integer, modulo q (Belenios, §2.3).
 */
export function hashToScalar(prefix: string, texts: readonly string[]): bigint {
  return modOrder(BigInt("0x" + hexHash(prefix + texts.join(","))));
}

/** One window per byte of the exponent; digits from −128 to 128 halve the table. */
const WINDOWS = 32;
const HALF = 128;

/**
 * Table of multiples of one base: a power is then one addition per byte of the exponent. Each window always
 * adds a point (the neutral one for digit 0), so that the sequence of operations does not depend on the exponent.
 */
export class FixedBase {
  private readonly rows: readonly Element[][];

  constructor(base: Element) {
    const multiples: Element[] = [];
    let step = base;
    for (let window = 0; window < WINDOWS; window += 1) {
      let multiple = NEUTRAL;
      for (let digit = 0; digit <= HALF; digit += 1) {
        multiples.push(multiple);
        if (digit < HALF) multiple = multiple.add(step);
      }
      step = multiple.double();
    }
    const normal = normaliseElements(multiples);
    const size = HALF + 1;
    this.rows = Array.from({ length: WINDOWS }, (_, window) => normal.slice(window * size, (window + 1) * size));
  }

  power(exponent: bigint): Element {
    const digits = hexToBytes(modOrder(exponent).toString(16).padStart(64, "0")).reverse();
    let sum = NEUTRAL;
    let carry = 0;
    for (const [window, row] of this.rows.entries()) {
      const digit = (digits[window] ?? 0) + carry;
      // A digit above 128 is written as itself less 256, and one more in the next window; the last byte is below 17.
      carry = digit > HALF ? 1 : 0;
      const multiple = row[Math.abs(digit - 2 * HALF * carry)];
      if (multiple === undefined) throw new RangeError("digit outside the table");
      const opposite = multiple.negate();
      sum = sum.add(carry === 1 ? opposite : multiple);
    }
    return sum;
  }
}

let generatorTable: FixedBase | undefined;

/** The table of the generator, built at its first use and kept. */
export function generatorBase(): FixedBase {
  generatorTable ??= new FixedBase(GENERATOR);
  return generatorTable;
}

/** g^exponent. */
export function generatorPower(exponent: bigint): Element {
  return generatorBase().power(exponent);
}
