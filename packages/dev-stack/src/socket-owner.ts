/** Who listens on a port of this machine: an answer alone does not say whose it is. */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { groupOf } from './process-table';

/** True when every one of these ports is listened on by this process, or by one that it has started. */
export function ownsPorts(pid: number, ports: readonly number[]): boolean {
  return process.platform === 'linux' ? ownsOnLinux(pid, ports) : ports.every((port) => lsof(port).some(isOf(pid)));
}

/** Parts are started as the leader of a group of their own. */
function isOf(pid: number): (other: number) => boolean {
  return (other) => other === pid || groupOf(other) === pid;
}

/** Does anybody listen there, where a client on loopback comes to? */
export function isListenedOn(port: number): boolean {
  return process.platform === 'linux' ? listeners().has(port) : lsof(port).length > 0;
}

function ownsOnLinux(pid: number, ports: readonly number[]): boolean {
  if (ports.length === 0) return true;
  const listening = listeners();
  const wanted = ports.map((port) => listening.get(port) ?? []);
  if (wanted.some((sockets) => sockets.length === 0)) return false;
  const holds = (sockets: ReadonlySet<string>) => wanted.every((any) => any.some((socket) => sockets.has(socket)));
  const own = socketsOf(pid);
  if (holds(own)) return true;
  // A command of the run file may be a wrapper: what counts is its group.
  const all = new Set(own);
  for (const other of processes().filter(isOf(pid))) for (const socket of socketsOf(other)) all.add(socket);
  return holds(all);
}

/** Inodes of listening sockets by port, of both families. */
function listeners(): Map<number, string[]> {
  const found = new Map<number, string[]>();
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
    for (const line of readOr(table).split('\n').slice(1)) {
      const [, local = '', , state, , , , , , inode] = line.trim().split(/\s+/);
      if (state !== LISTEN || inode === undefined || !isReachedByLoopback(local)) continue;
      const port = Number.parseInt(local.slice(local.lastIndexOf(':') + 1), 16);
      found.set(port, [...(found.get(port) ?? []), inode]);
    }
  }
  return found;
}

/** 127.0.0.1 or any address, in the kernel's words: another address of the same number is another socket. */
function isReachedByLoopback(local: string): boolean {
  return /^(0100007F|0{8}|0{32}|0{16}FFFF00000100007F):/.test(local);
}

/** TCP_LISTEN of the kernel. */
const LISTEN = '0A';

function socketsOf(pid: number): Set<string> {
  const folder = `/proc/${pid}/fd`;
  try {
    const links = readdirSync(folder).map((fd) => {
      try {
        return readlinkSync(`${folder}/${fd}`);
      } catch {
        return ''; // closed meanwhile
      }
    });
    return new Set(links.flatMap((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1] ?? []));
  } catch {
    return new Set(); // gone, or another user's
  }
}

function processes(): number[] {
  return readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) ? [Number(name)] : []));
}

function readOr(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

function lsof(port: number): number[] {
  try {
    const words = ['-nP', `-iTCP:${port}`, '-sTCP:LISTEN', '-t'];
    return execFileSync('lsof', words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
      .split('\n')
      .filter(Boolean)
      .map(Number);
  } catch {
    return [];
  }
}
