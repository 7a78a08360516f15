import { ProtocolFault } from "./errors.js";
import {
  GROUP_NAME,
  NEUTRAL,
  elementText,
  generatorPower,
  modOrder,
  parseElement,
  parseKey,
  publicPower,
  type Element,
} from "./group.js";
import { canonical, itemsOf, lengthFault, membersOf, readCanonical, textOf, type Json } from "./jsontext.js";
import { readScalar } from "./proofs.js";
import { randomBase58, randomScalar, type RandomSource } from "./random.js";
import { deriveTrusteeKeys, openSigned, receiveMessage, sendMessage, sign, type TrusteeKeys } from "./sealing.js";
import { proveKnowledge, signMessage, verifyMessage } from "./signatures.js";

/** Place of a trustee in a threshold group: `threshold` of `size` members can decrypt. */
export interface Place {
  readonly index: number;
  readonly size: number;
  readonly threshold: number;
}

/** A certificate that was checked. */
export interface Certificate {
  readonly text: string;
  readonly verificationKey: Element;
  readonly encryptionKey: Element;
}

/** Seed of a trustee: 22 Base58 characters. */
export function generateSeed(random: RandomSource): string {
  return randomBase58(22, random);
}

/** Step 1 (§7.2): the two public keys of a trustee with its place, signed by itself. */
export function makeCertificate(seed: string, place: Place, random: RandomSource): string {
  const keys = deriveTrusteeKeys(seed);
  const message = canonical({
    context: contextOf(place),
    verification: elementText(keys.verificationKey),
    encryption: elementText(keys.encryptionKey),
  });
  return canonical(sign(keys.signing, message, random));
}

function contextOf({ index, size, threshold }: Place): Record<string, string | number> {
  return { group: GROUP_NAME, size, threshold, index };
}

/** Step 2: every certificate of the group, in order, each at its own place and signed by its own key. */
export function checkCertificates(texts: readonly string[], group: Omit<Place, "index">): Certificate[] {
  if (texts.length !== group.size) throw lengthFault("certificates");
  const certificates = texts.map((text, rank) => checkCertificate(text, { ...group, index: rank + 1 }));
  const keys = certificates.flatMap(({ verificationKey, encryptionKey }) => [elementText(verificationKey), elementText(encryptionKey)]);
  if (new Set(keys).size !== keys.length) throw new ProtocolFault("duplicate-certificate", "Two certificates share a key.");
  return certificates;
}

function checkCertificate(text: string, place: Place): Certificate {
  const signed = readCanonical(text);
  const message = textOf(membersOf(signed, "signed_msg", ["message", "signature"])["message"], "message");
  const content = membersOf(readCanonical(message), "certificate", ["context", "verification", "encryption"]);
  if (canonical(content["context"]) !== canonical(contextOf(place))) {
    throw new ProtocolFault("wrong-context", "A certificate was made for another place or another group.");
  }
  const verificationKey = parseKey(content["verification"]);
  const encryptionKey = parseKey(content["encryption"]);
  withSignatureCode("wrong-certificate", `Certificate ${place.index} is not valid.`, () => openSigned(signed, verificationKey));
  return { text, verificationKey, encryptionKey };
}

/** The checked certificates of the trustee's own group; raises unless the trustee's own keys stand at its place. */
export function checkOwnPlace(seed: string, place: Place, texts: readonly string[]): { keys: TrusteeKeys; certificates: Certificate[] } {
  const certificates = checkCertificates(texts, place);
  const keys = deriveTrusteeKeys(seed);
  const mine = certificates[place.index - 1];
  if (!mine?.verificationKey.equals(keys.verificationKey) || !mine.encryptionKey.equals(keys.encryptionKey)) {
    throw new ProtocolFault("not-a-member", "The certificate at this place was not made from this key file.");
  }
  return { keys, certificates };
}

/** Step 3: a secret polynomial, one sealed secret per trustee, and a signature over all certificates. */
export async function makePolynomial(seed: string, place: Place, texts: readonly string[], random: RandomSource): Promise<string> {
  const { keys, certificates } = checkOwnPlace(seed, place, texts);
  const coefficients = Array.from({ length: place.threshold }, () => randomScalar(random));
  const coefexps = coefficients.map((coefficient) => elementText(generatorPower(coefficient)));
  const own = canonical({ polynomial: coefficients.map(String) });
  const polynomial = await sendMessage(keys.signing, keys.encryptionKey, own, random);
  const secrets = await Promise.all(
    certificates.map(({ encryptionKey }, rank) => {
      const secret = canonical({ secret: evaluate(coefficients, rank + 1).toString() });
      return sendMessage(keys.signing, encryptionKey, secret, random);
    }),
  );
  return canonical({
    polynomial,
    secrets,
    coefexps: sign(keys.signing, canonical({ coefexps }), random),
    signature: signMessage(keys.signing, certificatesMessage(texts, coefexps), random),
  });
}

/** What a trustee signs to say which certificates it saw (against a portal that shows each a different set). */
function certificatesMessage(texts: readonly string[], coefexps: readonly string[]): string {
  const certs = texts.map((text) => readCanonical(text));
  return `certs_sig|${canonical({ certs, coefexps })}`;
}

function evaluate(coefficients: readonly bigint[], point: number): bigint {
  return coefficients.reduceRight((value, coefficient) => modOrder(value * BigInt(point) + coefficient), 0n);
}

/** g^(value at `point`) of a polynomial known by the powers of its coefficients. */
function evaluateExponents(coefexps: readonly Element[], point: number): Element {
  return coefexps.reduceRight<Element>((value, element) => publicPower(value, BigInt(point)).add(element), NEUTRAL);
}

/**
 * Step 5: opens the secrets sealed for this trustee, checks all that the others sent (certificates,
 * coefficients, signatures, each secret against its coefficients), and answers with its public share.
 */
export async function makeShare(
  seed: string,
  place: Place,
  texts: readonly string[],
  vinput: string,
  random: RandomSource,
): Promise<string> {
  const { keys, certificates } = checkOwnPlace(seed, place, texts);
  const members = membersOf(readCanonical(vinput), "vinput", ["polynomial", "secrets", "coefexps", "signatures"]);
  const secrets = itemsOf(members["secrets"], "secrets", place.size);
  const coefexps = checkCoefexps(certificates, place, members["coefexps"], members["signatures"]);
  await checkOwnPolynomial(keys, place, members["polynomial"], coefexps);
  let decryptionKey = 0n;
  for (const [rank, certificate] of certificates.entries()) {
    const message = await receiveMessage(keys, certificate.verificationKey, secrets[rank]);
    const secret = readScalar(membersOf(readCanonical(message), "secret", ["secret"])["secret"]);
    const promised = evaluateExponents(coefexps[rank] ?? [], place.index);
    if (!generatorPower(secret).equals(promised)) {
      throw new ProtocolFault("wrong-secret-share", `The secret sent by trustee ${rank + 1} does not match its coefficients.`);
    }
    decryptionKey = modOrder(decryptionKey + secret);
  }
  return writeShare(keys, decryptionKey, random);
}

async function writeShare(keys: TrusteeKeys, decryptionKey: bigint, random: RandomSource): Promise<string> {
  const message = canonical({ decryption_key: decryptionKey.toString() });
  const publicKey = elementText(generatorPower(decryptionKey));
  return canonical({
    private_key: await sendMessage(keys.signing, keys.encryptionKey, message, random),
    public_key: {
      pok: proveKnowledge(decryptionKey, `pok|${GROUP_NAME}|${publicKey}|`, random),
      public_key: publicKey,
      signature: signMessage(keys.signing, publicKey, random),
    },
  });
}

function checkCoefexps(
  certificates: readonly Certificate[],
  place: Place,
  signedAll: Json | undefined,
  signaturesAll: Json | undefined,
): Element[][] {
  const signed = itemsOf(signedAll, "coefexps", place.size);
  const signatures = itemsOf(signaturesAll, "signatures", place.size);
  const texts = certificates.map(({ text }) => text);
  return certificates.map(({ verificationKey }, rank) => {
    const sender = `trustee ${rank + 1}`;
    const message = withSignatureCode("wrong-coefficients", `The coefficients of ${sender} are not valid.`, () =>
      openSigned(signed[rank], verificationKey),
    );
    const content = membersOf(readCanonical(message), "coefexps", ["coefexps"]);
    const written = itemsOf(content["coefexps"], "coefexps").map((text) => textOf(text, "coefexps"));
    if (written.length !== place.threshold) throw new ProtocolFault("wrong-threshold", "The threshold does not match.");
    withSignatureCode("wrong-certificates-signature", `The certificates were not signed by ${sender}.`, () => {
      verifyMessage(verificationKey, certificatesMessage(texts, written), signatures[rank]);
    });
    return written.map(parseElement);
  });
}

async function checkOwnPolynomial(
  keys: TrusteeKeys,
  place: Place,
  sealed: Json | undefined,
  coefexps: readonly (readonly Element[])[],
): Promise<void> {
  const message = await receiveMessage(keys, keys.verificationKey, sealed);
  const content = membersOf(readCanonical(message), "polynomial", ["polynomial"]);
  const coefficients = itemsOf(content["polynomial"], "polynomial", place.threshold).map(readScalar);
  const mine = coefexps[place.index - 1] ?? [];
  if (!coefficients.every((coefficient, rank) => mine[rank]?.equals(generatorPower(coefficient)))) {
    throw new ProtocolFault("wrong-own-polynomial", "The coefficients shown for this place are not this trustee's own.");
  }
}

/** The decryption key that a trustee sealed to itself, from its whole step 5 answer. */
export async function openDecryptionKey(seed: string, voutput: string): Promise<bigint> {
  const members = membersOf(readCanonical(voutput), "voutput", ["private_key", "public_key"]);
  return openSealedKey(seed, members["private_key"]);
}

/** The decryption key in the sealed message by which a trustee keeps it for itself. */
export async function openSealedKey(seed: string, sealed: unknown): Promise<bigint> {
  const keys = deriveTrusteeKeys(seed);
  const message = await receiveMessage(keys, keys.verificationKey, sealed);
  return readScalar(membersOf(readCanonical(message), "decryption_key", ["decryption_key"])["decryption_key"]);
}

/** Runs a check; a wrong signature in it is told under the code that names what was signed. */
function withSignatureCode<Value>(code: string, sentence: string, check: () => Value): Value {
  try {
    return check();
  } catch (error) {
    if (error instanceof ProtocolFault && error.code === "wrong-message-signature") throw new ProtocolFault(code, sentence);
    throw error;
  }
}
