import { describe, expect, it } from "vitest";

import { utf8ToBytes } from "../src/protocol/bytes.js";
import { readCandidates } from "../src/protocol/candidates.js";
import { readElection } from "../src/protocol/election.js";
import { canonical } from "../src/protocol/jsontext.js";
import { electionBytes } from "./elections.js";
import { makeContest } from "./harness/contests.js";

const CONTEST = makeContest("CSA", "CSA", 4, 3, "list");

type Bundle = { contest: string; lists: { name: string; position: number; logo: string }[] } & Record<string, unknown>;

/** An election that binds this altered bundle: only the content can be at fault, never the hash. */
function bound(alter: (bundle: Bundle) => void): () => unknown {
  const bundle = JSON.parse(new TextDecoder().decode(CONTEST.candidates)) as Bundle;
  alter(bundle);
  const bytes = utf8ToBytes(canonical(bundle));
  const election = readElection(electionBytes({ uuid: CONTEST.uuid, lists: 3, candidates: bytes }));
  return () => readCandidates(election, bytes);
}

describe("a candidate bundle", () => {
  it("is read when the election binds it", () => {
    const { lists, order } = readCandidates(readElection(CONTEST.election), CONTEST.candidates);
    expect(lists.map(({ position }) => position)).toEqual([1, 2, 3]);
    expect(lists[0]?.candidates).toHaveLength(8);
    expect(order).toContain("12 novembre");
  });

  it("is refused whole when one of its bytes differs", () => {
    const altered = Uint8Array.from(CONTEST.candidates);
    altered[altered.length - 20] = 0x41;
    expect(() => readCandidates(readElection(CONTEST.election), altered)).toThrow("binds");
  });

  it("is refused when the election binds none", () => {
    expect(() => readCandidates(readElection(electionBytes({ lists: 3 })), CONTEST.candidates)).toThrow("binds");
  });

  it("is read in its second form, where statements in PDF are bound by their hash", () => {
    const file = { sha256: "a".repeat(64), size: 20480, pages: 2 };
    expect(
      bound((bundle) => {
        bundle["version"] = 2;
        bundle.lists.forEach((list, rank) => Object.assign(list, { statement_pdf: rank ? null : file }));
      }),
    ).not.toThrow();
  });

  it.each([
    ["a statement in PDF has no hash", (bundle: Bundle) => {
      bundle["version"] = 2;
      for (const list of bundle.lists) Object.assign(list, { statement_pdf: { sha256: "", size: 1, pages: 1 } });
    }],
    ["its second form lacks a member", (bundle: Bundle) => { bundle["version"] = 2; }],
    ["its first form has a member of the second", (bundle: Bundle) => { for (const list of bundle.lists) Object.assign(list, { statement_pdf: null }); }],
    ["its form is of the future", (bundle: Bundle) => { bundle["version"] = 3; }],
    ["a list is missing", (bundle: Bundle) => { bundle.lists.pop(); }],
    ["two lists are exchanged", (bundle: Bundle) => { bundle.lists.reverse(); }],
    ["a list is renamed", (bundle: Bundle) => { for (const list of bundle.lists) list.name += "!"; }],
    ["positions do not follow", (bundle: Bundle) => { for (const list of bundle.lists) list.position += 1; }],
    ["it belongs to another contest", (bundle: Bundle) => { bundle.contest = "ZpMNkgxbX6wNrZ"; }],
    ["a logo would be fetched elsewhere", (bundle: Bundle) => { for (const list of bundle.lists) list.logo = "https://example.org/x.png"; }],
    ["it has an unknown member", (bundle: Bundle) => { bundle["extra"] = 1; }],
  ])("is refused when %s", (_, alter) => {
    expect(bound(alter)).toThrow();
  });
});
