import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { utf8ToBytes } from "../src/protocol/bytes.js";
import { ProtocolFault } from "../src/protocol/errors.js";
import { canonical, membersOf, readCanonical, readCanonicalBytes } from "../src/protocol/jsontext.js";

function codeOf(text: string): string {
  try {
    readCanonical(text);
  } catch (error) {
    if (error instanceof ProtocolFault) return error.code;
    throw error;
  }
  return "accepted";
}

describe("the reader", () => {
  it("accepts its own writing of any value, whose texts are well formed", () => {
    const values = fc.letrec((tie) => ({
      value: fc.oneof(
        { depthSize: "small" },
        fc.string({ unit: "grapheme" }), fc.integer({ min: -1e9, max: 1e9 }), fc.boolean(), fc.constant(null),
        fc.array(tie("value")), fc.dictionary(fc.string({ unit: "grapheme" }), tie("value"), { noNullPrototype: true }),
      ),
    })).value;
    fc.assert(fc.property(values, (value) => { expect(readCanonical(canonical(value))).toEqual(JSON.parse(canonical(value))); }));
  });

  it("never fails but with a fault of the protocol, whatever the bytes", () => {
    fc.assert(fc.property(fc.oneof(fc.uint8Array(), fc.json().map(utf8ToBytes), fc.string().map(utf8ToBytes)), (bytes) => {
      try {
        readCanonicalBytes(bytes);
      } catch (error) {
        expect(error).toBeInstanceOf(ProtocolFault);
      }
    }), { numRuns: 500 });
  });

  it.each([
    ['{"a":1,"a":2}', "duplicate-member"],
    ['{"a":1,"\\u0061":2}', "duplicate-member"],
    ['{"a":{"b":1},"b":1}', "accepted"],
    ['{"a": 1}', "not-canonical"],
    ['"\\/"', "not-canonical"],
    ['"\\ud800"', "not-canonical"],
    ['"\\\\ud800"', "accepted"],
    ["1.0", "number-not-integer"],
    ["1e3", "number-not-integer"],
    ["12345678901", "number-not-integer"],
    ["NaN", "number-not-integer"],
    ["-0", "not-canonical"],
    ["01", "not-json"],
    ["", "not-json"],
    ["[".repeat(5000) + "]".repeat(5000), "too-deep"],
  ])("reads %s as %s", (text, code) => {
    expect(codeOf(text)).toBe(code);
  });

  it("asks for the members in order, the optional ones last", () => {
    const read = (value: unknown): unknown => membersOf(value, "thing", ["a", "b"], ["c"]);
    expect(read({ a: 1, b: 2, c: 3 })).toEqual({ a: 1, b: 2, c: 3 });
    expect(() => read({ b: 1, a: 2 })).toThrow("order");
    expect(() => read({ a: 1, b: 2, d: 3 })).toThrow("unknown");
    expect(() => read({ a: 1 })).toThrow("missing");
    expect(() => read([])).toThrow("type");
  });
});
