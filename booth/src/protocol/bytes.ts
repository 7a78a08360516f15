import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, hexToBytes, utf8ToBytes } from "@noble/hashes/utils.js";

export { bytesToHex, hexToBytes, utf8ToBytes };

/** Lower-case hexadecimal SHA-256 of a text (UTF-8) or of bytes: 64 characters (“hex-hash”). */
export function hexHash(content: string | Uint8Array): string {
  return bytesToHex(sha256(asBytes(content)));
}

/** SHA-256 in standard Base64 without its final `=`: 43 characters (“b64-hash”). */
export function base64Hash(content: string | Uint8Array): string {
  return bytesToBase64(sha256(asBytes(content))).replace(/=+$/, "");
}

/** SHA-256 as 32 raw bytes. */
export function hashBytes(content: string | Uint8Array): Uint8Array {
  return sha256(asBytes(content));
}

export function bytesToBase64(bytes: Uint8Array): string {
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary);
}

/** Decodes standard Base64 with its padding; throws on any other form. */
export function base64ToBytes(text: string): Uint8Array {
  const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  if (bytesToBase64(bytes) !== text) throw new RangeError("not canonical Base64");
  return bytes;
}

function asBytes(content: string | Uint8Array): Uint8Array {
  return typeof content === "string" ? utf8ToBytes(content) : content;
}
