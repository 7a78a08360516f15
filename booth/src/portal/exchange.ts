import { readJsonLoosely } from "./looseJson.js";
import type { JsonObject } from "../protocol/jsontext.js";

/** The portal answered, and refused: `code` is its own word for it. */
export class PortalRefusal extends Error {
  constructor(
    readonly code: string,
    readonly said: string,
    readonly waitSeconds: number,
    readonly url: string | undefined,
    /** All that the portal answered. */
    readonly answer: JsonObject = {},
  ) {
    super(code);
    this.name = "PortalRefusal";
  }
}

/** No answer came, or none that says anything: the same request may be tried again. */
export class PortalUnreachable extends Error {
  constructor() {
    super("the portal did not answer");
    this.name = "PortalUnreachable";
  }
}

const PATIENCE_MILLISECONDS = 30_000;

/** Exact bytes at an address of the portal. */
export async function fetchBytes(url: string): Promise<Uint8Array<ArrayBuffer>> {
  return (await exchange(url, {})).bytes;
}

/** A JSON object at an address of the portal. */
export async function fetchObject(url: string): Promise<JsonObject> {
  return readJsonLoosely((await exchange(url, {})).bytes) ?? unreadable();
}

/** Sends a body of JSON (its exact text) with the CSRF token; the answer's bytes. */
export async function postText(url: string, csrfToken: string, text: string): Promise<Uint8Array<ArrayBuffer>> {
  const headers = { "Content-Type": "application/json", "X-CSRFToken": csrfToken };
  return (await exchange(url, { method: "POST", headers, body: text })).bytes;
}

export async function postForObject(url: string, csrfToken: string, text: string): Promise<JsonObject> {
  return readJsonLoosely(await postText(url, csrfToken, text)) ?? unreadable();
}

function unreadable(): never {
  throw new PortalUnreachable();
}

async function exchange(url: string, options: RequestInit): Promise<{ bytes: Uint8Array<ArrayBuffer> }> {
  let response: Response;
  let bytes: Uint8Array<ArrayBuffer>;
  try {
    response = await fetch(url, {
      ...options,
      credentials: "same-origin",
      cache: "no-store",
      redirect: "manual",
      signal: AbortSignal.timeout(PATIENCE_MILLISECONDS),
    });
    bytes = new Uint8Array(await response.arrayBuffer());
  } catch {
    throw new PortalUnreachable();
  }
  // A redirection away from these addresses can only be the way to sign in.
  if (response.type === "opaqueredirect") throw new PortalRefusal("signed_out", "", 0, undefined);
  if (response.ok) return { bytes };
  throw refusal(response.status, bytes);
}

function refusal(status: number, bytes: Uint8Array): Error {
  const said = readJsonLoosely(bytes);
  if (status >= 500 && said?.["error"] === undefined) return new PortalUnreachable();
  const wait = said?.["wait"];
  return new PortalRefusal(
    textOf(said?.["error"]) ?? (status === 401 ? "signed_out" : "unknown"),
    textOf(said?.["message"]) ?? "",
    typeof wait === "number" && wait > 0 ? Math.ceil(wait) : 0,
    sameOriginPath(textOf(said?.["url"])),
    said,
  );
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

/** The portal may name a page to go to; only a path of its own is followed. */
function sameOriginPath(url: string | undefined): string | undefined {
  return url !== undefined && /^\/(?![/\\])/.test(url) ? url : undefined;
}
