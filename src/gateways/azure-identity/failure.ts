/**
 * Why there is no token, with what a person can do about it.
 *
 * I1 The code of Microsoft Entra (AADSTS...) stays in the message: the client of Cosmos DB decides by it, and people search
 *    for it.
 * I2 Only what an authority has said for good ends work that began: who has given a token before is asked again.
 *
 * Sources: "Microsoft Entra authentication and authorization error codes", "Troubleshoot Azure Identity authentication
 * issues", "How to use managed identities on an Azure VM to acquire an access token".
 */
export class IdentityFailure extends Error {
  override readonly name = 'IdentityFailure';
  constructor(
    message: string,
    /** May the same question succeed later without anybody changing anything? */
    readonly retryable: boolean,
    cause?: unknown,
  ) {
    super(message, { cause });
  }
}

interface Row {
  readonly says: RegExp;
  readonly why: string;
  readonly cure: string;
}

const ROWS: readonly Row[] = [
  {
    says: /AADSTS7002(1|11|12|13|138)\b/,
    why: 'it trusts no such service account',
    cure: 'Make a federated credential of the identity with the issuer of the cluster, the subject system:serviceaccount:NAMESPACE:ACCOUNT and the audience api://AzureADTokenExchange. A new one takes some minutes.',
  },
  {
    says: /AADSTS700024\b|AADSTS50013\b/,
    why: 'the proof is not of this time, or not signed as expected',
    cure: 'Set the clock of this machine, and check that AZURE_FEDERATED_TOKEN_FILE is renewed.',
  },
  {
    says: /AADSTS700016\b/,
    why: 'the tenant does not know the client id',
    cure: 'Correct AZURE_CLIENT_ID and AZURE_TENANT_ID.',
  },
  {
    says: /AADSTS7000215\b/,
    why: 'the secret is wrong',
    cure: 'Set AZURE_CLIENT_SECRET to the value of a secret, not to its id.',
  },
  {
    says: /AADSTS7000222\b/,
    why: 'the secret has expired',
    cure: 'Make a new one and set AZURE_CLIENT_SECRET, or use AZURE_IDENTITY=workload, which has none.',
  },
  {
    says: /AADSTS90002\b|AADSTS900023\b/,
    why: 'there is no such tenant',
    cure: 'Correct AZURE_TENANT_ID, and AZURE_AUTHORITY_HOST for another cloud than public Azure.',
  },
  {
    says: /AADSTS50001[01]\b/,
    why: 'the tenant does not know the service',
    cure: 'Correct the endpoint, and AZURE_TENANT_ID: it is the tenant of the resources.',
  },
  {
    says: /AADSTS530\d\d\b/,
    why: 'a policy of conditional access stands against it',
    cure: 'Except the workload identity, or let it come from an allowed network.',
  },
  {
    says: /Identity not found|identity_not_found/i,
    why: 'this machine has no such managed identity',
    cure: 'Assign the identity to it, and set AZURE_CLIENT_ID to the client id of that identity.',
  },
  {
    says: /az login|Azure CLI (could not be found|not (installed|found))/i,
    why: 'the Azure CLI is not signed in',
    cure: 'Run az login, or choose another way by AZURE_IDENTITY.',
  },
  {
    says: /ENOENT|No content on the file/,
    why: 'the token of the service account cannot be read',
    cure: 'Correct AZURE_FEDERATED_TOKEN_FILE.',
  },
];

const OTHERWISE: Omit<Row, 'says'> = {
  why: 'no way to sign in worked',
  cure: 'Choose one by AZURE_IDENTITY (workload, managed, secret, cli), which then says what it lacks.',
};

const TRANSIENT =
  /\b(ECONN\w+|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EPIPE|ENETUNREACH|EHOSTUNREACH|network_error|endpoints_resolution_error)\b|socket hang up|network (error|unreachable)|timed? ?out|AADSTS(90033|50196|90055)\b|temporarily_unavailable|service unavailable/i;

/** @param worked has the same identity got a token before? (I2) */
export function identityFailure(thrown: unknown, worked: boolean): IdentityFailure {
  const words = wordsOf(thrown);
  const status = statusOf(thrown);
  const isTransient =
    TRANSIENT.test(words) || (status !== undefined && (status >= 500 || status === 429 || status === 408));
  const said = firstLine(words);
  if (isTransient) return new IdentityFailure(`Microsoft Entra ID gives no token now: ${said}`, true, thrown);
  const row = ROWS.find(({ says }) => says.test(words));
  const { why, cure } = row ?? OTHERWISE;
  const code = /AADSTS\d+/.exec(words)?.[0];
  const message = `Microsoft Entra ID gives no token${code ? ` (${code})` : ''}: ${why}. ${cure} It says: ${said}`;
  return new IdentityFailure(message, worked && code === undefined, thrown);
}

/** A way may be made of several: all that they say. */
function wordsOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  const { errors } = thrown as { errors?: unknown };
  const parts = Array.isArray(errors) ? errors.map(wordsOf) : [];
  const cause = thrown.cause instanceof Error ? [thrown.cause.message] : [];
  return [thrown.message, ...parts, ...cause].join('\n');
}

function statusOf(thrown: unknown): number | undefined {
  const { statusCode } = (thrown ?? {}) as { statusCode?: unknown };
  return typeof statusCode === 'number' ? statusCode : undefined;
}

/** Without trace ids, times and the addresses of help. */
function firstLine(words: string): string {
  const line =
    words
      .replace(/\s*Trace ID:.*/s, '')
      .split('\n')
      .find((one) => one.trim() !== '') ?? '';
  return line
    .replace(/\p{C}+/gu, ' ')
    .trim()
    .slice(0, 300);
}
