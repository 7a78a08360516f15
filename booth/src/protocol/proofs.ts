import { ProtocolFault } from "./errors.js";
import { ORDER } from "./group.js";
import { membersOf } from "./jsontext.js";

/** A proof as it is written: two decimal scalars. */
export interface Proof {
  readonly challenge: string;
  readonly response: string;
}

/** A proof as it is computed with. */
export interface ProofScalars {
  readonly challenge: bigint;
  readonly response: bigint;
}

export function writeProof(challenge: bigint, response: bigint): Proof {
  return { challenge: challenge.toString(), response: response.toString() };
}

/** Reads a proof strictly: canonical decimals in [0, q). */
export function readProof(value: unknown): ProofScalars {
  const members = membersOf(value, "proof", ["challenge", "response"]);
  return { challenge: readScalar(members["challenge"]), response: readScalar(members["response"]) };
}

/** A scalar in canonical decimal, below the order of the group. */
export function readScalar(value: unknown): bigint {
  if (typeof value !== "string" || !/^(0|[1-9][0-9]{0,76})$/.test(value)) {
    throw new ProtocolFault("scalar-not-canonical", "A scalar must be a canonical decimal number in a string.");
  }
  const scalar = BigInt(value);
  if (scalar >= ORDER) throw new ProtocolFault("scalar-out-of-range", "A scalar must be below the order of the group.");
  return scalar;
}
