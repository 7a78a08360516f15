import type { Answer } from "./answers.js";
import { checkCertificates } from "../../src/protocol/ceremony.js";
import { elementText, generatorPower, parseElement, type Element, NEUTRAL } from "../../src/protocol/group.js";
import { canonical, type JsonObject } from "../../src/protocol/jsontext.js";
import { electionBytes } from "../elections.js";

type Step = "certificate" | "polynomial" | "share";
const STEPS: readonly Step[] = ["certificate", "polynomial", "share"];
const SIZE = 2;
const THRESHOLD = 2;

/** A key ceremony of test for one group of two delegates, both needed; nobody's key is known to it. */
export class TrusteePortal {
  private texts: Record<Step, Map<number, string>> = emptyTexts();
  private readonly decrypted = new Map<string, string>();
  /** Shows a certificate made for another place, to see the pages refuse it. */
  private isLying = false;
  private isCounting = false;

  reset(): void {
    this.texts = emptyTexts();
    this.decrypted.clear();
    this.isLying = false;
    this.isCounting = false;
  }

  answer(method: string, path: string, body: Buffer): Promise<Answer | undefined> {
    if (path === "/bureau/_mentir/" || path === "/bureau/_depouiller/") return Promise.resolve(this.obey(path));
    const [, seat, what] = /^\/bureau\/delegates-(\d+)\/cles\/(etat\.json)?$/.exec(path) ?? [];
    const index = Number(seat);
    if (!(index >= 1 && index <= SIZE)) return Promise.resolve(undefined);
    if (what === undefined && method === "POST") return Promise.resolve(this.take(index, body));
    return Promise.resolve(json(200, this.state(index)));
  }

  private obey(path: string): Answer {
    if (path === "/bureau/_mentir/") this.isLying = true;
    else this.isCounting = true;
    return json(200, {});
  }

  private take(index: number, body: Buffer): Answer {
    const sent = JSON.parse(body.toString("utf8")) as { step: string; text: string; contest?: string };
    if (sent.step === "decryption") this.decrypted.set(`${index} ${sent.contest ?? ""}`, sent.text);
    else if (sent.step === this.stepOf(index)) this.texts[sent.step as Step].set(index, sent.text);
    else return json(409, { error: "wrong_step", message: "Cette étape est déjà faite." });
    if (this.isDone("certificate")) checkCertificates(this.all("certificate"), { size: SIZE, threshold: THRESHOLD });
    return json(200, this.state(index));
  }

  private isDone(step: Step): boolean {
    return this.texts[step].size === SIZE;
  }

  private all(step: Step): string[] {
    return [...this.texts[step]].sort(([one], [other]) => one - other).map(([, text]) => text);
  }

  private stepOf(index: number): string {
    const open = STEPS.find((step) => !this.isDone(step));
    if (open === undefined) return "ready";
    return this.texts[open].has(index) ? "wait" : open;
  }

  private state(index: number): unknown {
    const done = (step: Step): number[] => [...this.texts[step].keys()].sort((one, other) => one - other);
    const certificates = this.isDone("certificate") ? this.all("certificate") : null;
    return {
      format: "isoloir-trustee-state",
      version: 1,
      station: { code: "BVE-01", name: "Bureau de vote d’essai" },
      election: "Élections professionnelles d’essai 2026",
      me: { name: `Mme Essai ${index}`, group: "delegates", index, size: SIZE, threshold: THRESHOLD, owner: index },
      step: this.stepOf(index),
      steps_done: { certificate: done("certificate"), polynomial: done("polynomial"), share: done("share") },
      certificates: this.isLying ? certificates?.reverse() : certificates,
      vinput: this.isDone("polynomial") ? this.vinput(index) : null,
      voutput: this.texts.share.get(index) ?? null,
      decryptions: this.isCounting ? this.decryptions(index) : [],
      post_url: `/bureau/delegates-${index}/cles/`,
      csrf_token: "jeton-d-essai",
    };
  }

  private vinput(index: number): string {
    const polynomials = this.all("polynomial").map((text) => JSON.parse(text) as JsonObject & { secrets: string[] });
    return canonical({
      polynomial: polynomials[index - 1]?.["polynomial"],
      secrets: polynomials.map(({ secrets }) => secrets[index - 1]),
      coefexps: polynomials.map((polynomial) => polynomial["coefexps"]),
      signatures: polynomials.map((polynomial) => polynomial["signature"]),
    });
  }

  /** Two contests under the group's key, whose totals are 3 blank votes and 5 votes for the first list. */
  private decryptions(index: number): unknown[] {
    const share = JSON.parse(this.texts.share.get(index) ?? "{}") as { public_key: { public_key: string } };
    const publicKey = this.publicKey();
    return ["DepAAAAAAAAAAAAAAAAAAA", "DepBBBBBBBBBBBBBBBBBBB"].map((uuid, rank) => {
      const election = electionBytes({ uuid, lists: 2, publicKey: elementText(publicKey), name: `Scrutin d’essai ${rank + 1}` });
      const tally = [[3, 5, 0].map((count, place) => encrypt(publicKey, count, BigInt(1000 * (rank + 1) + place + 1)))];
      return {
        contest: uuid,
        contest_name: `Scrutin d’essai ${rank + 1}`,
        election_record: new TextDecoder().decode(election),
        encrypted_tally: canonical(tally),
        owner: index,
        public_share: share.public_key.public_key,
        done: this.decrypted.has(`${index} ${uuid}`),
      };
    });
  }

  private publicKey(): Element {
    return this.all("polynomial").reduce<Element>((product, text) => {
      const { coefexps } = JSON.parse(text) as { coefexps: { message: string } };
      const [first] = (JSON.parse(coefexps.message) as { coefexps: string[] }).coefexps;
      return product.add(parseElement(first));
    }, NEUTRAL);
  }
}

function emptyTexts(): Record<Step, Map<number, string>> {
  return { certificate: new Map(), polynomial: new Map(), share: new Map() };
}

function encrypt(publicKey: Element, count: number, r: bigint): { alpha: string; beta: string } {
  const beta = publicKey.multiply(r).add(generatorPower(BigInt(count)));
  return { alpha: elementText(generatorPower(r)), beta: elementText(beta) };
}

function json(status: number, value: unknown): Answer {
  return { status, type: "application/json", body: JSON.stringify(value) };
}
