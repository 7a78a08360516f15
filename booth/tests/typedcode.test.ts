import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { rangeOf } from "../src/booth/codefield.js";
import { codeOfAddress } from "../src/booth/qrreader.js";
import { bareCode, generateCode, normaliseCode } from "../src/protocol/credentials.js";
import { systemRandom } from "../src/protocol/random.js";
import { codeInText, doubtsOf, readTyped } from "../src/protocol/typedcode.js";
import { CODE } from "./elections.js";

const BARE = bareCode(CODE);

describe("what is typed for a code", () => {
  it("reads the look-alikes that can be one character only, and says so", () => {
    expect(readTyped("0O|")).toEqual({ bare: "oo1", replaced: [{ typed: "0", read: "o" }, { typed: "O", read: "o" }, { typed: "|", read: "1" }] });
    expect(readTyped(CODE)).toEqual({ bare: BARE, replaced: [] });
  });

  it("never guesses between two characters: it points at them", () => {
    expect(readTyped("HfIl").bare).toBe("HfIl");
    expect(doubtsOf("HfIDBlé")).toEqual([
      { character: "I", group: 1, rank: 3, candidates: "1i" },
      { character: "l", group: 2, rank: 1, candidates: "1L" },
      { character: "é", group: 2, rank: 2, candidates: "" },
    ]);
    expect(rangeOf("HfIDB-lé", 2, 1)).toEqual([6, 7]);
    expect(doubtsOf(BARE)).toEqual([]);
  });

  it("is read through hyphens of any height, full-width characters and spaces", () => {
    for (const typed of ["HfDB6_URcTPR_TTS8a_SPprCh", "ＨｆＤＢ６－URcTPR－TTS8a－SPprCh", "HfDB6 · URcTPR · TTS8a · SPprCh", "HfDB6﹣URcTPR TTS8a\tSPprCh"]) {
      expect(normaliseCode(readTyped(typed).bare)).toBe(CODE);
    }
  });

  it("is found in pasted prose and in the address of a notice", () => {
    for (const pasted of [
      `Votre code de vote : ${CODE}. Gardez-le.`,
      `https://vote.example/vote/#${BARE}`,
      `https://vote.example/vote/#code=${CODE}`,
      `Mon code est HfDB6 URcTPR TTS8a SPprCh, bonne journée`,
      `(${BARE})`,
      `${CODE} puis encore ${CODE}`,
    ]) {
      expect(readTyped(pasted).bare).toBe(BARE);
    }
  });

  it("is not found where there are two codes, none, or a longer run", () => {
    const other = "2".repeat(22);
    for (const pasted of [`${CODE} ou ${other.slice(0, 5)}-222222-22222-222222`, "Votre élection approche, pensez au vote demain", `${BARE}abc`]) {
      expect(codeInText(pasted)).toBeUndefined();
    }
    expect(codeInText("petit jardin rouge chemin est tout près de la mairie")).toBeUndefined();
  });

  it("survives any hyphens and spaces between its characters", () => {
    fc.assert(fc.property(fc.array(fc.constantFrom("", " ", "-", "\u2011", "\u00a0", "_"), { minLength: 22, maxLength: 22 }), (joins) => {
      const code = generateCode(systemRandom);
      const typed = Array.from(bareCode(code), (character, place) => character + (joins[place] ?? "")).join("");
      expect(normaliseCode(readTyped(typed).bare)).toBe(code);
    }));
  });
});

describe("the QR code of a notice", () => {
  it("gives its code and nothing else", () => {
    expect(codeOfAddress(`https://vote.example/vote/#${BARE}`)).toBe(BARE);
    expect(codeOfAddress(`https://vote.example/vote/#code=${encodeURIComponent(CODE)}`)).toBe(BARE);
    expect(codeOfAddress(CODE)).toBe(BARE);
    for (const other of ["https://vote.example/", "%E0%A4%A", `https://vote.example/#${BARE}Z`, ""]) expect(codeOfAddress(other)).toBeUndefined();
  });
});

describe("a fresh code", () => {
  it("has the form of a notice's, and is another each time", () => {
    const codes = new Set(Array.from({ length: 50 }, () => generateCode(systemRandom)));
    expect(codes.size).toBe(50);
    for (const code of codes) expect(normaliseCode(code)).toBe(code);
  });
});
