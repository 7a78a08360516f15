import { decodeQR } from "qr/decode.js";

/** Pixels of a picture, four bytes each (red, green, blue, alpha), row after row. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8ClampedArray;
}

/** The text of the QR code on a picture, for browsers that cannot read one themselves; nothing when none is found. */
export function readQr(picture: Pixels, milliseconds: number): string | undefined {
  try {
    return decodeQR(picture, { format: "RGBA", timeLimit: milliseconds });
  } catch {
    return undefined;
  }
}
