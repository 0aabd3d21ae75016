/**
 * The daprd that this component serves, seen from the component.
 *
 * daprd finds and initialises a component once, at its own start. When the component alone dies and comes back, publishing
 * answers 500 and subscriptions end, for good (pkg/components/pluggable of dapr 1.18.2). Where something starts daprd again,
 * the cure is to end it.
 */
export interface Sidecar {
  /** Whether it runs: then it started with an earlier process of this component. */
  runs(): Promise<boolean>;
  /** Asks it to end. @throws Error when it refuses or does not answer within 5 s */
  end(): Promise<void>;
}

const ANSWER_WITHIN_MS = 5_000;

/** `url`: of its HTTP API, `http://127.0.0.1:3500`. `token`: DAPR_API_TOKEN, where daprd has one. */
export function sidecarOf(url: string, token: string | undefined): Sidecar {
  const call = (method: string, path: string) =>
    fetch(new URL(path, url), {
      method,
      headers: token === undefined ? {} : { 'dapr-api-token': token },
      signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
    });
  return {
    async runs() {
      try {
        await (await call('GET', '/v1.0/healthz/outbound')).arrayBuffer(); // any answer: it may be starting or ill
        return true;
      } catch {
        return false;
      }
    },
    async end() {
      const { ok, status } = await call('POST', '/v1.0/shutdown');
      if (!ok) throw new Error(`the sidecar answered ${status} to /v1.0/shutdown: its API must allow it`);
    },
  };
}
