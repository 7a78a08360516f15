import { CODE_LENGTH } from "../protocol/credentials.js";
import { doubtsOf, readTyped } from "../protocol/typedcode.js";
import { actionButton, element } from "../view/dom.js";
import type { Say } from "../view/words.js";
import type { BoothKey } from "../words/booth.fr.js";
import { openDecoder, type QrDecoder } from "./qrdecoder.js";

const PANEL = "qr-panel";
const FILE = "qr-file";
const FRAME_MILLISECONDS = 200;

/** The code in what a notice's QR code says: the fragment of an address, or the code alone. */
export function codeOfAddress(text: string): string | undefined {
  const fragment = text.slice(text.indexOf("#") + 1).replace(/^code=/, "");
  let plain: string;
  try {
    plain = decodeURIComponent(fragment);
  } catch {
    return undefined;
  }
  const { bare } = readTyped(plain);
  return Array.from(bare).length === CODE_LENGTH && doubtsOf(bare).length === 0 ? bare : undefined;
}

/** « Photographier le QR code »: the camera in the page, or one photograph. No picture is kept nor sent. */
export class QrReader {
  readonly root: HTMLElement;
  private readonly opener: HTMLButtonElement;
  private readonly video = element("video", { muted: true, playsinline: true, hidden: true, class: "qr-reader__video" });
  private readonly status = element("p", { class: "qr-reader__status", role: "status" });
  private readonly file = element("input", { id: FILE, type: "file", accept: "image/*", capture: "environment" });
  private readonly panel: HTMLElement;
  private stream: MediaStream | undefined;
  /** Counts the ways begun: a camera that answers late says nothing over the photograph taken since. */
  private turn = 0;

  constructor(
    private readonly say: Say<BoothKey>,
    private readonly take: (code: string) => void,
  ) {
    this.opener = actionButton(say("qrOpen"), () => { void this.toggle(); }, "button--secondary");
    this.opener.setAttribute("aria-expanded", "false");
    this.opener.setAttribute("aria-controls", PANEL);
    this.video.setAttribute("aria-label", say("qrVideo"));
    const photograph = element("div", { class: "file-drop" }, element("label", { class: "field__label", for: FILE }, say("qrFile")), this.file);
    this.panel = element("div", { id: PANEL, class: "qr-reader__panel", hidden: true }, this.video, this.status, photograph);
    this.root = element("div", { class: "qr-reader" }, this.opener, this.panel);
    this.file.addEventListener("change", () => { void this.readFile(); });
    window.addEventListener("pagehide", () => { this.stop(); });
  }

  private async toggle(): Promise<void> {
    if (!this.panel.hidden) {
      this.close();
      return;
    }
    this.panel.hidden = false;
    this.opener.setAttribute("aria-expanded", "true");
    this.opener.textContent = this.say("qrClose");
    await this.film();
  }

  private close(): void {
    this.stop();
    this.panel.hidden = true;
    this.status.textContent = "";
    this.opener.setAttribute("aria-expanded", "false");
    this.opener.textContent = this.say("qrOpen");
  }

  /** Releases the camera, also one that is still being opened. */
  stop(): void {
    this.turn += 1;
    if (this.stream !== undefined) release(this.stream);
    this.stream = undefined;
    this.video.srcObject = null;
    this.video.hidden = true;
  }

  private async film(): Promise<void> {
    this.tell(this.say("qrStarting"));
    const { turn } = this;
    let decoder: QrDecoder | undefined;
    try {
      decoder = await this.openCamera(turn);
    } catch {
      // No camera, not allowed, or an old browser without the interface at all.
      if (turn !== this.turn) return;
      this.stop();
      this.tell(this.say("qrNoCamera"));
      return;
    }
    if (decoder === undefined) return;
    this.tell(this.say("qrAim"));
    await this.watch(decoder);
  }

  /** Shows what the camera sees; nothing when the voter has turned to something else meanwhile. */
  private async openCamera(turn: number): Promise<QrDecoder | undefined> {
    const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
    if (turn !== this.turn) {
      release(stream);
      return undefined;
    }
    this.stream = stream;
    const decoder = await openDecoder();
    if (turn !== this.turn) return undefined;
    this.video.srcObject = stream;
    this.video.hidden = false;
    await this.video.play();
    return turn === this.turn ? decoder : undefined;
  }

  private async watch(decoder: QrDecoder): Promise<void> {
    // The page may have been left for another one of the booth: then the camera is released.
    const { stream } = this;
    while (stream !== undefined && this.stream === stream && this.video.isConnected) {
      if (this.judge(await decoder.read(this.video).catch(() => undefined))) return;
      await new Promise((resolve) => setTimeout(resolve, FRAME_MILLISECONDS));
    }
    if (this.stream === stream) this.stop();
  }

  private async readFile(): Promise<void> {
    const [photograph] = this.file.files ?? [];
    if (photograph === undefined) return;
    this.stop();
    this.tell(this.say("qrReading"));
    try {
      const decoder = await openDecoder();
      const picture = await createImageBitmap(photograph);
      const text = await decoder.read(picture);
      picture.close();
      if (!this.judge(text) && text === undefined) this.tell(this.say("qrNone"));
    } catch {
      this.tell(this.say("qrNone"));
    }
    this.file.value = "";
  }

  /** Takes the code when the text has one. */
  private judge(text: string | undefined): boolean {
    if (text === undefined) return false;
    const code = codeOfAddress(text);
    if (code === undefined) {
      this.tell(this.say("qrOther"));
      return false;
    }
    this.close();
    this.take(code);
    return true;
  }

  private tell(sentence: string): void {
    if (this.status.textContent !== sentence) this.status.textContent = sentence;
  }
}

function release(stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop();
}
