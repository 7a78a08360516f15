/**
 * Makes one ballot with the booth's own code, for the tests of the other implementations.
 *
 * Standard input, JSON: `{"election": "<exact text of the record>", "code": "XXXXX-…"}` or `"secret": "<decimal>"`
 * instead of the code, and `"choice": [[1,0,0], …]` (one vector per question, blank first).
 * Standard output: the exact text of the ballot, without a final newline.
 */
import { text } from "node:stream/consumers";

import { createBallot } from "../src/protocol/ballots.js";
import { utf8ToBytes } from "../src/protocol/bytes.js";
import { deriveSecret, normaliseCode } from "../src/protocol/credentials.js";
import { readElection } from "../src/protocol/election.js";
import { systemRandom } from "../src/protocol/random.js";

interface BallotRequest {
  readonly election: string;
  readonly code?: string;
  readonly secret?: string;
  readonly choice: number[][];
}

const request = JSON.parse(await text(process.stdin)) as BallotRequest;
const election = readElection(utf8ToBytes(request.election));
const secret =
  request.code === undefined ? BigInt(request.secret ?? "") : deriveSecret(election.uuid, normaliseCode(request.code));
process.stdout.write(createBallot({ election, secret, choices: request.choice, random: systemRandom }));
