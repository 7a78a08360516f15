/** Measures the making and the checking of a ballot of 12 lists and blank: `npm run measure -- [TIMES]`. */
import { buildTables, createBallot } from "../src/protocol/ballots.js";
import { verifyBallot } from "../src/protocol/ballotcheck.js";
import { utf8ToBytes } from "../src/protocol/bytes.js";
import { readElection } from "../src/protocol/election.js";
import { randomScalar, systemRandom } from "../src/protocol/random.js";
import { electionBytes } from "../tests/elections.js";

const LISTS = 12;
const times = Math.max(1, Number(process.argv[2] ?? 30));
const election = readElection(electionBytes({ lists: LISTS }));
const choice = Array.from({ length: LISTS + 1 }, (_, position) => (position === 3 ? 1 : 0));
const secret = randomScalar(systemRandom);

function timed<Result>(act: () => Result): { result: Result; milliseconds: number } {
  const begun = performance.now();
  const result = act();
  return { result, milliseconds: performance.now() - begun };
}

function say(what: string, milliseconds: number): void {
  process.stdout.write(`${what.padEnd(46)}${milliseconds.toFixed(1).padStart(8)} ms\n`);
}

function median(durations: readonly number[]): number {
  return [...durations].sort((one, other) => one - other)[Math.floor(durations.length / 2)] ?? 0;
}

const tables = timed(() => buildTables(election));
const make = (): string => createBallot({ election, secret, choices: [choice], random: systemRandom, tables: tables.result });
const first = timed(make);
const made = Array.from({ length: times }, () => timed(make));
const checked = made.slice(0, 5).map(({ result }) => timed(() => verifyBallot(election, utf8ToBytes(result))));

process.stdout.write(`Node ${process.version}, ${LISTS} lists and blank, ${times} ballots of ${first.result.length} bytes\n`);
say("tables of both bases", tables.milliseconds);
say("first ballot, not yet compiled", first.milliseconds);
say("ballot made, median", median(made.map(({ milliseconds }) => milliseconds)));
say("ballot made, slowest", Math.max(...made.map(({ milliseconds }) => milliseconds)));
say("ballot checked, median", median(checked.map(({ milliseconds }) => milliseconds)));
