import { execFileSync } from 'node:child_process';
import { parseAllDocuments } from 'yaml';

export interface Resource {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly [field: string]: unknown;
}

const KUSTOMIZE = 'sigs.k8s.io/kustomize/kustomize/v5@v5.8.1';

/** @throws Error that says what to install when no program is there that can render */
export function render(folder: string): Resource[] {
  const text =
    run('kubectl', ['kustomize', folder]) ??
    run('kustomize', ['build', folder]) ??
    run('go', ['run', KUSTOMIZE, 'build', folder]); // a minute the first time, then from Go's cache
  if (text === undefined) {
    throw new Error(
      'Install kubectl, kustomize 5 or Go: the manifests of deploy/kubernetes are rendered with one of them.',
    );
  }
  return resourcesOf(text);
}

export function resourcesOf(text: string): Resource[] {
  return parseAllDocuments(text).map((document) => {
    if (document.errors[0]) throw document.errors[0];
    return document.toJS() as Resource;
  });
}

/** undefined when the program is not there. */
function run(program: string, words: string[]): string | undefined {
  try {
    return execFileSync(program, words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ENOENT') return undefined;
    throw error;
  }
}
