import { ProtocolFault } from "./errors.js";

/** What JSON can say. */
export type Json = string | number | boolean | null | Json[] | { [member: string]: Json };
export type JsonObject = Record<string, Json>;

/** Numbers are counts and bounds, of ten digits at most; larger values are texts. */
const NUMBER_LIMIT = 1e10;
const DEEPEST = 100;
const MOST_EXPECTED = 1_000_000_000;

/** Compact JSON, members in the order of insertion: the canonical form of everything the protocol writes. */
export function canonical(value: unknown): string {
  return JSON.stringify(value);
}

/**
 * Reads canonical JSON only: what was read, written again, must be the same text. What a lenient reader
 * forgives is a hidden channel, and a place where two readers may disagree.
 */
export function readCanonical(text: string): Json {
  let value: Json;
  try {
    value = JSON.parse(text) as Json;
  } catch {
    const isNumber = tokensOf(text).some((token) => /^-?(?:NaN|Infinity)$/.test(token));
    throw isNumber ? numberFault() : new ProtocolFault("not-json", "The text is not JSON.");
  }
  checkValue(value, 0);
  if (canonical(value) !== text) throw formFault(text);
  return value;
}

/** Reads canonical JSON from bytes. */
export function readCanonicalBytes(bytes: Uint8Array): Json {
  return readCanonical(decodeUtf8(bytes));
}

/** Decodes UTF-8 strictly (no byte-order mark removed, no replacement character). */
export function decodeUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new ProtocolFault("not-utf8", "The text is not UTF-8.");
  }
}

function checkValue(value: Json, depth: number): void {
  if (depth > DEEPEST) throw new ProtocolFault("too-deep", "The JSON is nested too deeply.");
  if (typeof value === "number") {
    if (!Number.isInteger(value) || Math.abs(value) >= NUMBER_LIMIT) throw numberFault();
  } else if (typeof value === "string") {
    // Half of a surrogate pair can be escaped but has no UTF-8.
    if (/\p{Surrogate}/u.test(value)) throw new ProtocolFault("not-canonical", "The text holds half of a character.");
  } else if (typeof value === "object" && value !== null) {
    const parts = Array.isArray(value) ? value : [...Object.keys(value), ...Object.values(value)];
    for (const part of parts) checkValue(part, depth + 1);
  }
}

/** Names the departure from the canonical form: a number that is no short integer, a repeated member, or another. */
function formFault(text: string): ProtocolFault {
  const tokens = tokensOf(text);
  if (tokens.some((token) => /^-?\d.*[.eE]/.test(token))) return numberFault();
  if (repeatsMember(tokens)) return new ProtocolFault("duplicate-member", "A member appears twice in a JSON object.");
  return new ProtocolFault("not-canonical", "The text is not in canonical form.");
}

function numberFault(): ProtocolFault {
  return new ProtocolFault("number-not-integer", "A JSON number is not a short integer.");
}

function tokensOf(text: string): string[] {
  return text.match(/"(?:[^"\\]|\\.)*"|-?[A-Za-z0-9.+]+(?:[eE][+-]?\d+)?|[{}[\]:,]/g) ?? [];
}

function repeatsMember(tokens: readonly string[]): boolean {
  const open: Set<string>[] = [];
  return tokens.some((token, rank) => {
    if (token === "{" || token === "[") open.push(new Set());
    else if (token === "}" || token === "]") open.pop();
    else if (tokens[rank + 1] === ":") {
      const name = JSON.parse(token) as string;
      const seen = open.at(-1);
      if (seen?.has(name)) return true;
      seen?.add(name);
    }
    return false;
  });
}

/** The value as an object having exactly these members, in this order; the optional ones come last. */
export function membersOf(value: unknown, name: string, required: readonly string[], optional: readonly string[] = []): JsonObject {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw typeFault(name);
  const keys = Object.keys(value);
  const missing = required.find((member) => !keys.includes(member));
  if (missing !== undefined) throw new ProtocolFault("missing-member", `The member “${missing}” is missing.`);
  if (keys.some((key) => !required.includes(key) && !optional.includes(key))) {
    throw new ProtocolFault("unknown-member", `“${name}” contains an unknown member.`);
  }
  if (keys.join() !== [...required, ...optional.filter((member) => keys.includes(member))].join()) {
    throw new ProtocolFault("wrong-member-order", `The members of “${name}” are not in order.`);
  }
  return value as JsonObject;
}

/** The value as an array, of the given length where one is required. */
export function itemsOf(value: unknown, name: string, length?: number): Json[] {
  if (!Array.isArray(value)) throw typeFault(name);
  if (length !== undefined && value.length !== length) throw lengthFault(name);
  return value as Json[];
}

export function lengthFault(name: string): ProtocolFault {
  return new ProtocolFault("wrong-length", `“${name}” does not have the expected number of items.`);
}

/** The value as a text, wholly of the given form where one is required. */
export function textOf(value: unknown, name: string, form?: RegExp): string {
  if (typeof value !== "string") throw typeFault(name);
  if (form !== undefined && !form.test(value)) throw new ProtocolFault("bad-form", `“${name}” does not have the expected form.`);
  return value;
}

/** The value as a JSON integer within bounds, both allowed. */
export function integerOf(value: unknown, name: string, low: number, high = MOST_EXPECTED): number {
  if (typeof value !== "number" || !Number.isInteger(value)) throw typeFault(name);
  if (value < low || value > high) throw new ProtocolFault("out-of-range", `“${name}” is out of its bounds.`);
  return value;
}

export function booleanOf(value: unknown, name: string): boolean {
  if (typeof value !== "boolean") throw typeFault(name);
  return value;
}

function typeFault(name: string): ProtocolFault {
  return new ProtocolFault("wrong-type", `“${name}” is not of the expected type.`);
}

/** Runs a reading whose every fault is told under one code. */
export function underCode<Value>(code: string, sentence: string, read: () => Value): Value {
  try {
    return read();
  } catch (error) {
    if (error instanceof ProtocolFault) throw new ProtocolFault(code, sentence);
    throw error;
  }
}
