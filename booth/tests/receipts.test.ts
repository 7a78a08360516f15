import { ed25519 } from "@noble/curves/ed25519.js";
import { describe, expect, it } from "vitest";

import { bytesToBase64, bytesToHex, utf8ToBytes } from "../src/protocol/bytes.js";
import { canonical } from "../src/protocol/jsontext.js";
import { ReceiptMismatch, checkReceipt, type ExpectedReceipt, type Receipt, type ReceiptFault } from "../src/protocol/receipts.js";

const SECRET = ed25519.utils.randomSecretKey(new Uint8Array(32).fill(7));
const KEY = bytesToHex(ed25519.getPublicKey(SECRET));
const SAID = {
  type: "isoloir-receipt",
  version: 1,
  election: "Élections d’essai",
  contest: "ZpMNkgxbX6wNrY",
  contest_name: "CSA",
  fingerprint: "F".repeat(43),
  tracker: "T".repeat(43),
  cast_at: "2026-12-03T08:12:07Z",
};
const EXPECTED: ExpectedReceipt = { receiptKey: KEY, contest: SAID.contest, fingerprint: SAID.fingerprint, tracker: SAID.tracker };

function signed(text: string, prefix = "isoloir-receipt-v1\n"): Receipt {
  return { text, signature: bytesToBase64(ed25519.sign(utf8ToBytes(prefix + text), SECRET)), key: KEY };
}

function faultsOf(receipt: Receipt, expected = EXPECTED): readonly ReceiptFault[] {
  try {
    checkReceipt(receipt, expected);
  } catch (error) {
    if (error instanceof ReceiptMismatch) return error.faults;
    throw error;
  }
  return [];
}

describe("a receipt", () => {
  it("passes when it is signed and says what the browser computed", () => {
    expect(checkReceipt(signed(canonical(SAID)), EXPECTED).castAt).toBe(SAID.cast_at);
  });

  it.each(["tracker", "contest", "fingerprint"] as const)("raises the alarm when its %s differs", (member) => {
    expect(faultsOf(signed(canonical({ ...SAID, [member]: "autre" })))).toEqual([member]);
  });

  it("raises the alarm when the signature, its prefix or its key is another", () => {
    const good = signed(canonical(SAID));
    expect(faultsOf({ ...good, signature: bytesToBase64(new Uint8Array(64)) })).toEqual(["signature"]);
    expect(faultsOf({ ...good, signature: "pas du Base64" })).toEqual(["signature"]);
    expect(faultsOf(signed(canonical(SAID), ""))).toEqual(["signature"]);
    expect(faultsOf({ ...good, key: "00".repeat(32) })).toEqual(["signature"]);
    expect(faultsOf(good, { ...EXPECTED, receiptKey: "00".repeat(32) })).toEqual(["signature"]);
  });

  it("raises the alarm when its text is not of the agreed form, even signed", () => {
    for (const text of ["", "{}", canonical({ ...SAID, version: 2 }), canonical({ ...SAID, extra: 1 }), JSON.stringify(SAID, null, 1)]) {
      expect(faultsOf(signed(text))).toContain("form");
    }
  });
});
