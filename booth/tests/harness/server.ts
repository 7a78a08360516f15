/**
 * A portal of test for the two applications: `npm run harness -- PORT`. Loopback only; nothing of it is published.
 * POST /_essai/ with JSON sets what it does wrong on purpose; POST /_essai/zero starts afresh.
 */
import { readFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { resolve, sep } from "node:path";

import type { Answer } from "./answers.js";
import { anotherChallenge, captchaTemplate } from "./captcha.js";
import { ReissuePortal, type ReissueMisbehaviour } from "./reissueportal.js";
import { TrusteePortal } from "./trusteeportal.js";
import { VoterPortal, type Misbehaviour } from "./voterportal.js";

const STATIC = resolve(process.cwd(), "../isoloir/web/static");
const TYPES: Readonly<Record<string, string>> = {
  css: "text/css", js: "text/javascript", json: "application/json", svg: "image/svg+xml", woff2: "font/woff2",
};
const POLICY =
  "default-src 'none'; script-src 'self'; worker-src 'self'; style-src 'self'; img-src 'self' data:; media-src 'self'; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'";

const voters = new VoterPortal();
const trustees = new TrusteePortal();
const reissues = new ReissuePortal();

async function answer(request: IncomingMessage): Promise<Answer> {
  const { pathname, searchParams } = new URL(request.url ?? "/", "http://localhost");
  const body = await bodyOf(request);
  const method = request.method ?? "GET";
  if (pathname === "/_essai/zero") return restart();
  if (pathname === "/_essai/") return misbehave(body);
  if (pathname === "/vote/") return page("booth", "/vote/etat.json", searchParams.get("lang") ?? "fr");
  if (pathname === "/vote/code/nouveau/") return page("reissue", `${pathname}etat.json`, searchParams.get("lang") ?? "fr");
  if (pathname === "/captcha/autre.json") return { status: 200, type: "application/json", body: JSON.stringify(anotherChallenge()) };
  const seat = /^\/bureau\/([a-z]+-\d+)\/cles\/$/.exec(pathname)?.[1];
  if (seat && method === "GET") return page("trustee", `${pathname}etat.json`, searchParams.get("lang") ?? "fr");
  if (pathname.startsWith("/static/")) return staticFile(pathname.slice("/static/".length));
  return (await portalAnswer(method, pathname, body)) ?? { status: 404, type: "text/plain", body: "" };
}

async function portalAnswer(method: string, path: string, body: Buffer): Promise<Answer | undefined> {
  if (path.startsWith("/bureau/")) return trustees.answer(method, path, body);
  return path.startsWith("/vote/code/") ? reissues.answer(method, path, body) : voters.answer(method, path, body);
}

function restart(): Answer {
  reissues.reset();
  voters.reset();
  trustees.reset();
  return { status: 200, type: "text/plain", body: "" };
}

function misbehave(body: Buffer): Answer {
  const asked = JSON.parse(body.toString("utf8")) as Misbehaviour & ReissueMisbehaviour;
  voters.misbehaviour = asked;
  reissues.misbehaviour = asked;
  return { status: 200, type: "text/plain", body: "" };
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

async function page(id: string, stateUrl: string, language: string): Promise<Answer> {
  const hashes = JSON.parse(await readFile(resolve(STATIC, "booth/integrity.json"), "utf8")) as Record<string, string>;
  const styles = ["tokens", "base", "layout", "forms", "components", "panels", "account", "captcha", "ballot", "ceremony", "print"]
    .map((name) => `<link rel="stylesheet" href="/static/css/${name}.css">`)
    .join("");
  const script = `<script type="module" src="/static/booth/${id}.js" integrity="${hashes[`${id}.js`] ?? ""}"></script>`;
  return {
    status: 200,
    type: "text/html; charset=utf-8",
    body: `<!doctype html><html lang="${language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>Essai</title>${styles}${script}</head><body><main class="main"><div class="frame"><div id="${id}" lang="${language}" data-state-url="${stateUrl}"></div>${id === "booth" ? captchaTemplate() : ""}</div></main></body></html>`,
  };
}

async function staticFile(name: string): Promise<Answer> {
  const path = resolve(STATIC, name);
  if (!path.startsWith(STATIC + sep)) return { status: 404, type: "text/plain", body: "" };
  try {
    return { status: 200, type: TYPES[path.split(".").at(-1) ?? ""] ?? "application/octet-stream", body: await readFile(path) };
  } catch {
    return { status: 404, type: "text/plain", body: "" };
  }
}

function send(response: ServerResponse, { status, type, body }: Answer): void {
  if (status === 0) {
    response.destroy();
    return;
  }
  // Without reuse of connections, the browser never repeats by itself a request whose answer is cut.
  const headers = { "Content-Security-Policy": POLICY, "Cache-Control": "no-store", Connection: "close" };
  response.writeHead(status, { ...headers, "Content-Type": type });
  response.end(body);
}

const server = createServer((request, response) => {
  answer(request).then(
    (given) => { send(response, given); },
    (error: unknown) => { send(response, { status: 500, type: "text/plain", body: String(error) }); },
  );
});
server.listen(Number(process.argv[2] ?? 0), "127.0.0.1", () => {
  const address = server.address();
  process.stdout.write(`http://localhost:${typeof address === "object" && address ? address.port : 0}\n`);
});
