import { ed25519 } from "@noble/curves/ed25519.js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { bytesToHex } from "../src/protocol/bytes.js";
import {
  FixedBase, GENERATOR, NEUTRAL, ORDER, elementText, elementTexts, generatorPower, parseElement, publicPower, secretPower,
} from "../src/protocol/group.js";

const G_TEXT = "6666666666666666666666666666666666666666666666666666666666666658";
const scalars = fc.bigInt({ min: 0n, max: ORDER - 1n });

describe("the group", () => {
  it("writes the generator, its square, its inverse and the neutral element as Belenios does", () => {
    expect(elementText(GENERATOR)).toBe(G_TEXT);
    expect(elementText(GENERATOR.negate())).toBe(`e${G_TEXT.slice(1)}`);
    expect(elementText(generatorPower(2n))).toBe("2260cdf3092329c21da25ee8c9a21f5697390f51643851560e5f46ae6af8a3c9");
    expect(elementText(NEUTRAL)).toBe(`${"0".repeat(63)}1`);
  });

  it("reads what it writes, the neutral element included", () => {
    expect(parseElement(elementText(NEUTRAL)).equals(NEUTRAL)).toBe(true);
    fc.assert(
      fc.property(scalars, (k) => {
        const element = generatorPower(k);
        expect(parseElement(elementText(element)).equals(element)).toBe(true);
      }),
      { numRuns: 20 },
    );
  });

  it("refuses upper case, wrong lengths, other types, y ≥ p and what is no point", () => {
    const beyondField = bytesToHex(new Uint8Array(32).fill(0xff, 1).fill(0x7f, 0, 1));
    for (const text of [G_TEXT.replace(/8$/, "A"), G_TEXT.slice(1), `${G_TEXT}0`, `0x${G_TEXT.slice(2)}`, "", undefined, 7, beyondField, `${"0".repeat(63)}2`]) {
      expect(() => parseElement(text)).toThrow(/element|point|digits/);
    }
  });

  it("refuses the sign bit on a point that has none, and every point outside the prime-order subgroup", () => {
    expect(() => parseElement(`8${"0".repeat(62)}1`)).toThrow("no point");
    const minusOne = ed25519.Point.fromAffine({ x: 0n, y: ed25519.Point.Fp.ORDER - 1n });
    expect(() => parseElement(elementText(minusOne))).toThrow("subgroup");
    expect(() => parseElement(elementText(generatorPower(5n).add(minusOne)))).toThrow("subgroup");
  });

  it("has tables that give the same powers as the library, for 0 and q − 1 too", () => {
    const base = generatorPower(987654321n);
    const table = new FixedBase(base);
    expect(table.power(0n).equals(NEUTRAL)).toBe(true);
    expect(table.power(ORDER - 1n).equals(base.negate())).toBe(true);
    fc.assert(
      fc.property(scalars, (k) => {
        expect(table.power(k).equals(publicPower(base, k))).toBe(true);
        expect(table.power(k).equals(secretPower(base, k))).toBe(true);
      }),
      { numRuns: 20 },
    );
  });

  it("writes many elements at once as it writes each, the neutral one among them", () => {
    const elements = [generatorPower(3n), NEUTRAL, generatorPower(5n).add(generatorPower(8n))];
    expect(elementTexts(elements)).toEqual(elements.map(elementText));
  });
});
