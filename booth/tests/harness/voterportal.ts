import { ed25519 } from "@noble/curves/ed25519.js";

import { freshToken, makeContest, type HarnessContest } from "./contests.js";
import type { Answer } from "./answers.js";
import { RIGHT_DIGITS, anotherChallenge } from "./captcha.js";
import { tracker } from "../../src/protocol/ballots.js";
import { verifyBallot } from "../../src/protocol/ballotcheck.js";
import { base64Hash, bytesToBase64, bytesToHex, utf8ToBytes } from "../../src/protocol/bytes.js";
import { deriveSecret, possessionMessage, publicCredential } from "../../src/protocol/credentials.js";
import { readElection } from "../../src/protocol/election.js";
import { parseElement } from "../../src/protocol/group.js";
import { canonical } from "../../src/protocol/jsontext.js";
import { verifyMessage } from "../../src/protocol/signatures.js";
import { CODE } from "../elections.js";

/** What the harness does wrong on purpose. */
export interface Misbehaviour {
  /** Casts that are taken but never answered. */
  lostAnswers?: number;
  /** Refusal given to the next cast. */
  refuseCast?: string;
  /** Member of the receipt that is falsified. */
  falsify?: "tracker" | "contest" | "fingerprint" | "signature";
  /** Bundle altered by one byte. */
  alterCandidates?: boolean;
  signedOut?: boolean;
  /** A CAPTCHA is asked with the code. */
  captcha?: boolean;
  /** Refusal given to the next possession. */
  refuseCode?: string;
  /** Every contest is voted already. */
  allVoted?: boolean;
  wait?: number;
}

interface Cast {
  readonly ballot: string;
  readonly answer: string;
}

/** A voter portal of test: it checks possession proofs and ballots with the booth's own library. */
export class VoterPortal {
  misbehaviour: Misbehaviour = {};
  private readonly contests: readonly HarnessContest[] = [
    makeContest("CSA-MIN", "Comité social d’administration ministériel", 15, 12, "list"),
    makeContest("CAPA-EC", "Commission administrative paritaire académique des enseignants", 6, 3, "list"),
    makeContest("CCP-SG", "Commission consultative paritaire", 1, 2, "sigle"),
  ];
  private readonly closed = makeContest("CLOS", "Scrutin déjà clos", 4, 2, "list");
  private readonly suspended = makeContest("SUSP", "Scrutin suspendu", 4, 2, "list");
  private readonly receiptSecret = ed25519.utils.randomSecretKey();
  private readonly casts = new Map<string, Cast>();
  private challenge = freshToken();
  private isProved = false;
  private isCaptchaPassed = false;

  reset(): void {
    this.casts.clear();
    this.isProved = false;
    this.isCaptchaPassed = false;
    this.misbehaviour = {};
  }

  answer(method: string, path: string, body: Buffer): Answer | undefined {
    if (this.misbehaviour.signedOut) return json(401, { error: "signed_out", message: "", url: "/connexion/" });
    if (path === "/vote/etat.json") return json(200, this.state());
    if (path === "/vote/possession/" && method === "POST") return this.possession(body);
    if (path === "/vote/recu.pdf" && method === "POST") return { status: 200, type: "application/pdf", body: "%PDF-1.7\n%%EOF\n" };
    const [, uuid = "", what = ""] = /^\/vote\/([^/]+)\/([a-z.]+)$/.exec(path) ?? [];
    const contest = this.contests.find((one) => one.uuid === uuid);
    if (contest === undefined) return undefined;
    if (what === "election.json") return { status: 200, type: "application/json", body: contest.election };
    if (what === "candidats.json") return { status: 200, type: "application/json", body: this.candidates(contest) };
    return what === "bulletin" && method === "POST" ? this.cast(contest, body) : undefined;
  }

  private candidates(contest: HarnessContest): Uint8Array {
    if (!this.misbehaviour.alterCandidates) return contest.candidates;
    return Buffer.from(Buffer.from(contest.candidates).toString("utf8").replace("Prénom1 ", "Prénom9 "), "utf8");
  }

  private state(): unknown {
    const own = this.contests.map((contest) => this.contestState(contest));
    const shown = this.misbehaviour.allVoted ? own : [...own, other(this.closed, "closed"), other(this.suspended, "suspended")];
    return {
      election: { name: "Élections professionnelles d’essai 2026" },
      now: "2026-12-03T08:00:00Z",
      language: "fr",
      voting: { opens_at: "2026-12-03T07:00:00Z", closes_at: "2026-12-10T16:00:00Z", grace_ends_at: "2026-12-10T16:30:00Z" },
      challenge: this.challenge,
      receipt_key: bytesToHex(ed25519.getPublicKey(this.receiptSecret)),
      csrf_token: "jeton-d-essai",
      code_proved: this.isProved,
      contests: shown,
      possession_url: "/vote/possession/",
      receipt_pdf_url: "/vote/recu.pdf",
      home_url: "/espace/",
      verify_url: "/verifier/",
      captcha: this.asksCaptcha(),
      captcha_url: "/captcha/autre.json",
      reissue_url: "/vote/code/reassort/",
      reissue_opens_text: null,
    };
  }

  private contestState(contest: HarnessContest): unknown {
    const voted = this.casts.has(contest.uuid) || this.misbehaviour.allVoted === true;
    return {
      ...other(contest, voted ? "voted" : "to_vote"),
      voted_at: voted ? "2026-12-03T08:12:07Z" : null,
      voted_at_text: voted ? "jeudi 3 décembre 2026 à 9 h 12 (heure de Paris)" : null,
    };
  }

  private possession(body: Buffer): Answer {
    const sent = JSON.parse(body.toString("utf8")) as {
      challenge: string;
      proofs: { contest: string; credential: string; proof: unknown }[];
      captcha?: { token: string; answer: string; proof: string };
    };
    if (sent.challenge !== this.challenge) return json(409, { error: "challenge_expired", message: "" });
    if (this.asksCaptcha()) {
      if (sent.captcha?.answer !== RIGHT_DIGITS) {
        return json(403, { error: "captcha_wrong", message: "Ce ne sont pas les chiffres de l’image.", captcha: anotherChallenge() });
      }
      this.isCaptchaPassed = true;
    }
    if (this.misbehaviour.refuseCode !== undefined) return json(409, { error: this.misbehaviour.refuseCode, message: "" });
    if (sent.proofs.length === 0) return json(403, { error: "wrong_code", message: "", wait: 0 });
    for (const { contest, credential, proof } of sent.proofs) {
      verifyMessage(parseElement(credential), possessionMessage(this.challenge, contest, credential), proof);
      if (credential !== publicCredential(deriveSecret(contest, CODE))) {
        return json(403, { error: "wrong_code", message: "Code inconnu.", wait: this.misbehaviour.wait ?? 0 });
      }
    }
    this.isProved = true;
    this.challenge = freshToken();
    return json(200, { ok: true });
  }

  private asksCaptcha(): boolean {
    return this.misbehaviour.captcha === true && !this.isCaptchaPassed;
  }

  private cast(contest: HarnessContest, body: Buffer): Answer {
    const { refuseCast, falsify, lostAnswers = 0 } = this.misbehaviour;
    if (!this.isProved) return json(403, { error: "code_required", message: "" });
    if (refuseCast !== undefined) return json(409, { error: refuseCast, message: "Refus de l’essai." });
    const ballot = body.toString("utf8");
    const known = this.casts.get(contest.uuid);
    if (known !== undefined && known.ballot !== ballot) return json(409, { error: "already_voted", message: "" });
    verifyBallot(readElection(contest.election), body);
    const answer = known?.answer ?? canonical(this.receipt(contest, ballot, falsify));
    this.casts.set(contest.uuid, { ballot, answer });
    if (lostAnswers > 0) {
      this.misbehaviour.lostAnswers = lostAnswers - 1;
      return { status: 0, type: "", body: "" };
    }
    return { status: 200, type: "application/json", body: answer };
  }

  private receipt(contest: HarnessContest, ballot: string, falsify: Misbehaviour["falsify"]): unknown {
    const said = {
      type: "isoloir-receipt",
      version: 1,
      election: "Élections professionnelles d’essai 2026",
      contest: falsify === "contest" ? this.closed.uuid : contest.uuid,
      contest_name: contest.name,
      fingerprint: falsify === "fingerprint" ? base64Hash("une autre élection") : base64Hash(contest.election),
      tracker: falsify === "tracker" ? tracker("un autre bulletin") : tracker(ballot),
      cast_at: "2026-12-03T08:12:07Z",
    };
    const text = canonical(said);
    const secret = falsify === "signature" ? ed25519.utils.randomSecretKey() : this.receiptSecret;
    const signature = bytesToBase64(ed25519.sign(utf8ToBytes(`isoloir-receipt-v1\n${text}`), secret));
    const key = bytesToHex(ed25519.getPublicKey(this.receiptSecret));
    return { receipt: { text, signature, key }, cast_at: said.cast_at, cast_at_text: "jeudi 3 décembre 2026 à 9 h 12 (heure de Paris)" };
  }
}

function other(contest: HarnessContest, state: string): Record<string, unknown> {
  const { uuid, code, name, seats } = contest;
  return {
    uuid,
    code,
    name,
    seats,
    state,
    voted_at: null,
    voted_at_text: null,
    fingerprint: base64Hash(contest.election),
    election_url: `/vote/${uuid}/election.json`,
    candidates_url: `/vote/${uuid}/candidats.json`,
    cast_url: `/vote/${uuid}/bulletin`,
  };
}

function json(status: number, value: unknown): Answer {
  return { status, type: "application/json", body: JSON.stringify(value) };
}
