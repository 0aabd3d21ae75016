/**
 * The images of the cluster, without a registry: the application from its Containerfile on a base that Debian's packages
 * and this machine's Node make, and one for each program of Dapr and Kubernetes.
 *
 * I1 buildah keeps everything in the folder of the cluster, and leaves nothing in the storage of the machine.
 * I2 The images of the application are kept in the cache until a file that they are built from is another one.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { CHECKOUT } from '@contactsheet/dev-stack';
import { clusterCache } from './bundle';
import { run } from './command';
import { containerdSocket } from './node';
import { findProgram } from './search-path';

const SUITE = 'bookworm';
const BASE = 'localhost/base';
const KEPT = 'images-';
/** What .containerignore leaves out. */
const IGNORED = /^(\.|deploy\/|docs\/|test\/(?!generated-clients\/package\.json$))/;

export interface ImagePlan {
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
}

export class Images {
  private readonly storage: readonly string[];
  private readonly layout: string;
  private readonly application: string;

  constructor(private readonly plan: ImagePlan) {
    const at = (name: string) => join(plan.folder, 'images', name);
    mkdirSync(at('storage'), { recursive: true });
    this.storage = ['--root', at('storage'), '--runroot', at('run'), '--storage-driver', 'overlay']; // I1
    this.layout = at('layout');
    this.application = join(clusterCache(plan.env), `${KEPT}${stateOfSources()}`);
  }

  /** `contactsheet:trial` and `contactsheet-stand-ins:trial`, as the Containerfile has them. */
  async buildApplication(): Promise<void> {
    if (existsSync(this.application)) return; // I2
    await this.buildBases();
    this.plan.say('Building the image of the application from the Containerfile ...');
    const fresh = join(this.plan.folder, 'images', 'application');
    await this.buildContainerfile('contactsheet', [], fresh);
    await this.buildContainerfile('contactsheet-stand-ins', ['--target', 'stand-ins'], fresh);
    const cache = dirname(this.application);
    for (const name of readdirSync(cache).filter((each) => each.startsWith(KEPT))) {
      rmSync(join(cache, name), { recursive: true });
    }
    const copy = `${this.application}.tmp-${process.pid}`; // The cache may be on another disk.
    cpSync(fresh, copy, { recursive: true });
    renameSync(copy, this.application);
  }

  /** An image that is one static program, for a user without rights. */
  async ofProgram(name: string, program: string, as = basename(program)): Promise<void> {
    const context = join(this.plan.folder, 'images', 'program');
    mkdirSync(join(context, 'tmp'), { recursive: true });
    cpSync(program, join(context, as));
    const lines = ['FROM scratch', 'COPY --chmod=1777 tmp /tmp', `COPY --chmod=0755 ${as} /${as}`, 'USER 65532:65532'];
    writeFileSync(join(context, 'Containerfile'), `${[...lines, `ENTRYPOINT ["/${as}"]`].join('\n')}\n`);
    await this.buildah('bud', '--quiet', '--layers=false', '-t', name, context);
    rmSync(context, { recursive: true });
    await this.keep(name, this.layout);
  }

  /** Brings everything into containerd; layers that images share go once. */
  async import(): Promise<void> {
    const { folder, signal } = this.plan;
    const words = ['--address', containerdSocket(folder), '--namespace', 'k8s.io', 'images', 'import', '-'];
    const script = 'set -o pipefail; tar -cf - -C "$0" . | ctr "$@"';
    for (const layout of [this.application, this.layout]) {
      await run('bash', ['-c', script, layout, ...words], { signal });
    }
  }

  private async buildBases(): Promise<void> {
    const { folder, env, say, signal } = this.plan;
    const context = join(folder, 'images', 'base');
    mkdirSync(context, { recursive: true });
    const archive = join(clusterCache(env), `debian-${SUITE}`, 'base.tar');
    if (!existsSync(archive)) {
      say('Making the base of the images from the packages of Debian ...');
      mkdirSync(dirname(archive), { recursive: true });
      const unfinished = `${archive}.tmp-${process.pid}.tar`;
      const contents = ['--variant=minbase', '--include=ca-certificates,libstdc++6'];
      await run('mmdebstrap', [...contents, SUITE, unfinished], { env, signal });
      renameSync(unfinished, archive);
    }
    cpSync(archive, join(context, 'base.tar'));
    cpSync(process.execPath, join(context, 'node'));
    const npm = findProgram('npm', env) ?? '';
    cpSync(dirname(dirname(realpathSync(npm))), join(context, 'npm'), { recursive: true });
    const lines = [
      'FROM scratch AS runtime',
      'ADD base.tar /',
      'FROM runtime AS build',
      'COPY --chmod=0755 node /usr/local/bin/node',
      'COPY npm /usr/local/lib/node_modules/npm',
      'RUN ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm && npm --version',
    ];
    writeFileSync(join(context, 'Containerfile'), `${lines.join('\n')}\n`);
    await this.bud('--target', 'runtime', '-t', `${BASE}:runtime`, context);
    await this.bud('-t', `${BASE}:build`, context);
    rmSync(context, { recursive: true });
  }

  private async buildContainerfile(name: string, words: readonly string[], layout: string): Promise<void> {
    const { env } = this.plan;
    // For a machine whose way out signs TLS anew.
    const authority = env.NODE_EXTRA_CA_CERTS;
    const trust = authority
      ? ['--build-arg', `NODE_EXTRA_CA_CERTS=${authority}`, '-v', `${dirname(authority)}:${dirname(authority)}:ro`]
      : [];
    const bases = ['--build-arg', `BUILD_IMAGE=${BASE}:build`, '--build-arg', `RUNTIME_IMAGE=${BASE}:runtime`];
    const image = `docker.io/library/${name}:trial`;
    await this.bud(...bases, ...trust, ...words, '-t', image, '-f', join(CHECKOUT, 'Containerfile'), CHECKOUT);
    await this.keep(image, layout);
  }

  private bud(...words: readonly string[]): Promise<string> {
    const runtime = ['--isolation=oci', `--runtime=${findProgram('runc', this.plan.env)}`, '--network=host'];
    return this.buildah('bud', '--quiet', '--layers', '--pull=never', ...runtime, ...words);
  }

  private keep(image: string, layout: string): Promise<string> {
    return this.buildah('push', '--quiet', '--disable-compression', image, `oci:${layout}:${image}`);
  }

  private buildah(command: string, ...words: readonly string[]): Promise<string> {
    const { env, signal } = this.plan;
    return run('buildah', [...this.storage, command, ...words], { env, signal });
  }
}

/** A hash over every file that the Containerfile sees, and over what its bases are made of. */
function stateOfSources(): string {
  const listed = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '-z'], {
    cwd: CHECKOUT,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  const files = listed.split('\0').filter((file) => file !== '' && !IGNORED.test(file));
  const hash = createHash('sha256').update(`${SUITE} ${process.version}\0`);
  for (const file of files.sort()) {
    const path = join(CHECKOUT, file);
    if (existsSync(path)) hash.update(`${file}\0`).update(readFileSync(path)).update('\0');
  }
  return hash.digest('hex').slice(0, 12);
}
