/** `npm run cluster [-- build | up | play [NAME] | down]`. Without a word: up, play, and down whatever happened. */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CHECKOUT, Problem } from '@contactsheet/dev-stack';
import { bringUp, buildPrograms, type Cluster, openCluster, takeDown } from './cluster';
import { containersOf } from './containers';
import type { Acquisition } from './programs';
import { NAMESPACE } from './trial';

const COMMANDS = ['build', 'up', 'play', 'down'];

/** Returns the exit code. @throws Problem with the cure, or the reason of the signal */
export async function cluster(words: readonly string[], acquisition: Acquisition): Promise<number> {
  const [command, ...names] = words;
  if (command !== undefined && (!COMMANDS.includes(command) || (command !== 'play' && names.length > 0))) {
    throw new Problem(`npm run cluster does not know: ${words.join(' ')}.`, `Commands: ${COMMANDS.join(', ')}.`, 2);
  }
  const { env, say } = acquisition;
  if (command === 'build') await buildPrograms(acquisition);
  else if (command === 'play') return play(openCluster(env), names, acquisition);
  else if (command === 'down') await takeDown();
  else if (command === 'up') {
    const { folder } = await bringUp(acquisition).catch(fallen);
    say(`The cluster is up. \`npm run cluster -- down\` ends it. Its administrator: ${join(folder, 'pki')}`);
  } else {
    try {
      return await play(await bringUp(acquisition), names, acquisition);
    } finally {
      say('Taking the cluster down ...');
      await takeDown();
    }
  }
  return 0;
}

async function fallen(error: unknown): Promise<never> {
  await takeDown();
  throw error;
}

/**
 * Runs the tests of the level `cluster` in the network of the stand-ins' pod: there the services, the API server and,
 * on loopback, the control routes of the local Vision answer.
 */
async function play(cluster: Cluster, names: readonly string[], { env, signal }: Acquisition): Promise<number> {
  const { folder, kubectl } = cluster;
  const pod = await kubectl(['-n', NAMESPACE, 'get', 'pod', '-l', 'app.kubernetes.io/name=stand-ins', '-o', 'name']);
  const [process_] = await containersOf(folder, pod.trim().replace('pod/', ''), 'vision');
  if (!process_) throw new Problem('The stand-ins do not run.', `Look at the pods of the namespace ${NAMESPACE}.`);
  const address = ['-n', NAMESPACE, 'get', 'service', 'contactsheet', '-o', 'jsonpath={.spec.clusterIP}'];
  const hosts = join(folder, 'hosts');
  const lines = [
    '127.0.0.1 localhost stand-ins.contactsheet.svc.cluster.local',
    `${await kubectl(address)} contactsheet.contactsheet.svc.cluster.local`,
  ];
  writeFileSync(hosts, `${lines.join('\n')}\n`);
  const secrets = join(folder, 'trial', 'deploy', 'kubernetes', 'stand-ins', 'secrets');
  const jest = [join(CHECKOUT, 'node_modules', 'jest', 'bin', 'jest.js'), '--selectProjects', 'cluster', '--runInBand'];
  const chosen = names.length > 0 ? ['--testNamePattern', names.join('|')] : [];
  const words = [
    `--net=/proc/${process_.pid}/ns/net`,
    ...['unshare', '--mount', '--propagation', 'private', 'sh', '-c', 'mount --bind "$0" /etc/hosts && exec "$@"'],
    ...[hosts, process.execPath, ...jest, ...chosen],
  ];
  const played = await new Promise<number>((resolve, reject) => {
    const child = spawn('nsenter', words, {
      cwd: CHECKOUT,
      stdio: 'inherit',
      env: { ...env, NODE_EXTRA_CA_CERTS: join(secrets, 'ca.crt') },
    });
    const stop = () => child.kill('SIGTERM');
    signal.addEventListener('abort', stop, { once: true });
    child.once('error', reject);
    child.once('exit', (code) => {
      signal.removeEventListener('abort', stop);
      resolve(code ?? 1);
    });
  });
  const table = join(folder, 'table.md');
  if (existsSync(table)) process.stdout.write(`\n${readFileSync(table, 'utf8')}`);
  return played;
}
