import type { Pixels } from "../qr.js";

/** Reads the QR code of a video or of a picture; nothing when none is found. */
export interface QrDecoder {
  read(source: HTMLVideoElement | ImageBitmap): Promise<string | undefined>;
}

/** Hash of `qr.js`, written here by the build: the decoder runs in the page that holds the code. */
declare const QR_INTEGRITY: string;
/** Larger sides than this tell the decoder nothing more. */
const LONGEST_SIDE = { video: 800, picture: 1600 } as const;
const PATIENCE_MILLISECONDS = { video: 60, picture: 1500 } as const;

interface BrowserDetector {
  detect(source: ImageBitmapSource): Promise<readonly { readonly rawValue: string }[]>;
}

interface BrowserDetectorClass {
  new (options: { readonly formats: readonly string[] }): BrowserDetector;
  getSupportedFormats(): Promise<readonly string[]>;
}

/** The browser's own decoder when it has one, else the one of `qr.js`, loaded now. */
export async function openDecoder(): Promise<QrDecoder> {
  return (await browserDecoder()) ?? (await loadDecoder());
}

async function browserDecoder(): Promise<QrDecoder | undefined> {
  const { BarcodeDetector } = globalThis as { BarcodeDetector?: BrowserDetectorClass };
  if (BarcodeDetector === undefined) return undefined;
  try {
    if (!(await BarcodeDetector.getSupportedFormats()).includes("qr_code")) return undefined;
    const detector = new BarcodeDetector({ formats: ["qr_code"] });
    return { read: async (source) => (await detector.detect(source))[0]?.rawValue };
  } catch {
    return undefined;
  }
}

/**
 * The file beside this script. `import()` takes no hash, but it gives the module that an element has already loaded
 * from the same address, and the element checks the hash.
 */
async function loadDecoder(): Promise<QrDecoder> {
  const url = new URL("qr.js", import.meta.url).href;
  await new Promise<void>((resolve, reject) => {
    const script = document.createElement("script");
    script.type = "module";
    script.integrity = QR_INTEGRITY;
    script.src = url;
    script.addEventListener("load", () => { resolve(); });
    script.addEventListener("error", () => { reject(new Error("the decoder could not be loaded")); });
    document.head.append(script);
  });
  const { readQr } = (await import(url)) as typeof import("../qr.js");
  const canvas = document.createElement("canvas");
  return {
    read: (source) => {
      const kind = source instanceof HTMLVideoElement ? "video" : "picture";
      const pixels = pixelsOf(source, canvas, LONGEST_SIDE[kind]);
      return Promise.resolve(pixels && readQr(pixels, PATIENCE_MILLISECONDS[kind]));
    },
  };
}

function pixelsOf(source: HTMLVideoElement | ImageBitmap, canvas: HTMLCanvasElement, longest: number): Pixels | undefined {
  const [width, height] = source instanceof HTMLVideoElement ? [source.videoWidth, source.videoHeight] : [source.width, source.height];
  const scale = Math.min(1, longest / Math.max(width, height, 1));
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (context === null || canvas.width === 0 || canvas.height === 0) return undefined;
  context.drawImage(source, 0, 0, canvas.width, canvas.height);
  return context.getImageData(0, 0, canvas.width, canvas.height);
}
