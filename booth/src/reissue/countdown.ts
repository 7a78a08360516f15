/** Seconds left at which the time is told to those who do not see it. */
export const MARKS: readonly number[] = [120, 60, 30, 10];
const TICK_MILLISECONDS = 250;

export interface CountdownWatcher {
  /** Every second: what the page shows, and no screen reader tells. */
  tick(secondsLeft: number): void;
  /** At the marks only: what is said. */
  mark(secondsLeft: number): void;
  end(): void;
}

/** Time left on a display that its reader may lengthen. A page asleep sees the same clock when it wakes. */
export class Countdown {
  private end: number;
  private shown = Number.NaN;
  private said: number;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    seconds: number,
    private readonly watcher: CountdownWatcher,
  ) {
    this.end = performance.now() + seconds * 1000;
    this.said = Number.POSITIVE_INFINITY;
    this.step();
  }

  /** More time, and the marks that it goes back over are told again. */
  extend(seconds: number): void {
    this.end += seconds * 1000;
    this.said = this.left();
    this.step();
  }

  stop(): void {
    clearTimeout(this.timer);
  }

  left(): number {
    return Math.max(0, Math.ceil((this.end - performance.now()) / 1000));
  }

  private step(): void {
    clearTimeout(this.timer);
    const left = this.left();
    if (left !== this.shown) {
      this.shown = left;
      this.watcher.tick(left);
    }
    if (left === 0) {
      this.watcher.end();
      return;
    }
    this.timer = setTimeout(() => { this.step(); }, TICK_MILLISECONDS);
    // Of the marks gone by at once (the page was asleep), the last one is told.
    const passed = MARKS.filter((mark) => left <= mark && mark < this.said).at(-1);
    if (passed === undefined) return;
    this.said = passed;
    this.watcher.mark(left);
  }
}
