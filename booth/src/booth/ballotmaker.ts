import { buildTables, createBallot, type EncryptionTables } from "../protocol/ballots.js";
import { readElection, type Election } from "../protocol/election.js";
import { randomScalar, systemRandom } from "../protocol/random.js";

/** Everything needed to make one ballot; the secret travels as a decimal text. */
export interface BallotOrder {
  readonly election: Uint8Array;
  readonly secret: string;
  readonly choice: readonly number[];
}

/** What makes ballots: a worker where the browser has one, else the page itself. */
export interface BallotMaker {
  /** Builds the tables of an election ahead of time, while the voter reads. */
  prepare(election: Uint8Array): void;
  make(order: BallotOrder): Promise<string>;
}

export type WorkerRequest =
  | { readonly id: number; readonly kind: "prepare"; readonly election: Uint8Array }
  | { readonly id: number; readonly kind: "make"; readonly order: BallotOrder };

export interface WorkerAnswer {
  readonly id: number;
  readonly ballot?: string;
  /** Duration of the work in milliseconds, for the measures of the browser tests. */
  readonly milliseconds: number;
}

/** Makes ballots in the thread where it lives, and keeps the tables of the last election. */
export class DirectBallotMaker implements BallotMaker {
  private election: Election | undefined;
  private tables: EncryptionTables | undefined;

  prepare(bytes: Uint8Array): void {
    this.tablesFor(readElection(bytes));
  }

  make(order: BallotOrder): Promise<string> {
    return Promise.resolve().then(() => {
      const election = readElection(order.election);
      const tables = this.tablesFor(election);
      const secret = BigInt(order.secret);
      return createBallot({ election, secret, choices: [order.choice], random: systemRandom, tables });
    });
  }

  /** Makes a blank ballot under a random key and throws it away, so that the engine has compiled the real path. */
  async warmUp(bytes: Uint8Array): Promise<void> {
    const lists = readElection(bytes).questions[0]?.answers.length ?? 0;
    const choice = Array.from({ length: lists + 1 }, (_, position) => (position === 0 ? 1 : 0));
    await this.make({ election: bytes, secret: randomScalar(systemRandom).toString(), choice });
  }

  private tablesFor(election: Election): EncryptionTables {
    if (this.tables === undefined || this.election?.fingerprint !== election.fingerprint) {
      this.tables = buildTables(election);
      this.election = election;
    }
    return this.tables;
  }
}

/** Answers the page from inside the worker. */
export function serveAsWorker(scope: DedicatedWorkerScope): void {
  const maker = new DirectBallotMaker();
  scope.onmessage = ({ data }) => {
    void answer(maker, data).then((message) => { scope.postMessage(message); });
  };
}

/** The part of a dedicated worker's global scope that is used here. */
export interface DedicatedWorkerScope {
  onmessage: ((event: { readonly data: WorkerRequest }) => void) | null;
  postMessage(message: WorkerAnswer): void;
}

async function answer(maker: DirectBallotMaker, request: WorkerRequest): Promise<WorkerAnswer> {
  const begun = performance.now();
  const { id } = request;
  try {
    if (request.kind === "prepare") {
      maker.prepare(request.election);
      const milliseconds = performance.now() - begun;
      await maker.warmUp(request.election);
      return { id, milliseconds };
    }
    const ballot = await maker.make(request.order);
    return { id, ballot, milliseconds: performance.now() - begun };
  } catch {
    // The page makes the ballot itself when the worker gives none, and reports what goes wrong there.
    return { id, milliseconds: performance.now() - begun };
  }
}

/** Makes ballots in a Web Worker, so that the page never freezes; falls back on the page's own thread. */
export class WorkerBallotMaker implements BallotMaker {
  private readonly direct = new DirectBallotMaker();
  private readonly waiting = new Map<number, (answer: WorkerAnswer | undefined) => void>();
  private worker: Worker | undefined;
  private lastId = 0;

  constructor(scriptUrl: string) {
    try {
      this.worker = new Worker(scriptUrl, { type: "module", name: "isoloir-ballot" });
    } catch {
      return;
    }
    this.worker.onmessage = ({ data }: MessageEvent<WorkerAnswer>) => { this.settle(data.id, data); };
    this.worker.onerror = () => { this.abandon(); };
  }

  prepare(election: Uint8Array): void {
    const id = (this.lastId += 1);
    this.waiting.set(id, (answer) => { if (answer) measure("isoloir:tables", answer.milliseconds); });
    this.worker?.postMessage({ id, kind: "prepare", election } satisfies WorkerRequest);
  }

  async make(order: BallotOrder): Promise<string> {
    const answer = await this.ask(order);
    if (answer?.ballot === undefined) return this.direct.make(order);
    measure("isoloir:ballot", answer.milliseconds);
    return answer.ballot;
  }

  private ask(order: BallotOrder): Promise<WorkerAnswer | undefined> {
    const { worker } = this;
    if (worker === undefined) return Promise.resolve(undefined);
    const id = (this.lastId += 1);
    return new Promise((resolve) => {
      this.waiting.set(id, resolve);
      worker.postMessage({ id, kind: "make", order } satisfies WorkerRequest);
    });
  }

  private settle(id: number, answer: WorkerAnswer | undefined): void {
    this.waiting.get(id)?.(answer);
    this.waiting.delete(id);
  }

  private abandon(): void {
    this.worker?.terminate();
    this.worker = undefined;
    for (const id of [...this.waiting.keys()]) this.settle(id, undefined);
  }
}

/** Leaves a measure in the browser's own timeline: a duration only. */
function measure(name: string, duration: number): void {
  performance.measure(name, { start: 0, duration });
}
