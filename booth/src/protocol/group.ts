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

const WINDOW_BITS = 6;
const WINDOWS = Math.ceil(253 / WINDOW_BITS);
const DIGITS = 2 ** WINDOW_BITS;

/**
 * Table of multiples of one base: a power is then one addition per window. Each window always adds
 * a point (the neutral one for digit 0), so that the sequence of operations does not depend on the exponent.
 */
export class FixedBase {
  private readonly rows: readonly Element[][];

  constructor(base: Element) {
    const multiples: Element[] = [];
    let step = base;
    for (let window = 0; window < WINDOWS; window += 1) {
      let multiple = NEUTRAL;
      for (let digit = 0; digit < DIGITS; digit += 1) {
        multiples.push(multiple);
        multiple = multiple.add(step);
      }
      step = multiple;
    }
    const normal = normaliseElements(multiples);
    this.rows = Array.from({ length: WINDOWS }, (_, window) => normal.slice(window * DIGITS, (window + 1) * DIGITS));
  }

  power(exponent: bigint): Element {
    let rest = modOrder(exponent);
    let sum = NEUTRAL;
    for (const row of this.rows) {
      const multiple = row[Number(rest & BigInt(DIGITS - 1))];
      if (multiple === undefined) throw new RangeError("digit outside the table");
      sum = sum.add(multiple);
      rest >>= BigInt(WINDOW_BITS);
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
