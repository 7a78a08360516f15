import { ed25519 } from "@noble/curves/ed25519.js";

import { base64ToBytes, hexToBytes, utf8ToBytes } from "./bytes.js";
import { ProtocolFault } from "./errors.js";
import { membersOf, readCanonical } from "./jsontext.js";

/** A receipt as the portal sends it. */
export interface Receipt {
  readonly text: string;
  readonly signature: string;
  readonly key: string;
}

/** What the browser knows by itself and the receipt must say again. */
export interface ExpectedReceipt {
  /** Ed25519 key announced with the voter's state, 64 hexadecimal digits. */
  readonly receiptKey: string;
  readonly contest: string;
  readonly fingerprint: string;
  readonly tracker: string;
}

/** What can be wrong with a receipt; each is told to the voter in words. */
export type ReceiptFault = "signature" | "form" | "tracker" | "contest" | "fingerprint";

/** A receipt that says exactly what the browser knows. */
export interface CheckedReceipt {
  readonly receipt: Receipt;
  readonly castAt: string;
}

/** The receipt is not the one of the ballot sent: everything that differs. */
export class ReceiptMismatch extends Error {
  constructor(
    readonly faults: readonly ReceiptFault[],
    readonly signedTracker: string | undefined,
  ) {
    super(`receipt: ${faults.join(", ")}`);
    this.name = "ReceiptMismatch";
  }
}

/** Prefix of the signed message, so that no other signature of this key can pass for a receipt. */
const SIGNED_PREFIX = "isoloir-receipt-v1\n";
const MEMBERS = ["type", "version", "election", "contest", "contest_name", "fingerprint", "tracker", "cast_at"];

/** Compares a signed receipt with what the browser computed itself; raises `ReceiptMismatch` naming all that differs. */
export function checkReceipt(receipt: Receipt, expected: ExpectedReceipt): CheckedReceipt {
  const faults: ReceiptFault[] = [];
  try {
    checkSignature(receipt, expected.receiptKey);
  } catch {
    // A signature or key that cannot even be decoded is a wrong signature.
    faults.push("signature");
  }
  const said = readReceipt(receipt.text);
  if (said === undefined) faults.push("form");
  for (const member of ["tracker", "contest", "fingerprint"] as const) {
    if (said?.[member] !== expected[member]) faults.push(member);
  }
  if (said === undefined || faults.length > 0) throw new ReceiptMismatch(faults, said?.tracker);
  return { receipt, castAt: said.castAt };
}

function checkSignature({ text, signature, key }: Receipt, receiptKey: string): void {
  const message = utf8ToBytes(SIGNED_PREFIX + text);
  const holds = ed25519.verify(base64ToBytes(signature), message, hexToBytes(receiptKey), { zip215: false });
  if (key !== receiptKey || !holds) throw new ProtocolFault("receipt-signature", "The receipt is not signed by the announced key.");
}

interface SaidReceipt {
  readonly tracker: string;
  readonly contest: string;
  readonly fingerprint: string;
  readonly castAt: string;
}

function readReceipt(text: string): SaidReceipt | undefined {
  try {
    const members = membersOf(readCanonical(text), "receipt", MEMBERS);
    const { type, version, tracker, contest, fingerprint, cast_at: castAt } = members;
    if (type !== "isoloir-receipt" || version !== 1) return undefined;
    if (typeof tracker !== "string" || typeof contest !== "string") return undefined;
    if (typeof fingerprint !== "string" || typeof castAt !== "string") return undefined;
    return { tracker, contest, fingerprint, castAt };
  } catch {
    return undefined;
  }
}
