import { bytesToHex, hashBytes, hexToBytes, utf8ToBytes } from "./bytes.js";
import { ProtocolFault } from "./errors.js";
import { elementText, generatorPower, hashToScalar, modOrder, parseElement, secretPower, type Element } from "./group.js";
import { canonical, decodeUtf8, membersOf, readCanonical, textOf } from "./jsontext.js";
import type { Proof } from "./proofs.js";
import { randomScalar, type RandomSource } from "./random.js";
import { signMessage, verifyMessage } from "./signatures.js";

/** A signed text (§7.1). */
export interface SignedMessage {
  readonly message: string;
  readonly signature: Proof;
}

/** A text sealed to one trustee's encryption key (§7.1, AES-256-GCM form). */
export interface SealedMessage {
  readonly algorithm: "AES-GCM";
  readonly alpha: string;
  readonly beta: string;
  readonly data: string;
}

/** The two private keys that follow from a trustee's seed. */
export interface TrusteeKeys {
  readonly signing: bigint;
  readonly decryption: bigint;
  readonly verificationKey: Element;
  readonly encryptionKey: Element;
}

export function deriveTrusteeKeys(seed: string): TrusteeKeys {
  if (!/^[1-9A-HJ-NP-Za-km-z]{22}$/.test(seed)) throw new ProtocolFault("bad-seed", "The seed does not have the expected form.");
  const signing = hashToScalar(`sk|${seed}`, []);
  const decryption = hashToScalar(`dk|${seed}`, []);
  return { signing, decryption, verificationKey: generatorPower(signing), encryptionKey: generatorPower(decryption) };
}

export function sign(signing: bigint, message: string, random: RandomSource): SignedMessage {
  return { message, signature: signMessage(signing, message, random) };
}

/** The message of a signed_msg, once its signature holds; raises otherwise. */
export function openSigned(value: unknown, verificationKey: Element): string {
  const signed = membersOf(value, "signed_msg", ["message", "signature"]);
  const message = textOf(signed["message"], "message");
  verifyMessage(verificationKey, message, signed["signature"]);
  return message;
}

/** Signs a message for one recipient and seals it to that recipient's key; the text of the sealed message. */
export async function sendMessage(
  signing: bigint,
  recipient: Element,
  message: string,
  random: RandomSource,
): Promise<string> {
  const inner = canonical({ recipient: elementText(recipient), message });
  return canonical(await seal(recipient, canonical(sign(signing, inner, random)), random));
}

/** Opens a message sealed to these keys; checks the sender's signature and the named recipient. */
export async function receiveMessage(keys: TrusteeKeys, sender: Element, value: unknown): Promise<string> {
  const text = await unseal(keys.decryption, value);
  const inner = membersOf(readCanonical(openSigned(readCanonical(text), sender)), "message", ["recipient", "message"]);
  if (inner["recipient"] !== elementText(keys.encryptionKey)) {
    throw new ProtocolFault("wrong-recipient", "The message was meant for another trustee.");
  }
  return textOf(inner["message"], "message");
}

async function seal(recipient: Element, text: string, random: RandomSource): Promise<SealedMessage> {
  const r = randomScalar(random);
  const mask = generatorPower(randomScalar(random));
  const alpha = elementText(generatorPower(r));
  const beta = elementText(secretPower(recipient, r).add(mask));
  const key = await importKey(mask, "encrypt");
  const sealed = await crypto.subtle.encrypt(aesGcm(alpha), key, owned(utf8ToBytes(text)));
  return { algorithm: "AES-GCM", alpha, beta, data: bytesToHex(new Uint8Array(sealed)) };
}

async function unseal(decryption: bigint, value: unknown): Promise<string> {
  const written = readCanonical(textOf(value, "encrypted_msg"));
  const sealed = membersOf(written, "encrypted_msg", ["algorithm", "alpha", "beta", "data"]);
  if (sealed["algorithm"] !== "AES-GCM") {
    throw new ProtocolFault("unknown-algorithm", "A message is encrypted by another algorithm than AES-GCM.");
  }
  const data = textOf(sealed["data"], "data", /^(?:[0-9a-f]{2})+$/);
  const alpha = textOf(sealed["alpha"], "alpha");
  const mask = parseElement(sealed["beta"]).subtract(secretPower(parseElement(alpha), modOrder(decryption)));
  const key = await importKey(mask, "decrypt");
  let opened: ArrayBuffer;
  try {
    opened = await crypto.subtle.decrypt(aesGcm(alpha), key, owned(hexToBytes(data)));
  } catch {
    throw new ProtocolFault("message-not-opened", "An encrypted message cannot be opened with this key.");
  }
  return decodeUtf8(new Uint8Array(opened));
}

/** Belenios uses the whole 32-byte hash as initialisation vector, and a tag of 16 bytes at the end. */
function aesGcm(alpha: string): AesGcmParams {
  return { name: "AES-GCM", iv: owned(hashBytes(`iv|${alpha}`)), tagLength: 128 };
}

async function importKey(mask: Element, usage: "encrypt" | "decrypt"): Promise<CryptoKey> {
  const bytes = owned(hashBytes(`key|${elementText(mask)}`));
  return crypto.subtle.importKey("raw", bytes, "AES-GCM", false, [usage]);
}

/** The same bytes in a buffer of their own, as WebCrypto's types ask. */
export function owned(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes);
}
