import { scryptAsync } from "@noble/hashes/scrypt.js";

import { bytesToHex, hexToBytes, utf8ToBytes } from "./bytes.js";
import { ProtocolFault } from "./errors.js";
import { canonical, decodeUtf8, integerOf, membersOf, readCanonical, textOf, underCode } from "./jsontext.js";
import type { RandomSource } from "./random.js";
import { owned } from "./sealing.js";

/** Whose key a file holds; station, group and index are bound to the sealed seed. */
export interface KeyHolder {
  readonly station: string;
  readonly holder: string;
  readonly group: string;
  readonly index: number;
}

/** Fewest characters of an activation passphrase. */
export const PASSPHRASE_LENGTH = 12;

const COST = { n: 65536, r: 8, p: 1 } as const;
const MEMBERS = ["format", "version", "station", "holder", "group", "index", "kdf", "cipher", "sealed"];
const FORMAT = "isoloir-trustee-key";

/** The passphrase as it is derived from: NFKC, so that every keyboard gives the same bytes. */
export function normalisePassphrase(passphrase: string): string {
  return passphrase.normalize("NFKC");
}

/** Length in characters as a person counts them. */
export function passphraseLength(passphrase: string): number {
  return Array.from(normalisePassphrase(passphrase)).length;
}

/** Writes the key file: the seed under AES-256-GCM, its key from the passphrase by scrypt (RFC 7914). */
export async function sealKeyFile(holder: KeyHolder, seed: string, passphrase: string, random: RandomSource): Promise<string> {
  if (passphraseLength(passphrase) < PASSPHRASE_LENGTH) {
    throw new ProtocolFault("passphrase-short", "An activation passphrase has at least 12 characters.");
  }
  const salt = random(16);
  const nonce = random(12);
  const key = await passphraseKey(passphrase, salt, "encrypt");
  const sealed = await crypto.subtle.encrypt(cipher(holder, nonce), key, owned(utf8ToBytes(seed)));
  return canonical({
    format: FORMAT,
    version: 1,
    station: holder.station,
    holder: holder.holder,
    group: holder.group,
    index: holder.index,
    kdf: { name: "scrypt", ...COST, salt: bytesToHex(salt) },
    cipher: { name: "AES-256-GCM", nonce: bytesToHex(nonce) },
    sealed: bytesToHex(new Uint8Array(sealed)),
  });
}

/** Opens a key file: the holder it names and the seed; `passphrase-wrong` when it does not open. */
export async function openKeyFile(text: string, passphrase: string): Promise<{ holder: KeyHolder; seed: string }> {
  const { holder, salt, nonce, sealed } = readKeyFile(text);
  const key = await passphraseKey(passphrase, salt, "decrypt");
  let opened: ArrayBuffer;
  try {
    opened = await crypto.subtle.decrypt(cipher(holder, nonce), key, owned(sealed));
  } catch {
    throw new ProtocolFault("passphrase-wrong", "The key file does not open with this passphrase.");
  }
  const seed = decodeUtf8(new Uint8Array(opened));
  if (!/^[1-9A-HJ-NP-Za-km-z]{22}$/.test(seed)) throw new ProtocolFault("key-file-form", "The key file holds no seed.");
  return { holder, seed };
}

/** Whom a key file says it belongs to, before any passphrase is asked. */
export function readKeyHolder(text: string): KeyHolder {
  return readKeyFile(text).holder;
}

interface KeyFile {
  readonly holder: KeyHolder;
  readonly salt: Uint8Array;
  readonly nonce: Uint8Array;
  readonly sealed: Uint8Array;
}

function readKeyFile(text: string): KeyFile {
  return underCode("key-file-form", "The file is not a key file of this kind and version.", () => {
    const file = membersOf(readCanonical(text.trimEnd()), "key file", MEMBERS);
    const kdf = membersOf(file["kdf"], "kdf", ["name", "n", "r", "p", "salt"]);
    const { name, nonce } = membersOf(file["cipher"], "cipher", ["name", "nonce"]);
    textOf(file["format"], "format", /^isoloir-trustee-key$/);
    integerOf(file["version"], "version", 1, 1);
    textOf(kdf["name"], "kdf", /^scrypt$/);
    for (const cost of ["n", "r", "p"] as const) integerOf(kdf[cost], cost, COST[cost], COST[cost]);
    textOf(name, "cipher", /^AES-256-GCM$/);
    return {
      holder: {
        station: textOf(file["station"], "station"),
        holder: textOf(file["holder"], "holder"),
        group: textOf(file["group"], "group"),
        index: integerOf(file["index"], "index", 1),
      },
      salt: hexOf(kdf["salt"], 16),
      nonce: hexOf(nonce, 12),
      sealed: hexOf(file["sealed"], 38),
    };
  });
}

function hexOf(value: unknown, length: number): Uint8Array {
  return hexToBytes(textOf(value, "hexadecimal", new RegExp(`^[0-9a-f]{${2 * length}}$`)));
}

function cipher({ station, group, index }: KeyHolder, nonce: Uint8Array): AesGcmParams {
  const additionalData = owned(utf8ToBytes(`${station}|${group}|${index}`));
  return { name: "AES-GCM", iv: owned(nonce), additionalData, tagLength: 128 };
}

async function passphraseKey(passphrase: string, salt: Uint8Array, usage: "encrypt" | "decrypt"): Promise<CryptoKey> {
  const password = utf8ToBytes(normalisePassphrase(passphrase));
  const bytes = await scryptAsync(password, salt, { N: COST.n, r: COST.r, p: COST.p, dkLen: 32 });
  return crypto.subtle.importKey("raw", owned(bytes), "AES-GCM", false, [usage]);
}
