import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/**
 * Keeps room in a listener: each connection costs memory before its first byte, and a caller who opens many and says nothing
 * must not keep probes and people out.
 *
 * I1 Where a listener is full, or one address has more than its share, the connection closes that has been silent for longest.
 * I2 A connection with a request under way is never closed for another. Where all are busy, the new one is refused.
 */
export interface ConnectionLimits {
  /** In all. */
  readonly total: number;
  /** Of one address. Everybody behind one proxy, and everybody on this machine, shares one. */
  readonly perAddress: number;
}

export function limitConnections(server: Server, { total, perAddress }: ConnectionLimits): void {
  /** By address, and in each those that are silent, longest first. */
  const silent = new Map<string, Set<Socket>>();
  const open = new Map<string, number>();
  let count = 0;

  server.on('connection', (socket) => {
    const address = socket.remoteAddress ?? '';
    count += 1;
    open.set(address, (open.get(address) ?? 0) + 1);
    socket.once('close', () => {
      count -= 1;
      const left = (open.get(address) ?? 1) - 1;
      if (left > 0) open.set(address, left);
      else open.delete(address);
      removeSilent(address, socket);
    });
    const isOver = count > total || (open.get(address) ?? 0) > perAddress;
    if (isOver && !closeSilent(count > total ? heaviest() : address)) {
      socket.destroy(); // I2
      return;
    }
    addSilent(address, socket);
  });

  server.on('request', ({ socket }, response) => {
    const address = socket.remoteAddress ?? '';
    removeSilent(address, socket);
    response.once('close', () => {
      if (!socket.destroyed) addSilent(address, socket);
    });
  });

  function addSilent(address: string, socket: Socket): void {
    const sockets = silent.get(address) ?? new Set();
    silent.set(address, sockets.add(socket));
  }

  function removeSilent(address: string, socket: Socket): void {
    const sockets = silent.get(address);
    sockets?.delete(socket);
    if (sockets?.size === 0) silent.delete(address);
  }

  /** Who has most silent connections gives one up. */
  function heaviest(): string {
    let most = { address: '', size: 0 };
    for (const [address, { size }] of silent) if (size > most.size) most = { address, size };
    return most.address;
  }

  function closeSilent(address: string): boolean {
    const [longest] = silent.get(address) ?? [];
    if (!longest) return false;
    removeSilent(address, longest);
    longest.destroy(); // I1
    return true;
  }
}
