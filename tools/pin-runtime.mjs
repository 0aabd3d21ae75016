/**
 * Pins the release archives of Dapr: writes their digests into tools/dapr-release.sha256.
 *
 *     node tools/pin-runtime.mjs
 *
 * The digests are those that the release publishes beside its archives. Those that GitHub itself computed when the archives
 * were uploaded must agree. Run it once for a release, look at what changed, and commit the file: from then on an archive
 * that is replaced later is refused. It needs github.com and api.github.com.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const PROGRAMS = ['daprd', 'placement', 'scheduler'];
const PLATFORMS = ['linux_amd64', 'linux_arm64', 'linux_arm', 'darwin_amd64', 'darwin_arm64'];
const DOWNLOADS = 'https://github.com/dapr/dapr/releases/download';
const RELEASES = 'https://api.github.com/repos/dapr/dapr/releases/tags';
const WITHIN_MS = 30_000;

/** The lines of the file for one release, without the comment. @throws Error when a digest is missing or two differ */
export async function linesFor(release, { downloads = DOWNLOADS, releases = RELEASES } = {}) {
  const assets = JSON.parse(await textOf(`${releases}/v${release}`)).assets ?? [];
  const computed = new Map(assets.map(({ name, digest }) => [name, /^sha256:([0-9a-f]{64})$/.exec(digest ?? '')?.[1]]));
  const lines = [];
  for (const platform of PLATFORMS) {
    for (const program of PROGRAMS) {
      const archive = `${program}_${platform}.tar.gz`;
      const published = digestIn(await textOf(`${downloads}/v${release}/${archive}.sha256`));
      if (!published) throw new Error(`${archive}.sha256 of ${release} holds no digest.`);
      const own = computed.get(archive);
      if (own === undefined) throw new Error(`GitHub states no digest of ${archive} of ${release}.`);
      if (own !== published) throw new Error(`${archive} of ${release} is not what its release says: do not use it.`);
      lines.push(`${published}  v${release}/${archive}`);
    }
  }
  return lines;
}

/** The file as it is, with these lines for every digest in it. */
export function withLines(file, lines) {
  const comment = file.split('\n').filter((line) => line.startsWith('#'));
  const without = comment.map((line) => line.replace(' None is pinned yet.', ''));
  return `${[...without, ...lines].join('\n')}\n`;
}

function digestIn(text) {
  return /\b[0-9a-f]{64}\b/i.exec(text)?.[0].toLowerCase();
}

async function textOf(url) {
  const response = await fetch(url, { signal: AbortSignal.timeout(WITHIN_MS) });
  if (!response.ok) throw new Error(`${response.status} from ${url}`);
  return response.text();
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const source = new URL('../packages/dev-stack/src/runtime/dapr-version.ts', import.meta.url);
  const release = /RELEASE = '([\d.]+)'/.exec(readFileSync(source, 'utf8'))?.[1];
  const file = new URL('dapr-release.sha256', import.meta.url);
  try {
    const lines = await linesFor(release);
    writeFileSync(file, withLines(readFileSync(file, 'utf8'), lines));
    console.log(`tools/dapr-release.sha256: ${lines.length} archives of Dapr ${release} are pinned.`);
  } catch (error) {
    console.error(`Nothing is pinned: ${error.cause?.message ?? error.message}`);
    process.exitCode = 1;
  }
}
