/**
 * What a part is given of the environment: a list for each, so that keys in a shell that are none of its business do not end
 * up in its process, its core dump, or what its neighbours of the same user read in /proc.
 */
import { ConfigError, readConfig } from 'contactsheet/setup';
import type { PartName } from './part';

/** Where programs, temporary files and certificates lie, and how to speak. */
const ANY = /^(PATH|HOME|USER|LOGNAME|SHELL|LANG|LANGUAGE|LC_\w+|TZ|TMPDIR|XDG_\w+|NODE_\w+|SSL_CERT_(FILE|DIR))$/;
const GO = /^(GOMAXPROCS|GODEBUG|GOMEMLIMIT|GOGC|GOTRACEBACK)$/;
/** How to reach Azure, and as whom, for who brings services of his own. */
const OUTSIDE =
  /^((https?|all|no)_proxy|OTEL_\w+|IDENTITY_(ENDPOINT|HEADER)|MSI_\w+|AZURE_(CLIENT_\w+|TENANT_ID|FEDERATED_\w+|AUTHORITY_HOST|IDENTITY|CONFIG_DIR|TOKEN_CREDENTIALS))$/i;

const OF_PART: Readonly<Record<PartName, readonly RegExp[]>> = {
  azurite: [/^AZURITE_\w+$/],
  cosmos: [],
  vision: [],
  pubsub: [/^LOG_LEVEL$/, OUTSIDE],
  placement: [GO],
  scheduler: [GO],
  daprd: [GO, OUTSIDE, /^DAPR_\w+$/],
  app: [OUTSIDE, /^DAPR_\w+$/],
};

/** `more`: names besides, such as those that components or the configuration of the app ask for. */
export function environmentOf(part: PartName, env: NodeJS.ProcessEnv, more: readonly string[] = []): NodeJS.ProcessEnv {
  const patterns = [ANY, ...OF_PART[part]];
  const isNeeded = (name: string) => more.includes(name) || patterns.some((pattern) => pattern.test(name));
  return Object.fromEntries(Object.entries(env).filter(([name]) => isNeeded(name)));
}

/** The names that the app reads of this environment, whatever it thinks of their values: it tells by reading. */
export function namesOfSettings(env: NodeJS.ProcessEnv): string[] {
  const names = new Set<string>();
  const watched = new Proxy(env, {
    get(target, name) {
      if (typeof name === 'string') names.add(name);
      return Reflect.get(target, name);
    },
  });
  try {
    readConfig(watched);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
  }
  return [...names];
}
