import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { CHECKOUT } from '../../../packages/dev-stack/src/checkout';
import {
  buildFolder,
  claimCache,
  fillCache,
  findCached,
  releaseFolder,
} from '../../../packages/dev-stack/src/runtime/cache';
import { isInRange, MODULE_VERSION, parseVersion, RELEASE } from '../../../packages/dev-stack/src/runtime/dapr-version';
import { findInstalled } from '../../../packages/dev-stack/src/runtime/installed';
import { isGoUsable, MODULE_SUM } from '../../../packages/dev-stack/src/runtime/module-build';
import { PINS_FILE, type Pins, pinnedArchives, pinsIn } from '../../../packages/dev-stack/src/runtime/pins';
import { downloadRelease, entryOf, platformName } from '../../../packages/dev-stack/src/runtime/release';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'contactsheet-unit-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Three programs that say a version, as scripts. */
function putRuntime(path: string, version: string): string {
  mkdirSync(path, { recursive: true });
  for (const program of ['daprd', 'placement', 'scheduler']) {
    writeFileSync(join(path, program), `#!/bin/sh\necho ${version}\n`);
    chmodSync(join(path, program), 0o755);
  }
  return path;
}

const nobody = () => new AbortController().signal;

test.each([
  ['1.18.2', true],
  ['v1.18.9', true],
  ['1.18.1', false],
  ['1.19.0', false],
  ['1.18.3-rc.1', false],
  ['edge', false],
])('version %s is in the range: %s', (version, expected) => {
  expect(isInRange(version)).toBe(expected);
});

test('a version is compared as numbers', () => {
  expect(parseVersion('1.18.10')).toEqual([1, 18, 10]);
  expect(isInRange('1.18.10')).toBe(true);
});

test.each([
  ['go version go1.26.8 linux/amd64', true],
  ['go version go1.21.0 darwin/arm64', true],
  ['go version go1.20.14 linux/amd64', false],
  ['', false],
])('"%s" can build: %s', (version, expected) => {
  expect(isGoUsable(version)).toBe(expected);
});

describe('an installed runtime', () => {
  test.each([['.dapr/bin'], ['bin'], ['.']])('is found under DAPR_RUNTIME_PATH in %s', (below) => {
    putRuntime(join(folder, below), '1.18.2');
    const found = findInstalled({ runtimePath: folder, userHome: '/nowhere' }, () => undefined);
    expect(found).toMatchObject({ daprd: join(folder, below, 'daprd'), version: '1.18.2' });
  });

  test.each([
    ['edge', /edge/],
    ['1.17.9', /1\.17\.9.*1\.18\.2 or newer/],
  ])('of version %s is refused with a sentence', (version, sentence) => {
    const said: string[] = [];
    putRuntime(join(folder, '.dapr', 'bin'), version);
    expect(findInstalled({ runtimePath: undefined, userHome: folder }, (line) => said.push(line))).toBeUndefined();
    expect(said.join('\n')).toMatch(sentence);
  });

  test('a named folder without daprd is named, and the user’s own one is used', () => {
    const said: string[] = [];
    putRuntime(join(folder, 'user', '.dapr', 'bin'), '1.18.3');
    const where = { runtimePath: join(folder, 'empty'), userHome: join(folder, 'user') };
    expect(findInstalled(where, (line) => said.push(line))).toMatchObject({ version: '1.18.3' });
  });
});

describe('the cache', () => {
  test('keeps what runs, under its name, and removes the working folder', async () => {
    const runtime = await fillCache(folder, 'x', async ({ programs }) => void putRuntime(programs, '1.18.2'));
    expect(runtime.daprd).toBe(join(folder, 'x', 'daprd'));
    expect(readdirSync(folder)).toEqual(['x']);
    expect(findCached(folder, ['y', 'x'])).toEqual(runtime);
  });

  test('keeps nothing of a fill that fails, nor of one that does not run', async () => {
    await expect(fillCache(folder, 'x', () => Promise.reject(new Error('stopped')))).rejects.toThrow('stopped');
    await expect(fillCache(folder, 'x', async ({ programs }) => void putRuntime(programs, 'edge'))).rejects.toThrow(
      /edge/,
    );
    expect(readdirSync(folder)).toEqual([]);
  });

  test('removes what a killed process left, write-protected files too', async () => {
    const left = join(folder, 'x.tmp-999999999', 'modules');
    mkdirSync(left, { recursive: true });
    writeFileSync(join(left, 'file'), '');
    chmodSync(left, 0o500);
    const giveBack = await claimCache(folder, nobody(), () => undefined);
    expect(readdirSync(folder)).toEqual(['filling']);
    giveBack();
    expect(readdirSync(folder)).toEqual([]);
  });

  test('is filled by one process at a time', async () => {
    const giveBack = await claimCache(folder, nobody(), () => undefined);
    const waits: number[] = [];
    const second = claimCache(folder, nobody(), (holder) => {
      waits.push(holder);
      giveBack();
    });
    (await second)();
    expect(waits).toEqual([process.pid]);
  });

  test('a build with other components is another one', () => {
    expect(buildFolder(['a.go', 'b.go'])).toBe(buildFolder(['b.go', 'a.go']));
    expect(buildFolder(['a.go'])).not.toBe(buildFolder(['a.go', 'b.go']));
  });
});

describe('the pinned digests', () => {
  const digest = 'a'.repeat(64);

  test('of the repository can be read, and are of the release that is taken', () => {
    const lines = readFileSync(join(CHECKOUT, PINS_FILE), 'utf8')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'));
    expect(pinnedArchives().size).toBe(lines.length);
  });

  test('are those of the release alone', () => {
    const text = `# why\n\n${digest}  v1.18.2/daprd_linux_amd64.tar.gz\n${digest}  v1.18.3/daprd_linux_arm64.tar.gz\n`;
    expect([...pinsIn(text, '1.18.3')]).toEqual([['daprd_linux_arm64.tar.gz', digest]]);
  });

  test.each(['daprd_linux_amd64.tar.gz', `${digest} v1.18.3/x`, `${digest}  x`, `${digest.slice(1)}  v1.18.3/x`])(
    'with a line that is none are refused, and do not pass for none: %s',
    (line) => expect(() => pinsIn(`${digest}  v1.18.3/y\n${line}\n`)).toThrow(/no digest/),
  );

  test('make another folder of the cache: what came before them is not taken for it', () => {
    const [none, one, other] = [new Map(), new Map([['x', digest]]), new Map([['x', 'b'.repeat(64)]])].map(
      releaseFolder,
    );
    expect(new Set([none, one, other]).size).toBe(3);
  });

  describe('are written by tools/pin-runtime.mjs', () => {
    const PROGRAMS_AND_PLATFORMS = 15;

    /** A stand-in for github.com and its API. */
    async function linesFrom(change: (name: string) => { readonly published: string; readonly computed?: string }) {
      const server = createServer((req, res) => {
        const name = req.url?.split('/').pop() ?? '';
        if (name.endsWith('.sha256')) return res.end(`${change(name.slice(0, -7)).published}  ${name}\n`);
        const assets = ['daprd', 'placement', 'scheduler'].flatMap((program) =>
          ['linux_amd64', 'linux_arm64', 'linux_arm', 'darwin_amd64', 'darwin_arm64'].map((platform) => {
            const archive = `${program}_${platform}.tar.gz`;
            const { computed } = change(archive);
            return { name: archive, digest: computed && `sha256:${computed}` };
          }),
        );
        return res.end(JSON.stringify({ assets }));
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      const tool = JSON.stringify(join(CHECKOUT, 'tools', 'pin-runtime.mjs'));
      const script = `import(${tool}).then((m) => m.linesFor('${RELEASE}', ${JSON.stringify({ downloads: base, releases: base })}).then((lines) => console.log(m.withLines('# Why. None is pinned yet.', lines)), (error) => console.log('refused: ' + error.message)))`;
      try {
        return (await promisify(execFile)(process.execPath, ['-e', script])).stdout;
      } finally {
        server.close();
      }
    }

    test('as the launcher reads them', async () => {
      const text = await linesFrom(() => ({ published: digest.toUpperCase(), computed: digest }));
      expect(text).toMatch(/^# Why\.\n/);
      const pins = pinsIn(text);
      expect(pins.size).toBe(PROGRAMS_AND_PLATFORMS);
      expect(pins.get(`scheduler_${platformName()}.tar.gz`)).toBe(digest);
    });

    test.each([
      [
        'GitHub computed another one',
        'b'.repeat(64),
        /^refused: scheduler_linux_arm64\.tar\.gz .* is not what its release says/,
      ],
      ['GitHub states none', undefined, /^refused: GitHub states no digest of scheduler_linux_arm64/],
    ])('and not at all when %s', async (_, computed, problem) => {
      const isOdd = (name: string) => name === 'scheduler_linux_arm64.tar.gz';
      expect(
        await linesFrom((name) => ({
          published: digest,
          ...(isOdd(name) ? computed && { computed } : { computed: digest }),
        })),
      ).toMatch(problem);
    });

    test('and not at all when a checksum is none', async () => {
      expect(await linesFrom(() => ({ published: 'x', computed: digest }))).toMatch(/^refused: .* holds no digest/);
    });
  });
});

test('the module that is built is the one that the checksum database of Go knows', () => {
  const sums = readFileSync(join(CHECKOUT, 'packages/bench/conformance/pubsub/go.sum'), 'utf8');
  expect(sums).toContain(`github.com/dapr/dapr v${MODULE_VERSION} ${MODULE_SUM}\n`);
});

describe('a release', () => {
  const none: Pins = new Map();
  const platform = platformName();
  const archive = (program: string) => gzipSync(tarOf(program, `#!/bin/sh\necho ${program}\n`));
  const served = (change: (name: string, body: Buffer) => Buffer = (_, body) => body) =>
    (async (url: string) => {
      const name = url.split('/').pop() ?? '';
      const program = name.split('_')[0] ?? '';
      const sum = createHash('sha256').update(archive(program)).digest('hex');
      const body = name.endsWith('.sha256') ? Buffer.from(`${sum}  ${name}\n`) : archive(program);
      return new Response(new Uint8Array(change(name, body)));
    }) as typeof fetch;

  test('is checked against its published checksum and unpacked', async () => {
    await downloadRelease(folder, nobody(), () => undefined, { base: 'https://x', fetch: served(), pins: none });
    expect(readFileSync(join(folder, 'scheduler'), 'utf8')).toBe('#!/bin/sh\necho scheduler\n');
  });

  test('is refused when the checksum is another one', async () => {
    const spoiled = served((name, body) => (name.endsWith('.gz') ? Buffer.concat([body, Buffer.from('x')]) : body));
    await expect(
      downloadRelease(folder, nobody(), () => undefined, { base: 'https://x', fetch: spoiled, pins: none }),
    ).rejects.toThrow(/checksum/);
    expect(readdirSync(folder)).toEqual([]);
  });

  test.each([
    ['its checksum', { checksum: 10, packed: 1_000, unpacked: 100_000 }, /sha256 is larger than 10 bytes/],
    ['the archive', { checksum: 1_000, packed: 10, unpacked: 100_000 }, /tar\.gz is larger than 10 bytes/],
    ['what is in it', { checksum: 1_000, packed: 1_000, unpacked: 100 }, /larger than 100 bytes/],
  ])('is given up when %s is larger than it can be', async (_, most, problem) => {
    const source = { base: 'https://x', fetch: served(), most, pins: none };
    await expect(downloadRelease(folder, nobody(), () => undefined, source)).rejects.toThrow(problem);
    expect(readdirSync(folder)).toEqual([]);
  });

  const sha256 = (body: Buffer) => createHash('sha256').update(body).digest('hex');
  const pinsOf = (change: (program: string, digest: string) => string) =>
    pinsIn(
      ['daprd', 'placement', 'scheduler']
        .map((program) => `${change(program, sha256(archive(program)))}  v${RELEASE}/${program}_${platform}.tar.gz`)
        .join('\n'),
    );

  test('whose digests are pinned needs no published checksum, and nobody is told of one', async () => {
    const said: string[] = [];
    const noChecksums = served((name, body) => (name.endsWith('.sha256') ? Buffer.from('gone') : body));
    const source = { base: 'https://x', fetch: noChecksums, pins: pinsOf((_, digest) => digest) };
    await downloadRelease(folder, nobody(), (line) => said.push(line), source);
    expect(readdirSync(folder)).toEqual(['daprd', 'placement', 'scheduler']);
    expect(said.join('\n')).not.toMatch(/pinned/);
  });

  test('that was replaced together with its checksum is refused where it is pinned', async () => {
    const pins = pinsOf((program, digest) => (program === 'placement' ? sha256(Buffer.from('before')) : digest));
    const all = { base: 'https://x', fetch: served(), pins };
    await expect(downloadRelease(folder, nobody(), () => undefined, all)).rejects.toThrow(
      /placement_.*pinned in tools\/dapr-release\.sha256/,
    );
    expect(readdirSync(folder)).toEqual(['daprd']);
  });

  test('that is not pinned says so', async () => {
    const said: string[] = [];
    const pins = new Map([[`daprd_${platform}.tar.gz`, sha256(archive('daprd'))]]);
    await downloadRelease(folder, nobody(), (line) => said.push(line), { base: 'https://x', fetch: served(), pins });
    expect(said[0]).toMatch(/^No digest is pinned for placement, scheduler .*checksums of the release itself/);
  });

  test('says why when the network is not there', async () => {
    const offline = (async () => {
      throw new TypeError('fetch failed', { cause: new Error('getaddrinfo ENOTFOUND github.com') });
    }) as typeof fetch;
    await expect(
      downloadRelease(folder, nobody(), () => undefined, { base: 'https://x', fetch: offline, pins: none }),
    ).rejects.toThrow(/ENOTFOUND/);
  });

  test('is named by platform', () => {
    expect(platformName('linux', 'x64')).toBe('linux_amd64');
    expect(platformName('darwin', 'arm64')).toBe('darwin_arm64');
    expect(platformName('linux', 'riscv64')).toBeUndefined();
    expect(platform).toBeDefined();
  });

  test('an archive without the program gives nothing', () => {
    expect(entryOf(tarOf('other', 'x'), 'daprd')).toBeUndefined();
  });
});

/** A tar archive of one file. */
function tarOf(name: string, content: string): Buffer {
  const header = Buffer.alloc(512);
  header.write(`./${name}`, 0);
  header.write(`${content.length.toString(8).padStart(11, '0')}\0`, 124);
  const body = Buffer.alloc(Math.ceil(content.length / 512) * 512);
  body.write(content);
  return Buffer.concat([header, body, Buffer.alloc(1024)]);
}
