import fc from "fast-check";
import { describe, expect, it } from "vitest";

import { createBallot, tracker } from "../src/protocol/ballots.js";
import { verifyBallot } from "../src/protocol/ballotcheck.js";
import { utf8ToBytes } from "../src/protocol/bytes.js";
import { readElection } from "../src/protocol/election.js";
import { ProtocolFault } from "../src/protocol/errors.js";
import { ORDER, elementText, generatorPower, parseElement, publicPower } from "../src/protocol/group.js";
import { systemRandom } from "../src/protocol/random.js";
import { ELECTION_SECRET, electionBytes } from "./elections.js";

const SECRET = 42424242424242n;

function vectorFor(lists: number, chosen: number): number[] {
  return Array.from({ length: lists + 1 }, (_, rank) => (rank === chosen ? 1 : 0));
}

describe("a ballot", () => {
  it("passes its own check whatever the number of lists, the choice and the secret", () => {
    const shapes = fc.integer({ min: 1, max: 6 }).chain((lists) =>
      fc.record({ lists: fc.constant(lists), chosen: fc.integer({ min: 0, max: lists }), secret: fc.bigInt({ min: 1n, max: ORDER - 1n }) }),
    );
    fc.assert(
      fc.property(shapes, ({ lists, chosen, secret }) => {
        const election = readElection(electionBytes({ lists }));
        const text = createBallot({ election, secret, choices: [vectorFor(lists, chosen)], random: systemRandom });
        const verified = verifyBallot(election, utf8ToBytes(text));
        expect(verified.tracker).toBe(tracker(text));
        expect(verified.credential).toBe(elementText(generatorPower(secret)));
      }),
      { numRuns: 12 },
    );
  });

  it("encrypts exactly what was chosen", () => {
    const election = readElection(electionBytes({ lists: 3 }));
    for (const chosen of [0, 1, 2, 3]) {
      const text = createBallot({ election, secret: SECRET, choices: [vectorFor(3, chosen)], random: systemRandom });
      const [ciphertexts = []] = verifyBallot(election, utf8ToBytes(text)).ciphertexts;
      const opened = ciphertexts.map(({ alpha, beta }) =>
        elementText(parseElement(beta).subtract(publicPower(parseElement(alpha), ELECTION_SECRET))),
      );
      expect(opened).toEqual(vectorFor(3, chosen).map((value) => elementText(generatorPower(BigInt(value)))));
    }
  });

  it("without blank, proves that the number of chosen answers lies in the range", () => {
    const election = readElection(electionBytes({ lists: 4, blank: false, minimum: 1, maximum: 3 }));
    for (const choice of [[1, 0, 0, 0], [0, 1, 1, 0], [1, 1, 0, 1]]) {
      const text = createBallot({ election, secret: SECRET, choices: [choice], random: systemRandom });
      expect(verifyBallot(election, utf8ToBytes(text)).ciphertexts[0]).toHaveLength(4);
    }
  });

  it("is refused before encryption when the choice does not fit the question", () => {
    const election = readElection(electionBytes({ lists: 3 }));
    for (const choice of [[0, 0, 0, 0], [1, 1, 0, 0], [0, 1, 1, 0], [0, 2, 0, 0], [0, 1, 0]]) {
      expect(() => createBallot({ election, secret: SECRET, choices: [choice], random: systemRandom })).toThrow("choice");
    }
  });

  it("never has the same bytes twice", () => {
    const election = readElection(electionBytes());
    const make = (): string => createBallot({ election, secret: SECRET, choices: [[0, 1, 0, 0]], random: systemRandom });
    expect(make()).not.toBe(make());
  });

  it("is refused when any character of it is changed", () => {
    const election = readElection(electionBytes({ lists: 2 }));
    const text = createBallot({ election, secret: SECRET, choices: [[0, 1, 0]], random: systemRandom });
    fc.assert(
      fc.property(fc.integer({ min: 0, max: text.length - 1 }), fc.constantFrom("0", "1", "a", " ", '"'), (at, character) => {
        fc.pre(text[at] !== character);
        const altered = text.slice(0, at) + character + text.slice(at + 1);
        expect(() => verifyBallot(election, utf8ToBytes(altered))).toThrow(ProtocolFault);
      }),
      { numRuns: 60 },
    );
  });
});
