import { randomBytes } from "node:crypto";
import { deflateSync } from "node:zlib";

import { crc32 } from "./crc32.js";
import { utf8ToBytes } from "../../src/protocol/bytes.js";
import { canonical } from "../../src/protocol/jsontext.js";
import { electionBytes, listName } from "../elections.js";

/** A fictional contest as the harness serves it. */
export interface HarnessContest {
  readonly uuid: string;
  readonly code: string;
  readonly name: string;
  readonly seats: number;
  readonly election: Uint8Array;
  readonly candidates: Uint8Array;
}

export function makeContest(code: string, name: string, seats: number, lists: number, kind: "list" | "sigle"): HarnessContest {
  const uuid = `ZpMNkgxbX6wNrY${code.replace(/[^A-HJ-NP-Z]/g, "").padEnd(8, "Z").slice(0, 8)}`;
  const candidates = utf8ToBytes(canonical(bundle(uuid, lists, seats, kind)));
  return { uuid, code, name, seats, candidates, election: electionBytes({ uuid, lists, name, candidates }) };
}

function bundle(uuid: string, lists: number, seats: number, kind: string): unknown {
  return {
    version: 1,
    contest: uuid,
    order: "Ordre tiré au sort le 12 novembre 2026.",
    lists: Array.from({ length: lists }, (_, rank) => ({
      position: rank + 1,
      kind,
      name: listName(rank + 1),
      organisations: [listName(rank + 1)],
      affiliation: `Fédération fictive des personnels, section ${rank + 1}`,
      logo: rank % 3 === 2 ? "" : `data:image/png;base64,${greyPng(60 + rank * 12).toString("base64")}`,
      logo_alt: rank % 3 === 2 ? "" : `Logo de ${listName(rank + 1)}`,
      statement: "Nous défendons des conditions de travail dignes.\n\nNous demandons des moyens pour chaque école.",
      candidates: kind === "sigle" ? [] : candidates(seats, rank),
    })),
  };
}

function candidates(seats: number, list: number): unknown[] {
  return Array.from({ length: seats * 2 }, (_, rank) => ({
    rank: rank + 1,
    name: `${(rank + list) % 2 === 0 ? "Mme" : "M."} Prénom${rank + 1} EXEMPLE-${list + 1}`,
  }));
}

/** A plain grey square of 8 × 8 points. */
function greyPng(level: number): Buffer {
  const rows = Buffer.concat(Array.from({ length: 8 }, () => Buffer.concat([Buffer.from([0]), Buffer.alloc(8, level)])));
  const header = Buffer.from([0, 0, 0, 8, 0, 0, 0, 8, 8, 0, 0, 0, 0]);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([signature, chunk("IHDR", header), chunk("IDAT", deflateSync(rows)), chunk("IEND", Buffer.alloc(0))]);
}

function chunk(type: string, content: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, "ascii"), content]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(content.length);
  const check = Buffer.alloc(4);
  check.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, check]);
}

export function freshToken(): string {
  return randomBytes(16).toString("hex");
}
