/**
 * Seals or opens a key file with the booth's own code, for test_trustee_browser_code.py.
 *
 * Standard input, JSON: `{"open": "<key file>", "passphrase"}` prints the seed;
 * `{"seal": {"station","holder","group","index"}, "seed", "passphrase"}` prints a key file.
 */
import { text } from "node:stream/consumers";

import { openKeyFile, sealKeyFile, type KeyHolder } from "../../booth/src/protocol/keyfile.js";
import { systemRandom } from "../../booth/src/protocol/random.js";

interface KeyFileRequest {
  readonly open?: string;
  readonly seal?: KeyHolder;
  readonly seed: string;
  readonly passphrase: string;
}

const request = JSON.parse(await text(process.stdin)) as KeyFileRequest;
process.stdout.write(
  request.seal === undefined
    ? (await openKeyFile(request.open ?? "", request.passphrase)).seed
    : await sealKeyFile(request.seal, request.seed, request.passphrase, systemRandom),
);
