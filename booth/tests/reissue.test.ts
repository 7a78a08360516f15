import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { deriveSecret, normaliseCode, publicCredential } from "../src/protocol/credentials.js";
import { generatorPower, parseKey } from "../src/protocol/group.js";
import { systemRandom } from "../src/protocol/random.js";
import { makeNewKey, reissueMessage, type NewKey, type Replaced } from "../src/protocol/reissue.js";
import { verifyMessage } from "../src/protocol/signatures.js";
import { Countdown } from "../src/reissue/countdown.js";
import { NewCode } from "../src/reissue/newcode.js";
import { spellCharacter, spellCode } from "../src/reissue/spelling.js";
import { readReissueState } from "../src/reissue/state.js";
import { CODE, UUID } from "./elections.js";

const SLOT = "5PMmCjLDVmmsNUXy8YtJ2E";
const PREVIOUS = generatorPower(7n);

const PLACE: Replaced = { uuid: UUID, slot: SLOT, generation: 2, previous: PREVIOUS };

describe("the key of a new code", () => {
  it("is proved over the place, the generation and both keys", () => {
    const made = makeNewKey(PLACE, CODE, systemRandom);
    expect(made.key).toBe(publicCredential(deriveSecret(UUID, CODE)));
    const key = parseKey(made.key);
    verifyMessage(key, reissueMessage(PLACE, key), made.possession);
    for (const other of [{ ...PLACE, generation: 3 }, { ...PLACE, slot: SLOT.replace("5", "6") }, { ...PLACE, previous: generatorPower(8n) }]) {
      expect(() => { verifyMessage(key, reissueMessage(other, key), made.possession); }).toThrow("match");
    }
  });

  it("is refused for a place of another form", () => {
    expect(() => makeNewKey({ ...PLACE, slot: "0" + SLOT.slice(1) }, CODE, systemRandom)).toThrow("place");
  });
});

describe("a new code", () => {
  it("sends public keys of the places to change, and neither itself nor its secrets", () => {
    const code = new NewCode([PLACE], systemRandom);
    const { keys } = JSON.parse(code.body) as { keys: NewKey[] };
    expect(keys.map(({ contest, key }) => [contest, key])).toEqual([[UUID, publicCredential(deriveSecret(UUID, code.read()))]]);
    expect(code.body).not.toContain(code.read());
    expect(code.body).not.toContain(code.read().replaceAll("-", ""));
    expect(code.body).not.toContain(deriveSecret(UUID, code.read()).toString());
    expect(normaliseCode(code.read())).toBe(code.read());
  });

  it("shows three characters once masked, and nothing once forgotten", () => {
    const code = new NewCode([PLACE], systemRandom);
    expect(code.masked()).toBe(`${code.read().slice(0, 3)}••-••••••-•••••-••••••`);
    code.forget();
    expect([code.read(), code.masked(), code.isForgotten]).toEqual(["", "", true]);
  });
});

describe("spelling", () => {
  it("says each character so that no two are taken for one another", () => {
    expect(spellCharacter("V", "fr")).toBe("V majuscule comme Victor");
    expect(spellCharacter("z", "fr")).toBe("z minuscule comme Zoé");
    expect(spellCharacter("B", "fr")).toBe("B majuscule comme Berthe");
    expect(spellCharacter("2", "fr")).toBe("chiffre 2, deux");
    expect(spellCharacter("q", "en")).toBe("small q as in Quebec");
    expect(spellCode("Vz-2", "en")).toEqual([["capital V as in Victor", "small z as in Zulu"], ["digit 2, two"]]);
  });

  it("has a word for every letter, which begins with it", () => {
    for (const language of ["fr", "en"] as const) {
      for (const letter of "ABCDEFGHIJKLMNOPQRSTUVWXYZ") {
        const word = spellCharacter(letter, language).split(" ").at(-1) ?? "";
        expect(word.charAt(0)).toBe(letter);
      }
    }
  });
});

describe("the countdown", () => {
  const told: number[] = [];
  const shown: number[] = [];
  let ends = 0;
  const watcher = {
    tick: (seconds: number) => { shown.push(seconds); },
    mark: (seconds: number) => { told.push(seconds); },
    end: () => { ends += 1; },
  };

  beforeEach(() => {
    vi.useFakeTimers();
    told.length = 0;
    shown.length = 0;
    ends = 0;
  });
  afterEach(() => { vi.useRealTimers(); });

  it("shows every second and tells four of them", () => {
    new Countdown(120, watcher);
    vi.advanceTimersByTime(119_900);
    expect(ends).toBe(0);
    vi.advanceTimersByTime(500);
    expect([told, ends]).toEqual([[120, 60, 30, 10], 1]);
    expect(shown).toEqual(Array.from({ length: 121 }, (_, rank) => 120 - rank));
  });

  it("tells again the marks that more time goes back over", () => {
    const countdown = new Countdown(120, watcher);
    vi.advanceTimersByTime(95_000);
    countdown.extend(120);
    expect(countdown.left()).toBe(145);
    vi.advanceTimersByTime(145_500);
    expect([told, ends]).toEqual([[120, 60, 30, 120, 60, 30, 10], 1]);
  });

  it("tells one mark when it wakes late, and ends by the clock", () => {
    vi.useRealTimers();
    const clock = vi.spyOn(performance, "now").mockReturnValue(0);
    const countdown = new Countdown(120, watcher);
    clock.mockReturnValue(112_000);
    countdown.extend(0);
    expect(told).toEqual([120]);
    countdown.stop();
    clock.mockRestore();
  });

  it("says nothing more once stopped", () => {
    const countdown = new Countdown(120, watcher);
    countdown.stop();
    vi.advanceTimersByTime(200_000);
    expect([told, ends]).toEqual([[120], 0]);
  });
});

describe("the state of the page", () => {
  const said = {
    csrf_token: "j", state: "linked", seconds: 120, limit: 3, used: 0, expires_text: "demain", keys_url: "/c", again_url: "/a", again_question: null,
    booth_url: "/v", home_url: "/h", request_url: "/r", places_url: "/p",
    contests: [{ uuid: UUID, code: "CSA", name: "CSA", slot: SLOT, generation: 1, previous: publicCredential(7n), change: true, reason: "" },
      { uuid: UUID, code: "CAP", name: "CAP", slot: "", generation: 0, previous: "", change: false, reason: "voted" }],
  };

  it("is read, members unknown here left alone", () => {
    const state = readReissueState({ ...said, more: 1 });
    expect([state.stage, state.againQuestion]).toEqual(["linked", undefined]);
    expect(state.contests.map(({ reason }) => reason)).toEqual([undefined, "voted"]);
    expect(state.contests[0]?.replaced?.previous.equals(generatorPower(7n))).toBe(true);
    expect(state.contests[1]?.replaced).toBeUndefined();
  });

  it("is refused when something needed is absent, or no key is a key", () => {
    expect(() => readReissueState({ ...said, keys_url: null })).toThrow("agreed form");
    expect(() => readReissueState({ ...said, contests: [{ ...said.contests[0], previous: "00" }] as never })).toThrow("agreed form");
  });
});
