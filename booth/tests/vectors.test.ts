import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

import { createBallot } from "../src/protocol/ballots.js";
import { verifyBallot } from "../src/protocol/ballotcheck.js";
import { base64ToBytes, hashBytes, utf8ToBytes } from "../src/protocol/bytes.js";
import { checkCertificates, makeShare, openSealedKey } from "../src/protocol/ceremony.js";
import { deriveSecret, normaliseCode, possessionMessage, publicCredential } from "../src/protocol/credentials.js";
import { readElection } from "../src/protocol/election.js";
import { ProtocolFault } from "../src/protocol/errors.js";
import { elementText, generatorPower, parseElement, parseKey } from "../src/protocol/group.js";
import { systemRandom, type RandomSource } from "../src/protocol/random.js";
import { reissueMessage } from "../src/protocol/reissue.js";
import { deriveTrusteeKeys } from "../src/protocol/sealing.js";
import { verifyMessage } from "../src/protocol/signatures.js";

/** The cases that every implementation of the protocol reads: one file each, one fault each. */
const DIRECTORY = join(import.meta.dirname, "../../vectors");

interface Vector {
  readonly case: string;
  readonly expect: string;
  readonly about: string;
  readonly [member: string]: unknown;
}

function casesOf(kind: string): Vector[] {
  const directory = join(DIRECTORY, kind);
  return readdirSync(directory)
    .filter((name) => name.endsWith(".json"))
    .map((name) => JSON.parse(readFileSync(join(directory, name), "utf8")) as Vector);
}

function text(vector: Vector, member: string): string {
  const value = vector[member];
  if (typeof value !== "string") throw new TypeError(`${vector.case} has no ${member}`);
  return value;
}

function bytes(vector: Vector, member: string): Uint8Array {
  const encoded = vector[`${member}_base64`];
  return typeof encoded === "string" ? base64ToBytes(encoded) : utf8ToBytes(text(vector, member));
}

/** Known bytes: block number i is SHA-256(`<name>|<i>`). */
function streamOf(name: string): RandomSource {
  let block = 0;
  let left: number[] = [];
  return (length) => {
    while (left.length < length) left = left.concat(Array.from(hashBytes(`${name}|${block++}`)));
    return Uint8Array.from(left.splice(0, length));
  };
}

interface Place {
  readonly size: number;
  readonly threshold: number;
  readonly index: number;
}

/** Place of a seed among certificates; of the first one when it is none of theirs, which must then be refused. */
function placeOf(seed: string, certificates: readonly string[]): Place {
  const messages = certificates.map((certificate) => (JSON.parse(certificate) as { message: string }).message);
  const { context } = JSON.parse(messages[0] ?? "") as { context: { threshold: number } };
  const key = elementText(deriveTrusteeKeys(seed).verificationKey);
  const rank = messages.findIndex((message) => message.includes(`"verification":"${key}"`));
  return { size: certificates.length, threshold: context.threshold, index: Math.max(rank, 0) + 1 };
}

/** A line of a register: what is read here of an Opening and of its Reissues. */
interface RegisterLine {
  readonly contest: string;
  readonly slots?: readonly (readonly [slot: string, key: string])[];
  readonly entries?: readonly { readonly slot: string; readonly generation: number; readonly key: string; readonly possession: unknown }[];
}

/** Checks every proof of possession of a register under the text that the page of new codes signs. */
function checkPossessions(register: string): number {
  const lines = register.trimEnd().split("\n").map((line) => JSON.parse(line) as RegisterLine);
  const [opening] = lines;
  const live = new Map(opening?.slots);
  const entries = lines.flatMap((line) => line.entries ?? []);
  for (const { slot, generation, key, possession } of entries) {
    const previous = parseKey(live.get(slot));
    verifyMessage(parseKey(key), reissueMessage({ uuid: opening?.contest ?? "", slot, generation, previous }, parseKey(key)), possession);
    live.set(slot, key);
  }
  return entries.length;
}

const CHECKS: Readonly<Record<string, (vector: Vector) => void | Promise<void>>> = {
  element: (vector) => {
    const element = parseElement(vector["text"]);
    if (vector["exponent"] !== undefined) expect(element.equals(generatorPower(BigInt(text(vector, "exponent"))))).toBe(true);
  },
  credential: (vector) => {
    const secret = deriveSecret(text(vector, "uuid"), normaliseCode(text(vector, "code")));
    expect(secret.toString()).toBe(vector["secret"]);
    expect(publicCredential(secret)).toBe(vector["public_key"]);
  },
  possession: (vector) => {
    const message = possessionMessage(text(vector, "challenge"), text(vector, "uuid"), text(vector, "credential"));
    try {
      verifyMessage(parseKey(vector["credential"]), message, vector["proof"]);
    } catch (error) {
      // The portal, which checks possession, has its own word for a wrong signature here.
      if (error instanceof ProtocolFault && error.code === "wrong-message-signature") throw new ProtocolFault("wrong-possession", "");
      throw error;
    }
  },
  signature: (vector) => {
    verifyMessage(parseKey(vector["public_key"]), text(vector, "message"), vector["proof"]);
  },
  election: (vector) => {
    const { fingerprint } = readElection(bytes(vector, "election"));
    if (vector["fingerprint"] !== undefined) expect(fingerprint).toBe(vector["fingerprint"]);
  },
  choice: (vector) => {
    const election = readElection(bytes(vector, "election"));
    createBallot({ election, secret: 1n, choices: vector["choices"] as number[][], random: systemRandom });
  },
  ballot: (vector) => {
    const election = readElection(bytes(vector, "election"));
    expect(verifyBallot(election, bytes(vector, "ballot")).tracker).toBe(vector["tracker"]);
  },
  certificates: (vector) => {
    const certificates = vector["certificates"] as string[];
    checkCertificates(certificates, { size: certificates.length, threshold: vector["threshold"] as number });
  },
  share: async (vector) => {
    const certificates = vector["certificates"] as string[];
    const seed = text(vector, "seed");
    const share = await makeShare(seed, placeOf(seed, certificates), certificates, text(vector, "vinput"), systemRandom);
    expect((JSON.parse(share) as { public_key: { public_key: string } }).public_key.public_key).toBe(vector["public_share"]);
  },
  "decryption-key": async (vector) => {
    const secret = await openSealedKey(text(vector, "seed"), vector["message"]);
    if (vector["secret"] !== undefined) expect(secret.toString()).toBe(vector["secret"]);
    if (vector["public_share"] !== undefined) expect(elementText(generatorPower(secret))).toBe(vector["public_share"]);
  },
};

/** The verdict of a case, in the words of the vectors; anything but a fault of the protocol is a defect here. */
async function verdict(check: (vector: Vector) => void | Promise<void>, vector: Vector): Promise<string> {
  try {
    await check(vector);
  } catch (error) {
    if (error instanceof ProtocolFault) return error.code;
    throw error;
  }
  return "accepted";
}

describe.each(Object.entries(CHECKS))("vectors of kind %s", (kind, check) => {
  it.each(casesOf(kind).map((vector) => [vector.case, vector.expect, vector] as const))("%s: %s", async (_, expected, vector) => {
    expect(await verdict(check, vector)).toBe(expected);
  });
});

describe("ballots made from known bytes", () => {
  const made = casesOf("ballot").filter((vector) => vector["made_from"] !== undefined);
  it.each(made.map((vector) => [vector.case, vector] as const))("%s is made again, byte for byte", (_, vector) => {
    const { secret, choices, stream } = vector["made_from"] as { secret: string; choices: number[][]; stream: string };
    const election = readElection(bytes(vector, "election"));
    expect(createBallot({ election, secret: BigInt(secret), choices, random: streamOf(stream) })).toBe(vector["ballot"]);
  });
});

describe("the possession of a new key", () => {
  const registers = casesOf("register");

  it("is proved over the same text as everywhere else", () => {
    const good = registers.filter(({ case: name }) => name === "register/good");
    expect(good.map((vector) => checkPossessions(text(vector, "register")))).toEqual([2]);
  });

  it("is refused where it is another's, or of another text", () => {
    const wrong = registers.filter(({ expect: expected }) => expected === "wrong-reissue-possession");
    expect(wrong.length).toBeGreaterThan(0);
    for (const vector of wrong) expect(() => checkPossessions(text(vector, "register"))).toThrow("match");
  });
});
