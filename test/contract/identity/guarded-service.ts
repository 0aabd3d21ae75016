import { type IncomingHttpHeaders, type IncomingMessage, request as httpRequest, type ServerResponse } from 'node:http';
import { createServer, request as httpsRequest } from 'node:https';
import { buffer } from 'node:stream/consumers';
import { decodeKey, sign } from '../../../packages/dev-cosmos/src/authorization';
import { CosmosRequest } from '../../../packages/dev-cosmos/src/request';
import { type Authority, closed, listening } from './authority';

/**
 * A real local service behind https and tokens, as Azure has it: who shows none, one of another audience or one that has ended
 * is refused, and so is who has no role.
 */
export interface GuardedService {
  readonly endpoint: string;
  /** Requests that came through, and those that were refused for their token. */
  readonly counts: { served: number; unauthorized: number; forbidden: number };
  /** Without a role every request is refused; with `reads` alone those that write. */
  role: 'all' | 'reads' | 'none';
  /** Another service behind it. */
  forwardTo(target: string, kind: Kind): void;
  close(): Promise<void>;
}

interface Refusal {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What each service is like. */
export interface Kind {
  /** May a token for this be used here? */
  readonly isAudience: (audience: string, endpoint: string) => boolean;
  /** What the service behind wants to see instead of the token. */
  readonly headers: (request: IncomingMessage, body: Buffer) => IncomingHttpHeaders;
  /** What is added to the query of each request, such as a signature. */
  readonly query?: string;
  readonly unauthorized: Refusal;
  readonly forbidden: Refusal;
  /** What no role allows. */
  readonly never?: (request: IncomingMessage) => Refusal | undefined;
}

export async function startGuarded(
  tls: { cert: string; key: string },
  authority: Authority,
  first: string,
  kindOfFirst: Kind,
): Promise<GuardedService> {
  let inner = new URL(first);
  let kind = kindOfFirst;

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await buffer(request);
    const refusal = await refusalOf(request);
    if (refusal) return void response.writeHead(refusal.status, refusal.headers).end(refusal.body);
    service.counts.served += 1;
    const shown = { ...request.headers, ...kind.headers(request, body), host: inner.host };
    const headers = Object.fromEntries(Object.entries(shown).filter(([, value]) => value !== undefined));
    const options = { method: request.method, headers, rejectUnauthorized: false };
    const send = inner.protocol === 'https:' ? httpsRequest : httpRequest;
    const more = kind.query === undefined ? '' : `${request.url?.includes('?') ? '&' : '?'}${kind.query}`;
    const passed = send(`${inner.origin}${request.url}${more}`, options, (incoming) => {
      void buffer(incoming).then((content) => {
        const isRoot = request.url === '/'; // the account of Cosmos DB names its addresses
        const told = isRoot ? Buffer.from(content.toString().replaceAll(inner.origin, service.endpoint)) : content;
        const { 'content-length': length, 'transfer-encoding': _encoding, ...rest } = incoming.headers;
        const size = request.method === 'HEAD' ? (length ?? '0') : String(told.length);
        response.writeHead(incoming.statusCode ?? 502, { ...rest, 'content-length': size }).end(told);
      });
    });
    passed.on('error', () => response.destroy());
    passed.end(body);
  }

  async function refusalOf(request: IncomingMessage): Promise<Refusal | undefined> {
    const token = tokenOf(request.headers.authorization);
    const claims = token === undefined ? undefined : await authority.read(token);
    if (!claims || !kind.isAudience(String(claims.aud), service.endpoint)) {
      service.counts.unauthorized += 1;
      return kind.unauthorized;
    }
    const never = kind.never?.(request);
    const isAllowed = service.role === 'all' || (service.role === 'reads' && /^(GET|HEAD)$/.test(request.method ?? ''));
    if (never === undefined && isAllowed) return undefined;
    service.counts.forbidden += 1;
    return never ?? kind.forbidden;
  }

  const server = createServer(
    tls,
    (request, response) => void answer(request, response).catch(() => response.destroy()),
  );
  const port = await listening(server);
  const service: GuardedService = {
    endpoint: `https://127.0.0.1:${port}`,
    counts: { served: 0, unauthorized: 0, forbidden: 0 },
    role: 'all',
    forwardTo(target, kindOfTarget) {
      inner = new URL(target);
      kind = kindOfTarget;
    },
    close: () => closed(server),
  };
  return service;
}

/** As most services take it, or as Cosmos DB does. */
function tokenOf(header = ''): string | undefined {
  const plain = decodeURIComponent(header);
  return /^Bearer (.+)$/.exec(plain)?.[1] ?? /^type=aad&ver=1\.0&sig=(.+)$/.exec(plain)?.[1];
}

/** Source: "Authorize with Microsoft Entra ID" (bearer challenge), "Common REST API error codes". */
export const STORAGE: Kind = {
  isAudience: (audience) => audience === 'https://storage.azure.com',
  headers: () => ({}), // Azurite checks the token once more
  unauthorized: {
    status: 401,
    headers: {
      'content-type': 'application/xml',
      'x-ms-error-code': 'InvalidAuthenticationInfo',
      'www-authenticate':
        'Bearer authorization_uri=https://login.microsoftonline.com/72f988bf-0000-4000-8000-2d7cd011db47/oauth2/authorize resource_id=https://storage.azure.com',
    },
    body: '<?xml version="1.0"?><Error><Code>InvalidAuthenticationInfo</Code><Message>Lifetime validation failed. The token is expired.</Message></Error>',
  },
  forbidden: {
    status: 403,
    headers: { 'content-type': 'application/xml', 'x-ms-error-code': 'AuthorizationPermissionMismatch' },
    body: '<?xml version="1.0"?><Error><Code>AuthorizationPermissionMismatch</Code><Message>This request is not authorized to perform this operation using this permission.</Message></Error>',
  },
};

/** Before an emulator that takes no tokens: a signature of the whole account, as a query. */
export function signedStorage(query: string): Kind {
  return { ...STORAGE, query, headers: () => ({ authorization: undefined }) };
}

/** Source: "Connect to Azure Cosmos DB for NoSQL using role-based access control and Microsoft Entra ID". */
export function cosmosKind(key: string): Kind {
  const json = (status: number, message: string, substatus?: number): Refusal => ({
    status,
    headers: { 'content-type': 'application/json', ...(substatus && { 'x-ms-substatus': String(substatus) }) },
    body: JSON.stringify({ code: status === 401 ? 'Unauthorized' : 'Forbidden', message }),
  });
  return {
    isAudience: (audience, endpoint) => audience === endpoint,
    headers(request, body) {
      const { signed, method } = new CosmosRequest(request, body);
      const date = String(request.headers['x-ms-date'] ?? '');
      const signature = sign(decodeKey(key), method, signed.type, signed.links[0] ?? '', date);
      return { authorization: encodeURIComponent(`type=master&ver=1.0&sig=${signature}`) };
    },
    unauthorized: json(401, 'The AAD token of the request is not valid for this account, or has ended.'),
    forbidden: json(
      403,
      'Request is blocked because principal [object-of-the-test] does not have required RBAC permissions to perform action [Microsoft.DocumentDB/databaseAccounts/readMetadata] on resource [/].',
      5301,
    ),
    never: (request) =>
      request.method === 'POST' && /^\/dbs(\/[^/]+\/colls)?$/.test(request.url ?? '')
        ? json(403, `The given request [POST ${request.url}] cannot be authorized by AAD token in data plane.`, 5300)
        : undefined,
  };
}

/** Source: "Authenticate requests to Azure AI services"; the words of a missing role as users of the service have seen them. */
export function visionKind(key: string): Kind {
  const json = (status: number, code: string, message: string): Refusal => ({
    status,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ error: { code, message } }),
  });
  return {
    isAudience: (audience) => audience === 'https://cognitiveservices.azure.com',
    headers: () => ({ authorization: undefined, 'ocp-apim-subscription-key': key }),
    unauthorized: json(401, '401', 'Access denied due to invalid subscription key or wrong API endpoint.'),
    forbidden: json(
      401,
      'PermissionDenied',
      'The principal `object-of-the-test` lacks the required data action `Microsoft.CognitiveServices/accounts/ComputerVision/analyze/action`.',
    ),
  };
}
