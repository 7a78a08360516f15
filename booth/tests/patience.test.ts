import { createHash } from "node:crypto";

import { describe, expect, it, vi } from "vitest";

import { searchNumber } from "../src/patience/search.js";

const PREFIX = `${"uAQOL1MdV8u4-_".repeat(9)}|`;

function hidden(number: number, prefix = PREFIX): string {
  return createHash("sha256").update(`${prefix}${number}`).digest("hex");
}

describe("the search of the hidden number", () => {
  it.each([0, 1, 9, 10, 4_999, 5_000])("finds %i", (number) => {
    expect(searchNumber({ prefix: PREFIX, target: hidden(number), maximum: 5_000 })).toBe(number);
  });

  it.each([0, 1, 54, 55, 56, 63, 64, 65, 119, 120, 128])("hashes a prefix of %i signs as everybody does", (length) => {
    const prefix = "a".repeat(length);
    expect(searchNumber({ prefix, target: hidden(321, prefix), maximum: 400 })).toBe(321);
  });

  it("ends with nothing when the number is beyond the maximum", () => {
    expect(searchNumber({ prefix: PREFIX, target: hidden(101), maximum: 100 })).toBeNull();
  });

  it("does not take the number of another token", () => {
    expect(searchNumber({ prefix: PREFIX, target: hidden(7, `x${PREFIX}`), maximum: 100 })).toBeNull();
  });

  it("compares the whole hash, to its last byte", () => {
    const target = hidden(7).replace(/.$/, (last) => (last === "0" ? "1" : "0"));
    expect(searchNumber({ prefix: PREFIX, target, maximum: 100 })).toBeNull();
  });

  it("reports growing shares, from nothing to less than everything", () => {
    const report = vi.fn<(share: number) => void>();
    searchNumber({ prefix: PREFIX, target: hidden(59_999), maximum: 60_000 }, report);
    const shares = report.mock.calls.map(([share]) => share);
    expect(shares).toEqual([...shares].sort((one, other) => one - other));
    expect(shares[0]).toBe(0);
    expect(shares.length).toBeGreaterThan(2);
    expect(Math.max(...shares)).toBeLessThanOrEqual(1);
  });

  it.each(["zz", "", "00"])("refuses “%s”, which is no hash", (target) => {
    expect(() => searchNumber({ prefix: PREFIX, target, maximum: 1 })).toThrow();
  });
});

describe("the worker", () => {
  it("answers the page's message with the number, after its progress", async () => {
    const told: unknown[] = [];
    let listener: (event: { data: unknown }) => void = () => undefined;
    vi.stubGlobal("self", {
      addEventListener: (_type: string, given: typeof listener) => (listener = given),
      postMessage: (report: unknown) => told.push(report),
    });
    await import("../src/patience.js");
    listener({ data: { prefix: PREFIX, target: hidden(12), maximum: 50 } });
    vi.unstubAllGlobals();
    expect(told).toEqual([{ share: 0 }, { found: 12 }]);
  });
});
