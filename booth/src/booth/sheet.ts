import { fetchBytes } from "../portal/exchange.js";
import { readCandidates, type CandidateBundle } from "../protocol/candidates.js";
import { readElection, type Election } from "../protocol/election.js";
import { ProtocolFault } from "../protocol/errors.js";
import { underCode } from "../protocol/jsontext.js";
import type { VoterContest } from "./state.js";

/** Everything that the ballot page shows for one contest, checked; and the voter's choice so far. */
export interface BallotSheet {
  readonly contest: VoterContest;
  readonly election: Election;
  readonly electionBytes: Uint8Array;
  readonly bundle: CandidateBundle;
  /** Position in the vector of answers: 0 is the blank vote. */
  choice: number | undefined;
}

/** Loads a contest's record and candidates; raises unless both are exactly what was sealed. */
export async function loadSheet(contest: VoterContest): Promise<BallotSheet> {
  const [electionBytes, candidateBytes] = await Promise.all([fetchBytes(contest.electionUrl), fetchBytes(contest.candidatesUrl)]);
  const election = underCode("record-differs", "The election record is not of its form.", () => readElection(electionBytes));
  checkElection(election, contest);
  return { contest, election, electionBytes, bundle: readCandidates(election, candidateBytes), choice: undefined };
}

function checkElection(election: Election, contest: VoterContest): void {
  if (election.fingerprint !== contest.fingerprint || election.uuid !== contest.uuid) {
    throw new ProtocolFault("record-differs", "The election record is not the one that the contest announces.");
  }
  const [question, ...others] = election.questions;
  const single = question?.blank === true && question.minimum === 1 && question.maximum === 1;
  if (!single || others.length > 0) {
    throw new ProtocolFault("record-differs", "The booth shows contests of one question, one choice and the blank vote.");
  }
}

/** The choice as Belenios encrypts it: one 1, at the chosen position; the blank vote comes first. */
export function choiceVector(sheet: BallotSheet, choice: number): number[] {
  return Array.from({ length: sheet.bundle.lists.length + 1 }, (_, position) => (position === choice ? 1 : 0));
}
