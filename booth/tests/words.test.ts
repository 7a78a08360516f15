import { describe, expect, it } from "vitest";

import { frenchSpaces, languageOf, parisTime, speaker } from "../src/view/words.js";
import { boothEnglish } from "../src/words/booth.en.js";
import { boothFrench } from "../src/words/booth.fr.js";
import { reissueEnglish } from "../src/words/reissue.en.js";
import { reissueFrench } from "../src/words/reissue.fr.js";
import { trusteeEnglish } from "../src/words/trustee.en.js";
import { trusteeFrench } from "../src/words/trustee.fr.js";

const CATALOGUES = [
  ["booth", boothFrench, boothEnglish],
  ["reissue", reissueFrench, reissueEnglish],
  ["trustee", trusteeFrench, trusteeEnglish],
] as const;

function places(sentence: string): string[] {
  return [...sentence.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? "").sort();
}

describe.each(CATALOGUES)("the %s catalogue", (_, french: Readonly<Record<string, string>>, english: Readonly<Record<string, string>>) => {
  it("says the same keys in both languages, none of them empty", () => {
    expect(Object.keys(english).sort()).toEqual(Object.keys(french).sort());
    for (const sentence of [...Object.values(french), ...Object.values(english)]) expect(sentence.trim()).not.toBe("");
  });

  it("has the same places to fill in both languages", () => {
    for (const [key, sentence] of Object.entries(french)) expect(places(english[key] ?? "")).toEqual(places(sentence));
  });
});

describe("words", () => {
  it("keep French punctuation on its line", () => {
    expect(frenchSpaces("Que faire ? « Oui » : non !")).toBe("Que faire\u00a0? «\u00a0Oui\u00a0»\u00a0: non\u00a0!");
  });

  it("fill the places of a sentence", () => {
    const say = speaker({ fr: { hello: "Bonjour {name} !" }, en: { hello: "Hello {name}!" } }, "fr");
    expect(say("hello", { name: "Anne" })).toBe("Bonjour Anne\u00a0!");
  });

  it("speak French unless the page says English", () => {
    expect(["en", "en-GB", "fr", ""].map(languageOf)).toEqual(["en", "en", "fr", "fr"]);
  });

  it("tell Paris time in winter and in summer", () => {
    expect(parisTime("2026-12-03T08:12:07Z", "fr")).toBe("jeudi 3 décembre 2026 à 9\u00a0h\u00a012 (heure de Paris)");
    expect(parisTime("2026-07-01T15:00:00Z", "fr")).toBe("mercredi 1er juillet 2026 à 17\u00a0h (heure de Paris)");
    expect(parisTime("2026-12-02T23:05:00Z", "fr")).toBe("jeudi 3 décembre 2026 à 0\u00a0h\u00a005 (heure de Paris)");
    expect(parisTime("2026-12-03T08:12:07Z", "en")).toBe("Thursday 3 December 2026 at 09:12 (Paris time)");
  });
});
