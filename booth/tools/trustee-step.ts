/**
 * Plays one step of a trustee with the booth's own code, for the tests of the other implementations.
 *
 * Standard input, JSON: `{"step": "seed"}` prints a fresh seed; the other steps take `"seed"` and print their text:
 *   certificate  "place": {"index","size","threshold"}
 *   polynomial   "place", "certificates": ["<JSON text>", …]
 *   share        "place", "certificates", "vinput": "<JSON text>"
 *   decryption   "voutput": "<JSON text>", "election": "<exact text>", "encrypted_tally": "<exact text>", "public_share"
 */
import { text } from "node:stream/consumers";

import { utf8ToBytes } from "../src/protocol/bytes.js";
import { generateSeed, makeCertificate, makePolynomial, makeShare, openDecryptionKey, type Place } from "../src/protocol/ceremony.js";
import { makePartialDecryption } from "../src/protocol/decryption.js";
import { readElection } from "../src/protocol/election.js";
import { systemRandom } from "../src/protocol/random.js";

interface StepRequest {
  readonly step: string;
  readonly seed: string;
  readonly place: Place;
  readonly certificates: string[];
  readonly vinput: string;
  readonly voutput: string;
  readonly election: string;
  readonly encrypted_tally: string;
  readonly public_share: string;
}

async function play(request: StepRequest): Promise<string> {
  const { seed, place, certificates } = request;
  switch (request.step) {
    case "seed":
      return generateSeed(systemRandom);
    case "certificate":
      return makeCertificate(seed, place, systemRandom);
    case "polynomial":
      return makePolynomial(seed, place, certificates, systemRandom);
    case "share":
      return makeShare(seed, place, certificates, request.vinput, systemRandom);
    case "decryption":
      return makePartialDecryption({
        election: readElection(utf8ToBytes(request.election)),
        encryptedTally: request.encrypted_tally,
        secret: await openDecryptionKey(seed, request.voutput),
        publicShare: request.public_share,
        random: systemRandom,
      });
    default:
      throw new Error(`unknown step “${request.step}”`);
  }
}

process.stdout.write(await play(JSON.parse(await text(process.stdin)) as StepRequest));
