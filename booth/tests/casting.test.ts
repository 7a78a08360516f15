import { describe, expect, it } from "vitest";

import { RETRY_SECONDS, castBallot, type CastChannel, type CastWatcher } from "../src/booth/casting.js";
import { PortalRefusal, PortalUnreachable } from "../src/portal/exchange.js";

const RECEIPT = { text: "t", signature: "s", key: "k" };

/** A network that fails a number of times, and a clock that does not wait. */
class Network implements CastChannel, CastWatcher {
  readonly sent: string[] = [];
  readonly waits: number[] = [];
  pauses = 0;

  constructor(
    private failures: number,
    private readonly refusal?: PortalRefusal,
  ) {}

  post(_url: string, _csrfToken: string, ballot: string): ReturnType<CastChannel["post"]> {
    this.sent.push(ballot);
    this.failures -= 1;
    if (this.failures >= 0) return Promise.reject(new PortalUnreachable());
    if (this.refusal) return Promise.reject(this.refusal);
    return Promise.resolve({ receipt: RECEIPT, cast_at_text: "jeudi" });
  }

  wait(seconds: number): Promise<void> {
    this.waits.push(seconds);
    return Promise.resolve();
  }

  sending(): void {
    expect(this.sent.length).toBeGreaterThan(0);
  }

  waiting(seconds: number, attempt: number): void {
    expect(seconds).toBe(RETRY_SECONDS[attempt - 2]);
  }

  paused(): Promise<void> {
    this.pauses += 1;
    return Promise.resolve();
  }
}

function cast(network: Network): ReturnType<typeof castBallot> {
  return castBallot("/cast", "token", "the ballot", network, network);
}

describe("casting", () => {
  it("sends once when the portal answers", async () => {
    const network = new Network(0);
    expect(await cast(network)).toEqual({ receipt: RECEIPT, castAtText: "jeudi" });
    expect(network.sent).toEqual(["the ballot"]);
  });

  it("sends the same bytes again with growing delays when no answer comes", async () => {
    const network = new Network(3);
    await cast(network);
    expect(network.sent).toEqual(Array.from({ length: 4 }, () => "the ballot"));
    expect(network.waits).toEqual(RETRY_SECONDS.slice(0, 3));
  });

  it("asks the voter after the last delay, then begins again with the same bytes", async () => {
    const network = new Network(RETRY_SECONDS.length + 1);
    await cast(network);
    expect(network.pauses).toBe(1);
    expect(new Set(network.sent)).toEqual(new Set(["the ballot"]));
  });

  it("never insists on a refusal", async () => {
    const network = new Network(1, new PortalRefusal("poll_closed", "", 0, undefined));
    await expect(cast(network)).rejects.toMatchObject({ code: "poll_closed" });
    expect(network.sent).toHaveLength(2);
  });
});
