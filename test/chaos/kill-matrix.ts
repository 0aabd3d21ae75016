import { seeded } from '../integration/pubsub/random';

/**
 * Who is hit, when, and how: a pure function of a seed, so that a cell that failed can be played again.
 *
 * I1 Eight cells in a row hit every target once: one stack can play them one after another, and no part is ever so young
 *    that its supervisor holds it back.
 * I2 The first 120 cells of a seed are all different.
 */
export const TARGETS = ['app', 'daprd', 'scheduler', 'placement', 'cosmos', 'azurite', 'vision', 'pubsub'] as const;
export const PHASES = ['snapshot', 'first chunk', 'middle', 'last chunk', 'finish'] as const;
export const BLOWS = ['KILL', 'STOP', 'TERM'] as const;

export interface Cell {
  /** Its place in the deal of its seed. */
  readonly index: number;
  readonly target: (typeof TARGETS)[number];
  readonly phase: (typeof PHASES)[number];
  readonly blow: (typeof BLOWS)[number];
  /** From the beginning of the phase to the blow, of the time that the phase takes: 0 to 1. */
  readonly moment: number;
}

export const CELLS_A_STACK = TARGETS.length;

/** The first `count` cells of a seed. */
export function seededCells(seed: number, count: number): Cell[] {
  const random = seeded(seed);
  const moments = PHASES.flatMap((phase) => BLOWS.map((blow) => ({ phase, blow })));
  const cells: Cell[] = [];
  while (cells.length < count) {
    const hands = new Map(TARGETS.map((target) => [target, shuffled(moments, random)]));
    for (let round = 0; round < moments.length; round++) {
      for (const target of shuffled(TARGETS, random)) {
        const hand = hands.get(target)?.[round];
        if (hand) cells.push({ index: cells.length, target, ...hand, moment: random() });
      }
    }
  }
  return cells.slice(0, count);
}

/** The cells that one stack plays. */
export function stacksOf(cells: readonly Cell[]): Cell[][] {
  const stacks = new Map<number, Cell[]>();
  for (const cell of cells) {
    const stack = Math.floor(cell.index / CELLS_A_STACK);
    stacks.set(stack, [...(stacks.get(stack) ?? []), cell]);
  }
  return [...stacks.values()];
}

export function nameOf({ index, target, phase, blow }: Cell): string {
  return `${String(index).padStart(3)} ${blow.padEnd(4)} ${target.padEnd(9)} ${phase.padEnd(11)}`;
}

/** Fisher and Yates. */
function shuffled<T>(items: readonly T[], random: () => number): T[] {
  const cards = [...items];
  for (let last = cards.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    const card = cards[last] as T;
    cards[last] = cards[other] as T;
    cards[other] = card;
  }
  return cards;
}
