import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { bareCode, deriveSecret, foreignCharacters, groupCode, normaliseCode, possessionMessage, provePossession, publicCredential } from "../src/protocol/credentials.js";
import { parseElement } from "../src/protocol/group.js";
import { BASE58, randomBase58, systemRandom } from "../src/protocol/random.js";
import { verifyMessage } from "../src/protocol/signatures.js";
import { CODE } from "./elections.js";

const UUID = "ZpMNkgxbX6wNrY";

describe("a voting code", () => {
  it("derives the exponent and the public credential of the specification's vector", () => {
    const secret = deriveSecret(UUID, CODE);
    expect(secret).toBe(4457946571035048100685699082243525043492187599548611883198464046549357114767n);
    expect(publicCredential(secret)).toBe("f39a546fc97cba9749dc93045a6268ce95a4f4e0501b032def27a476cbd3ecc8");
  });

  it("is read whatever the spaces and hyphens, of any kind", () => {
    for (const typed of ["HfDB6URcTPRTTS8aSPprCh", " HfDB6 URcTPR TTS8a SPprCh\n", "HfDB6–URcTPR—TTS8a‑SPprCh", "H-f-D-B-6URcTPR\u00a0TTS8a\u202fSPprCh", "HfDB6-URcTPR-TTS8a-SPprCh"]) {
      expect(normaliseCode(typed)).toBe(CODE);
    }
  });

  it("keeps its case: another case is another code", () => {
    expect(normaliseCode(CODE.toLowerCase().replaceAll("l", "k"))).not.toBe(CODE);
  });

  it("is refused with the reason: characters that no code has, too few, too many", () => {
    expect(() => normaliseCode("0fDB6-URcTPR-TTS8a-SPprCh")).toThrow("Base58");
    expect(() => normaliseCode(CODE.slice(0, -1))).toThrow("22");
    expect(() => normaliseCode(`${CODE}z`)).toThrow("22");
    expect(foreignCharacters("0OIl0é5")).toEqual(["0", "O", "I", "l", "é"]);
  });

  it("is cut 5-6-5-6 as it is typed, and grouping twice changes nothing", () => {
    expect(groupCode("HfDB6U")).toBe("HfDB6-U");
    expect(groupCode("HfDB6")).toBe("HfDB6");
    const texts = fc.string({ unit: fc.constantFrom(...Array.from(BASE58)), maxLength: 30 });
    fc.assert(fc.property(texts, (text) => {
      expect(bareCode(groupCode(text))).toBe(text);
      expect(groupCode(bareCode(groupCode(text)))).toBe(groupCode(text));
    }));
  });

  it("is proved for one contest and one challenge only", () => {
    const secret = deriveSecret(UUID, CODE);
    const credential = publicCredential(secret);
    const proof = provePossession(secret, "challenge-number-1", UUID, systemRandom);
    verifyMessage(parseElement(credential), possessionMessage("challenge-number-1", UUID, credential), proof);
    expect(() => { verifyMessage(parseElement(credential), possessionMessage("challenge-number-2", UUID, credential), proof); }).toThrow("match");
    expect(() => { verifyMessage(parseElement(credential), possessionMessage("challenge-number-1", "ZpMNkgxbX6wNrZ", credential), proof); }).toThrow("match");
  });
});

describe("random Base58", () => {
  it("throws away the bytes that would favour some characters", () => {
    let call = 0;
    const bytes = [255, 254, 232, 231, 0, 58, 57];
    const random = (length: number): Uint8Array => Uint8Array.from({ length }, () => bytes[call++ % bytes.length] ?? 0);
    expect(randomBase58(4, random)).toBe("z11z");
  });
});
