import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync, readFileSync, readdirSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { createBallot } from "../../src/protocol/ballots.js";
import { verifyBallot } from "../../src/protocol/ballotcheck.js";
import { hexHash, utf8ToBytes } from "../../src/protocol/bytes.js";
import { generateSeed, makeCertificate, makePolynomial, makeShare, openDecryptionKey, type Place } from "../../src/protocol/ceremony.js";
import { deriveSecret, publicCredential } from "../../src/protocol/credentials.js";
import { makePartialDecryption } from "../../src/protocol/decryption.js";
import { readElection, type Election } from "../../src/protocol/election.js";
import { canonical } from "../../src/protocol/jsontext.js";
import { randomBase58, systemRandom } from "../../src/protocol/random.js";

/** belenios-tool, named by BELENIOS_TOOL or where the repository's own script puts it. */
const TOOL = process.env["BELENIOS_TOOL"] ?? join(homedir(), ".cache/isoloir/belenios/trixie/belenios-tool");
const PLACES: readonly Place[] = [1, 2].map((index) => ({ index, size: 2, threshold: 1 }));
const UUID = "BwPPCcUyZzRjZ4bDkqXmYt";
const CHOICES = [[0, 1, 0, 0], [0, 0, 0, 1], [1, 0, 0, 0], [0, 1, 0, 0]];

let directory: string;

function tool(args: readonly string[], input = ""): string {
  const env = { ...process.env, BELENIOS_USE_URANDOM: "1" };
  return execFileSync(TOOL, args, { cwd: directory, input, encoding: "utf8", env, stdio: ["pipe", "pipe", "pipe"] });
}

function write(name: string, content: string): void {
  writeFileSync(join(directory, name), content);
}

function read(name: string): string {
  return readFileSync(join(directory, name), "utf8");
}

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "isoloir-belenios-"));
});
afterAll(() => {
  rmSync(directory, { recursive: true });
});

interface SentPolynomial {
  readonly polynomial: string;
  readonly secrets: readonly string[];
  readonly coefexps: unknown;
  readonly signature: unknown;
}

/** Plays the ceremony of a 1-of-2 group: ours make every message, belenios-tool checks and assembles them. */
async function playCeremony(): Promise<{ seeds: string[]; shares: string[] }> {
  const seeds = PLACES.map(() => generateSeed(systemRandom));
  const certificates = PLACES.map((place, rank) => makeCertificate(seeds[rank] ?? "", place, systemRandom));
  write("certs", certificates.join("\n") + "\n");
  tool(["setup", "generate-trustee-key-threshold", "--group", "Ed25519", "--step", "2", "--certs", "certs"]);
  const polynomials = await Promise.all(PLACES.map((place, rank) => makePolynomial(seeds[rank] ?? "", place, certificates, systemRandom)));
  write("polynomials", polynomials.join("\n") + "\n");
  const files = ["--certs", "certs", "--polynomials", "polynomials"];
  tool(["setup", "generate-trustee-key-threshold", "--group", "Ed25519", "--step", "4", ...files]);
  const sent = polynomials.map((text) => JSON.parse(text) as SentPolynomial);
  const shares = await Promise.all(
    PLACES.map((place, rank) => makeShare(seeds[rank] ?? "", place, certificates, route(sent, rank), systemRandom)),
  );
  const step6 = ["setup", "generate-trustee-key-threshold", "--group", "Ed25519", "--step", "6", ...files];
  write("threshold.json", tool(step6, shares.join("\n") + "\n").trim());
  return { seeds, shares };
}

function route(sent: readonly SentPolynomial[], rank: number): string {
  return canonical({
    polynomial: sent[rank]?.polynomial,
    secrets: sent.map(({ secrets }) => secrets[rank]),
    coefexps: sent.map(({ coefexps }) => coefexps),
    signatures: sent.map(({ signature }) => signature),
  });
}

/** Makes the election record with belenios-tool and opens its archive. */
function openElection(codes: readonly string[]): Election {
  const template = {
    description: "", name: "Essai", administrator: "A", credential_authority: "B",
    questions: [{ answers: ["Liste 1", "Liste 2", "Liste 3"], blank: true, min: 1, max: 1, question: "?" }],
  };
  write("template.json", canonical(template));
  write("public_keys.jsons", "");
  tool(["setup", "make-trustees"]);
  tool(["setup", "make-election", "--uuid", UUID, "--group", "Ed25519", "--template", "template.json"]);
  const credentials = codes.map((code) => publicCredential(deriveSecret(UUID, code))).sort();
  write("public_creds.json", canonical(credentials));
  tool(["archive", "init"]);
  return readElection(utf8ToBytes(read("election.json").trimEnd()));
}

function castAll(election: Election, codes: readonly string[]): void {
  codes.forEach((code, rank) => {
    const secret = deriveSecret(UUID, code);
    const ballot = createBallot({ election, secret, choices: [CHOICES[rank] ?? []], random: systemRandom });
    verifyBallot(election, utf8ToBytes(ballot));
    write("ballot.json", ballot);
    tool(["election", "verify-ballot", "--ballot", "ballot.json", "--dir", "."]);
    tool(["archive", "add-event", "--type=Ballot"], `${ballot}\n`);
  });
}

/** Closes, counts with our partial decryption, and lets belenios-tool compute and verify the result. */
async function count(election: Election, seed: string, share: string): Promise<unknown> {
  tool(["archive", "add-event", "--type=EndBallots"]);
  const [tally = "", sized = ""] = tool(["election", "compute-encrypted-tally"]).trim().split("\n");
  tool(["archive", "add-event", "--type=EncryptedTally"], `${tally}\n${sized}\n`);
  const { public_key: key } = JSON.parse(share) as { public_key: { public_key: string } };
  const secret = await openDecryptionKey(seed, share);
  const partial = makePartialDecryption({ election, encryptedTally: tally, secret, publicShare: key.public_key, random: systemRandom });
  const owned = canonical({ owner: 2, payload: hexHash(partial) });
  tool(["archive", "add-event", "--type=PartialDecryption"], `${partial}\n${owned}\n`);
  const result = tool(["election", "compute-result"]).trim();
  tool(["archive", "add-event", "--type=Result"], `${result}\n`);
  tool(["election", "verify", "--dir", "."]);
  return JSON.parse(result);
}

describe.skipIf(!existsSync(TOOL))("belenios-tool", () => {
  it("accepts our certificates, polynomials, shares, ballots and partial decryption, finds the right result, and refuses an altered ballot", async () => {
    const { seeds, shares } = await playCeremony();
    const codes = CHOICES.map(() => {
      const bare = randomBase58(22, systemRandom);
      return [bare.slice(0, 5), bare.slice(5, 11), bare.slice(11, 16), bare.slice(16)].join("-");
    });
    const election = openElection(codes);
    castAll(election, codes);
    write("altered.json", read("ballot.json").replace(/"response":"\d/, '"response":"0'));
    expect(() => tool(["election", "verify-ballot", "--ballot", "altered.json", "--dir", "."])).toThrow("verify-ballot");
    expect(readdirSync(directory)).toContain(`${UUID}.bel`);
    expect(await count(election, seeds[1] ?? "", shares[1] ?? "")).toEqual({ result: [[1, 2, 0, 1]] });
  });
});
