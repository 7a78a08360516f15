import { beforeAll, describe, expect, it } from "vitest";

import { checkCertificates, generateSeed, makeCertificate, makePolynomial, makeShare, openDecryptionKey, type Place } from "../src/protocol/ceremony.js";
import { makePartialDecryption } from "../src/protocol/decryption.js";
import { readElection } from "../src/protocol/election.js";
import { GENERATOR, NEUTRAL, ORDER, elementText, generatorPower, hashToScalar, modOrder, parseElement, publicPower, type Element } from "../src/protocol/group.js";
import { canonical } from "../src/protocol/jsontext.js";
import { systemRandom } from "../src/protocol/random.js";
import { electionBytes } from "./elections.js";

const GROUP = { size: 3, threshold: 2 };
const PLACES: readonly Place[] = [1, 2, 3].map((index) => ({ ...GROUP, index }));

interface Polynomial {
  polynomial: string;
  secrets: string[];
  coefexps: { message: string; signature: unknown };
  signature: unknown;
}

let seeds: string[];
let certificates: string[];
let polynomials: Polynomial[];

beforeAll(async () => {
  seeds = PLACES.map(() => generateSeed(systemRandom));
  certificates = PLACES.map((place, rank) => makeCertificate(seeds[rank] ?? "", place, systemRandom));
  const texts = await Promise.all(PLACES.map((place, rank) => makePolynomial(seeds[rank] ?? "", place, certificates, systemRandom)));
  polynomials = texts.map((text) => JSON.parse(text) as Polynomial);
});

function vinputFor(index: number, from: readonly Polynomial[] = polynomials): string {
  return canonical({
    polynomial: from[index - 1]?.polynomial,
    secrets: from.map(({ secrets }) => secrets[index - 1]),
    coefexps: from.map(({ coefexps }) => coefexps),
    signatures: from.map(({ signature }) => signature),
  });
}

/** Another digit than the one that stands there. */
function another(digit: string): string {
  return digit === "1" ? "2" : "1";
}

function share(index: number, texts = certificates, vinput = vinputFor(index)): Promise<string> {
  return makeShare(seeds[index - 1] ?? "", { ...GROUP, index }, texts, vinput, systemRandom);
}

describe("the key ceremony", () => {
  it("gives each trustee a key that matches its public share, and any two of three decrypt", async () => {
    const secrets = await Promise.all([1, 2, 3].map(async (index) => openDecryptionKey(seeds[index - 1] ?? "", await share(index))));
    const publicKey = polynomials.reduce<Element>((product, { coefexps }) => {
      const [first] = (JSON.parse(coefexps.message) as { coefexps: string[] }).coefexps;
      return product.add(parseElement(first));
    }, NEUTRAL);
    for (const [one, other] of [[1, 2], [1, 3], [2, 3]] as const) {
      const joint = modOrder((secrets[one - 1] ?? 0n) * lagrange(one, other) + (secrets[other - 1] ?? 0n) * lagrange(other, one));
      expect(elementText(generatorPower(joint))).toBe(elementText(publicKey));
    }
  });

  it("refuses certificates out of their place, for another group, altered, or doubled", () => {
    const [first = "", second = "", third = ""] = certificates;
    const refused = (texts: readonly string[], group = GROUP): void => { expect(() => checkCertificates(texts, group)).toThrow(); };
    refused([second, first, third]);
    refused([first, second]);
    refused([first, first, third]);
    refused(certificates, { size: 3, threshold: 1 });
    refused([first.replace(/(?<="response":")./, another), second, third]);
    expect(checkCertificates(certificates, GROUP)).toHaveLength(3);
  });

  it("stops when my own place holds a certificate that is not mine", async () => {
    const stranger = makeCertificate(generateSeed(systemRandom), { ...GROUP, index: 1 }, systemRandom);
    const texts = [stranger, ...certificates.slice(1)];
    await expect(makePolynomial(seeds[0] ?? "", { ...GROUP, index: 1 }, texts, systemRandom)).rejects.toThrow("key file");
  });

  it("stops when the portal showed another trustee a different certificate", async () => {
    // The stranger's polynomial signs another set of certificates than the one shown to trustee 1.
    const strangerSeed = generateSeed(systemRandom);
    const others = [...certificates.slice(0, 2), makeCertificate(strangerSeed, { ...GROUP, index: 3 }, systemRandom)];
    const [place] = PLACES.slice(1, 2);
    if (place === undefined) throw new RangeError("no second place");
    const liar = JSON.parse(await makePolynomial(seeds[1] ?? "", place, others, systemRandom)) as Polynomial;
    const mixed = polynomials.map((polynomial, rank) => (rank === 1 ? liar : polynomial));
    await expect(share(1, certificates, vinputFor(1, mixed))).rejects.toMatchObject({ code: "wrong-certificates-signature" });
  });

  it("stops when a secret does not match its coefficients, is meant for another, or was altered", async () => {
    const [mine, second] = polynomials;
    if (mine === undefined || second === undefined) throw new RangeError("no polynomial");
    const exchanged = polynomials.map((one, rank) => (rank === 1 ? { ...one, secrets: [second.secrets[2] ?? "", ...one.secrets.slice(1)] } : one));
    await expect(share(1, certificates, vinputFor(1, exchanged))).rejects.toThrow();
    const altered = vinputFor(1).replace(/(?<=\\"data\\":\\")./, another);
    await expect(share(1, certificates, altered)).rejects.toMatchObject({ code: "message-not-opened" });
    const again = JSON.parse(await makePolynomial(seeds[1] ?? "", { ...GROUP, index: 2 }, certificates, systemRandom)) as Polynomial;
    const replaced = polynomials.map((one, rank) => (rank === 1 ? { ...one, secrets: again.secrets } : one));
    await expect(share(1, certificates, vinputFor(1, replaced))).rejects.toMatchObject({ code: "wrong-secret-share" });
  });

  it("stops when the coefficients at my place are not those I sent", async () => {
    const again = JSON.parse(await makePolynomial(seeds[0] ?? "", { ...GROUP, index: 1 }, certificates, systemRandom)) as Polynomial;
    const replaced = polynomials.map((one, rank) => (rank === 0 ? { ...again, polynomial: one.polynomial } : one));
    await expect(share(1, certificates, vinputFor(1, replaced))).rejects.toMatchObject({ code: "wrong-own-polynomial" });
  });
});

describe("a partial decryption", () => {
  const secret = 1234567n;
  const election = readElection(electionBytes({ lists: 1 }));
  const tally = canonical([[1n, 2n].map((r) => ({ alpha: elementText(generatorPower(r)), beta: elementText(generatorPower(r + 1n)) }))]);

  it("has factors alpha^x whose proofs hold", () => {
    const publicShare = elementText(generatorPower(secret));
    const text = makePartialDecryption({ election, encryptedTally: tally, secret, publicShare, random: systemRandom });
    const record = JSON.parse(text) as { decryption_factors: string[][]; decryption_proofs: { challenge: string; response: string }[][] };
    [1n, 2n].forEach((r, rank) => {
      const factor = parseElement(record.decryption_factors[0]?.[rank]);
      expect(factor.equals(generatorPower(r * secret))).toBe(true);
      const { challenge = "", response = "" } = record.decryption_proofs[0]?.[rank] ?? {};
      const a = publicPower(GENERATOR, BigInt(response)).add(publicPower(generatorPower(secret), BigInt(challenge)));
      const b = publicPower(generatorPower(r), BigInt(response)).add(publicPower(factor, BigInt(challenge)));
      const expected = hashToScalar(`decrypt|${election.fingerprint}|${publicShare}|`, [elementText(a), elementText(b)]);
      expect(BigInt(challenge)).toBe(expected);
    });
  });

  it("is refused for another trustee's share and for a tally of another shape", () => {
    const publicShare = elementText(generatorPower(secret));
    const make = (encryptedTally: string, share: string): (() => string) =>
      () => makePartialDecryption({ election, encryptedTally, secret, publicShare: share, random: systemRandom });
    expect(make(tally, elementText(generatorPower(2n)))).toThrow("public share");
    expect(make("[[]]", publicShare)).toThrow();
    expect(make(tally.replace("]]", "],[]]"), publicShare)).toThrow();
  });
});

/** Coefficient of trustee `at` when `at` and `other` decrypt together. */
function lagrange(at: number, other: number): bigint {
  return modOrder(BigInt(other) * inverse(modOrder(BigInt(other - at))));
}

function inverse(value: bigint): bigint {
  let result = 1n;
  let base = value;
  for (let exponent = ORDER - 2n; exponent > 0n; exponent >>= 1n) {
    if (exponent & 1n) result = modOrder(result * base);
    base = modOrder(base * base);
  }
  return result;
}
