import { canonical } from "../src/protocol/jsontext.js";
import { elementText, generatorPower } from "../src/protocol/group.js";
import { hexHash, utf8ToBytes } from "../src/protocol/bytes.js";

/** Identifier of the fictional contest of these tests. */
export const UUID = "ZpMNkgxbX6wNrYTESTuuid";
/** Secret key of that contest: only tests may know one. */
export const ELECTION_SECRET = 123456789123456789n;
/** Voting code of the specification's own vector. */
export const CODE = "HfDB6-URcTPR-TTS8a-SPprCh";

export interface ElectionShape {
  readonly uuid?: string;
  readonly lists?: number;
  readonly blank?: boolean;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly candidates?: Uint8Array;
  readonly name?: string;
  readonly publicKey?: string;
}

export function listName(position: number): string {
  return `Syndicat fictif n° ${position}`;
}

/** Exact bytes of an election record. */
export function electionBytes(shape: ElectionShape = {}): Uint8Array {
  const { uuid = UUID, lists = 3, blank = true, minimum = 1, maximum = 1, name = "CSA d’essai" } = shape;
  const answers = Array.from({ length: lists }, (_, rank) => listName(rank + 1));
  return utf8ToBytes(
    canonical({
      version: 1,
      description: "",
      name,
      group: "Ed25519",
      public_key: shape.publicKey ?? elementText(generatorPower(ELECTION_SECRET)),
      questions: [{ answers, ...(blank ? { blank } : {}), min: minimum, max: maximum, question: "Quelle liste choisissez-vous ?" }],
      uuid,
      administrator: "Isoloir",
      credential_authority: "Isoloir",
      ...(shape.candidates ? { candidates: { sha256: hexHash(shape.candidates) } } : {}),
    }),
  );
}
