import {
  type AskOf,
  type Accepting,
  createClient,
  type Endpoints,
  type HeardOf,
  type Paging,
  type ProblemBody,
  Refusal,
  UnaskableName,
} from 'contactsheet/contract';
import { usage } from '../failure';
import { type Call, createTransport, strange, type TransportOptions } from './transport';

/** The client of the contract as the command line uses it: refusals are thrown, so that what comes back is an answer. */
export type ApiClient = { readonly address: string } & Paging<Call> & {
    readonly [Id in keyof Endpoints]: (ask: AskOf<Endpoints[Id]> & Accepting, call: Call) => Promise<Success<Id>>;
  };

/** What the API answers. `-o json` prints it as it came, fields that this version does not know too. */
export type Success<Id extends keyof Endpoints> = Exclude<HeardOf<Endpoints[Id]>, { readonly body: ProblemBody }>;

export function createApiClient(options: TransportOptions): ApiClient {
  const { address } = options;
  return { address, ...(createClient<Call>({ address, transport: createTransport(options) }) as object) } as ApiClient;
}

/** In words of the command line: names that cannot be asked for, and answers that are none of the API. */
export function explained(error: unknown, address: string): unknown {
  if (error instanceof UnaskableName) return usage(error.message);
  return error instanceof Refusal ? strange(address) : error;
}

/** What is said of a watch. */
export type SetWatch = AskOf<Endpoints['setWatch']>['body'];
