/**
 * Chooses the ports of a stack.
 *
 * I1 No port is given twice, by this book or by that of another start on this machine: what is given is claimed until it is
 *    given back, also while nothing listens there.
 * I2 A port that a person asked for is used or refused, never moved.
 * I3 Free ports are taken below the range from which the system takes the ports of outgoing connections, so that a child
 *    that is restarted finds its port still free.
 */
import { connect, createServer } from 'node:net';
import { createPortClaims } from './port-claims';
import { Problem } from './problem';

export const LOOPBACK = '127.0.0.1';

const LOWEST_FREE = 20_000;
const HIGHEST_FREE = 32_000;

export interface PortBook {
  /** The preferred port, or the next free one above it. */
  nearest(preferred: number): Promise<number>;
  /** Exactly this port. @throws Problem when something listens there. */
  exactly(port: number, setting: string): Promise<number>;
  /** Any free port. */
  any(): Promise<number>;
  /** Gives every port back. */
  release(): void;
}

export interface PortRules {
  /** Give any free port instead of the preferred ones: for tests, and stacks beside each other. */
  readonly everywhereFree?: boolean;
  /** The preferred ports of everybody: who has to move does not push the next one away. */
  readonly preferredByOthers?: readonly number[];
}

export function createPortBook(options: PortRules = {}): PortBook {
  const preferred = new Set(options.preferredByOthers);
  const given = new Set<number>();
  const claims = createPortClaims();
  // Two processes that choose at the same moment should not try the same ports in the same order.
  let next = LOWEST_FREE + Math.floor(Math.random() * (HIGHEST_FREE - LOWEST_FREE));

  async function take(port: number): Promise<boolean> {
    if (given.has(port) || !claims.take(port)) return false; // I1
    given.add(port);
    if (await isFree(port)) return true;
    given.delete(port);
    claims.release(port);
    return false;
  }

  async function any(): Promise<number> {
    for (let tried = 0; tried < HIGHEST_FREE - LOWEST_FREE; tried += 1) {
      next = next + 1 >= HIGHEST_FREE ? LOWEST_FREE : next + 1;
      if (await take(next)) return next;
    }
    throw new Problem(
      `No port between ${LOWEST_FREE} and ${HIGHEST_FREE} is free.`,
      'End some of the programs that listen there.',
    );
  }

  async function nearest(wanted: number): Promise<number> {
    if (options.everywhereFree) return any();
    for (let port = wanted; port < wanted + 100; port += 1) {
      if ((port === wanted || !preferred.has(port)) && (await take(port))) return port;
    }
    return any();
  }

  async function exactly(port: number, setting: string): Promise<number> {
    if (await take(port)) return port;
    throw new Problem(
      `Port ${port} of ${setting} is taken by another program.`,
      `End that program, or unset ${setting} and the next free port is used.`, // I2
      2,
    );
  }

  function release(): void {
    for (const port of given) claims.release(port);
    given.clear();
  }

  return { nearest, exactly, any, release };
}

/** True when nothing on this machine's loopback listens on the port and we may. */
export async function isFree(port: number): Promise<boolean> {
  return (await mayListen(port)) && !(await answers(port));
}

/** True when something accepts connections there. */
export function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: LOOPBACK, port, timeout: 1_000 });
    const done = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', () => done(true));
    socket.once('timeout', () => done(false));
    socket.once('error', () => done(false));
  });
}

function mayListen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ host: LOOPBACK, port, exclusive: true }, () => server.close(() => resolve(true)));
  });
}
