import { ProtocolFault } from "./errors.js";

/** What JSON can say. */
export type Json = string | number | boolean | null | Json[] | { [member: string]: Json };
export type JsonObject = Record<string, Json>;

/** Compact JSON, members in the order of insertion: the canonical form of everything the protocol writes. */
export function canonical(value: unknown): string {
  return JSON.stringify(value);
}

/** Reads canonical JSON only: what was read, written again, must be the same text. */
export function readCanonical(text: string): Json {
  let value: Json;
  try {
    value = JSON.parse(text) as Json;
  } catch {
    throw new ProtocolFault("not-json", "The text is not JSON.");
  }
  if (canonical(value) !== text) {
    throw new ProtocolFault("not-canonical", "The text is not in canonical form.");
  }
  return value;
}

/** Decodes UTF-8 strictly (no byte-order mark removed, no replacement character). */
export function decodeUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new ProtocolFault("not-utf8", "The text is not UTF-8.");
  }
}

/** The value as an object having exactly these members, in this order. */
export function exactMembers(value: unknown, members: readonly string[], code = "members"): JsonObject {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new ProtocolFault(code, `An object with ${members.join(", ")} was expected.`);
  }
  if (Object.keys(value).join() !== members.join()) {
    throw new ProtocolFault(code, `The members must be ${members.join(", ")}, in this order.`);
  }
  return value as JsonObject;
}

/** The value as an array, of the given length where one is required. */
export function arrayOf(value: unknown, length?: number, code = "length"): Json[] {
  if (!Array.isArray(value) || (length !== undefined && value.length !== length)) {
    throw new ProtocolFault(code, length === undefined ? "An array was expected." : `An array of ${length} was expected.`);
  }
  return value as Json[];
}

/** The value as a string. */
export function stringOf(value: unknown, code = "string"): string {
  if (typeof value !== "string") throw new ProtocolFault(code, "A string was expected.");
  return value;
}
