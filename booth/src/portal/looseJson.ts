import type { JsonObject } from "../protocol/jsontext.js";

/** An ordinary answer of the portal (not a protocol record): any JSON object, or nothing. */
export function readJsonLoosely(bytes: Uint8Array): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as JsonObject) : undefined;
  } catch {
    return undefined;
  }
}
