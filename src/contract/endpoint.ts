import type { ZodObject, ZodType, z } from 'zod';
import type { Role } from '../domain/access/role';
import type { LinkVerb } from './link-verb';
import { ProblemSchema } from './schemas/problem';

/**
 * One operation of the API as a value. Server, client, links and `/openapi.json` all read this value and nothing else.
 *
 * I1 A shape is declared once, as a zod schema. Types of both sides are derived from it.
 * I2 Paths name their parameters in braces: `/api/v1/runs/{id}:pause`.
 * I3 A schema reads what comes in. Where its input is not what a caller should write, `meta({ shownAs })` is shown.
 */
export interface Endpoint {
  /** `operationId`, and the name of the method of the client. */
  readonly id: string;
  readonly method: Method;
  readonly path: `/${string}`;
  /** The least that a caller must be. */
  readonly access: Role;
  /** Which code of a link opens it as well. Absent: none but the operator's key, under Durable Functions. */
  readonly link?: LinkVerb;
  readonly summary: string;
  readonly tags: readonly [Tag];
  readonly params?: ZodObject;
  /** Absent: it takes none, and refuses any. */
  readonly query?: ZodObject;
  /** Headers that it reads, for the description alone. */
  readonly headers?: ZodObject;
  /** Absent: a body is not read. It must be sent where the schema refuses `{}`. */
  readonly body?: ZodType;
  readonly answers: Answers;
}

export type { Role };

/** Does it do more than answer? A GET does where its role is more than a reader's. */
export function hasEffect({ method, access }: Pick<Endpoint, 'method' | 'access'>): boolean {
  return method !== 'GET' || !(access === 'public' || access === 'reader');
}

/** Verbs that the API uses. HEAD follows from GET. */
export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

/** Groups of the description, each with its sentence. */
export const TAGS = {
  Runs: 'Passes over a container: start, follow, steer, and what each of them did.',
  Containers: 'Containers and their images as they are now.',
  Quota: 'The Vision quota.',
  'Durable Functions': 'The HTTP contract of Azure Durable Functions, for clients that know it.',
  Health: 'Probes.',
  Description: 'What the API says of itself.',
} as const;
/** Name of a group. */
export type Tag = keyof typeof TAGS;

/** The value, with the types of everything in it. */
export function endpoint<const E extends Endpoint>(value: E): E {
  return value;
}

/** By status. What is missing here is not answered; `default` (a failure of ours) is always there. */
export type Answers = Readonly<Record<number, Answer>>;
/** What one status says, by its kind. */
export type Answer = JsonAnswer | EmptyAnswer | StreamAnswer | ProblemAnswer;

type Texts<Name extends string> = Readonly<Record<Name, string>>;

interface Described<Must extends string, May extends string> {
  readonly description: string;
  /** Headers that are always there, with what they say. */
  readonly headers: Texts<Must>;
  /** Headers that may be there. */
  readonly mayHave: Texts<May>;
}

/** A JSON body. */
export interface JsonAnswer<Body extends ZodType = ZodType, Must extends string = string, May extends string = string>
  extends Described<Must, May> {
  readonly kind: 'json';
  readonly body: Body;
}

/** A status and headers, without a body. */
export interface EmptyAnswer<Must extends string = string, May extends string = string> extends Described<Must, May> {
  readonly kind: 'empty';
}

/** Text that is sent as it comes. */
export interface StreamAnswer<Types extends Readonly<Record<string, ZodType>> = Readonly<Record<string, ZodType>>>
  extends Described<string, string> {
  readonly kind: 'stream';
  /** What one line (NDJSON), or the whole, is: by media type. */
  readonly types: Types;
}

/** A refusal. Use cases and guards throw it; no handler writes it. */
export interface ProblemAnswer<Body extends ZodType = ZodType> {
  readonly kind: 'problem';
  readonly description: string;
  readonly mediaType: string;
  readonly body: Body;
}

interface Extras<Must extends string, May extends string> {
  readonly headers?: Texts<Must>;
  readonly mayHave?: Texts<May>;
}

/** Declares an answer in JSON: `200: json('The run', RunSchema)`. */
export function json<Body extends ZodType, Must extends string = never, May extends string = never>(
  description: string,
  body: Body,
  { headers = {} as Texts<Must>, mayHave = {} as Texts<May> }: Extras<Must, May> = {},
): JsonAnswer<Body, NoInfer<Must>, NoInfer<May>> {
  return { kind: 'json', description, body, headers, mayHave };
}

/** Declares an answer without a body. */
export function empty<Must extends string = never, May extends string = never>(
  description: string,
  { headers = {} as Texts<Must>, mayHave = {} as Texts<May> }: Extras<Must, May> = {},
): EmptyAnswer<NoInfer<Must>, NoInfer<May>> {
  return { kind: 'empty', description, headers, mayHave };
}

/** Declares a streamed answer, by media type; the first is sent where a caller does not choose. */
export function stream<Types extends Readonly<Record<string, ZodType>>>(
  description: string,
  types: Types,
): StreamAnswer<Types> {
  return { kind: 'stream', description, types, headers: {}, mayHave: {} };
}

/** Declares a refusal: a problem document (RFC 9457). */
export function problem(description: string): ProblemAnswer<typeof ProblemSchema> {
  return { kind: 'problem', description, mediaType: 'application/problem+json', body: ProblemSchema };
}

const REFUSALS = {
  400: 'The request is not valid',
  403: 'The container is not readable, or another site asked',
  404: 'Not found',
  405: 'Another verb',
  409: 'The state does not allow it',
  413: 'Body too large',
  415: 'Not JSON',
} as const;
/** A status that the same refusal has everywhere. */
export type Refusal = keyof typeof REFUSALS;

/** The refusals that say the same everywhere: `...refusals(400, 404)`. */
export function refusals<const Status extends Refusal>(
  ...statuses: readonly Status[]
): { readonly [S in Status]: ProblemAnswer<typeof ProblemSchema> } {
  return Object.fromEntries(statuses.map((status) => [status, problem(REFUSALS[status])])) as never;
}

// What the types of both sides are made of.

type Output<S> = S extends ZodType ? z.output<S> : Readonly<Record<never, never>>;
type Input<S> = S extends ZodType ? z.input<S> : Readonly<Record<never, never>>;
type Part<E, Name extends string> = E extends { readonly [N in Name]: infer S } ? S : undefined;

/** The request as its schemas read it. */
export interface Asked<E extends Endpoint> {
  readonly params: Output<Part<E, 'params'>>;
  readonly query: Output<Part<E, 'query'>>;
  readonly body: Output<Part<E, 'body'>>;
}

type HeadersOf<A extends { readonly headers: object; readonly mayHave: object }> = [keyof A['headers']] extends [never]
  ? { readonly headers?: { readonly [N in keyof A['mayHave']]?: string } }
  : {
      readonly headers: { readonly [N in keyof A['headers']]: string } & {
        readonly [N in keyof A['mayHave']]?: string;
      };
    };

/** Told apart by their kind: the compiler compares two interfaces by their arguments, and headers would not fit. */
type Given<Status, A> = A extends { readonly kind: 'json'; readonly body: infer Body extends ZodType } & Described<
  never,
  never
>
  ? { readonly status: Status; readonly body: z.output<Body> } & HeadersOf<A>
  : A extends { readonly kind: 'empty' } & Described<never, never>
    ? { readonly status: Status; readonly body?: never } & HeadersOf<A>
    : A extends { readonly kind: 'stream' }
      ? {
          readonly status: Status;
          readonly body?: never;
          readonly mediaType: string;
          readonly headers?: Texts<string>;
          readonly pieces: AsyncIterable<string>;
        }
      : never;

/** The key of a spread object may be the text of its number. */
type StatusOf<Key> = Key extends `${infer Status extends number}` ? Status : Key extends number ? Key : never;

/** What a handler may answer. */
export type AnswerOf<E extends Endpoint> = {
  [Key in keyof E['answers']]: Given<StatusOf<Key>, E['answers'][Key]>;
}[keyof E['answers']];

type Heard<Status, A> = A extends { readonly kind: 'json' | 'problem'; readonly body: infer Body extends ZodType }
  ? { readonly status: Status; readonly body: z.output<Body>; readonly headers: HeardHeaders }
  : A extends { readonly kind: 'stream'; readonly types: infer Types }
    ? { readonly status: Status; readonly body: Streamed<Types>; readonly headers: HeardHeaders }
    : { readonly status: Status; readonly body: undefined; readonly headers: HeardHeaders };

/** A document is read whole, lines and pages as they come. */
type Streamed<Types> = Types extends { readonly 'application/json': infer S extends ZodType }
  ? z.output<S>
  : AsyncIterable<Uint8Array>;

/** As much of `Headers` of fetch as is read. */
export interface HeardHeaders {
  get(name: string): string | null;
}

/** What a caller may hear, refusals too. */
export type HeardOf<E extends Endpoint> = {
  [Key in keyof E['answers']]: Heard<StatusOf<Key>, E['answers'][Key]>;
}[keyof E['answers']];

/** As it is written, or as it is read: `50` and `'50'`. */
type Written<S> = S extends ZodType
  ? { readonly [Name in keyof z.input<S>]: z.input<S>[Name] | ReadAs<S, Name> }
  : never;
type ReadAs<S extends ZodType, Name> = Name extends keyof z.output<S> ? z.output<S>[Name] : never;

type Said<Name extends string, S, Value> = S extends ZodType
  ? Readonly<Record<never, never>> extends Value
    ? { readonly [N in Name]?: Value }
    : undefined extends Value
      ? { readonly [N in Name]?: Value }
      : { readonly [N in Name]: Value }
  : { readonly [N in Name]?: never };

/** What a caller says: the parts that the endpoint has. */
export type AskOf<E extends Endpoint> = Said<'params', Part<E, 'params'>, Input<Part<E, 'params'>>> &
  Said<'query', Part<E, 'query'>, Written<Part<E, 'query'>>> &
  Said<'body', Part<E, 'body'>, Input<Part<E, 'body'>>>;
