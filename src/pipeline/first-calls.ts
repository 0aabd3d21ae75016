import { AppError } from '../domain/errors';
import { isResourceRefusal } from '../domain/image/resource-refusal';
import type { VisionOutcome } from '../gateways/vision/port';

/**
 * The first calls of a run in this process go out a few at a time: a resource that refuses every image is asked a handful of
 * times, not once for every image in flight.
 *
 * I1 Until Vision has answered something else than such a refusal, at most UNPROVED_CALLS are under way.
 * I2 After such a refusal no call of the run starts in this process any more.
 */
const UNPROVED_CALLS = 4;

export interface FirstCall {
  /** What Vision answered; the place is free. */
  answered(outcome: VisionOutcome): void;
  /** No call was made; the place is free. Does nothing after `answered`. */
  leave(): void;
}

export class FirstCalls {
  private underWay = 0;
  private isProved = false;
  private refusal: AppError | undefined;
  private waiting: (() => void)[] = [];

  /** @throws AppError what the resource has refused an earlier call with */
  async enter(): Promise<FirstCall> {
    while (!this.refusal && !this.isProved && this.underWay >= UNPROVED_CALLS) {
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    }
    if (this.refusal) throw this.refusal; // I2
    this.underWay += 1;
    let isIn = true;
    const leave = () => {
      if (!isIn) return;
      isIn = false;
      this.underWay -= 1;
      for (const wake of this.waiting.splice(0)) wake();
    };
    return {
      leave,
      answered: (outcome) => {
        if (outcome.ok || !isResourceRefusal(outcome.code)) this.isProved = true;
        else this.refusal ??= new AppError(outcome.code, outcome.message);
        leave();
      },
    };
  }
}
