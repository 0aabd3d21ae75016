import type { Success } from './client';

/** The documents that are shown, named for what they are. Their shapes are those of the contract. */
/** Text shows no links. */
export type Run = Omit<Success<'getRun'>['body'], 'links'>;
export type FailureGroup = Run['failureGroups'][number];
export type Container = Success<'getContainer'>['body'];
export type ContainerEntry = Success<'listContainers'>['body']['value'][number];
export type Image = Success<'getImage'>['body'];
export type Quote = Extract<Success<'quote'>, { readonly status: 200 }>['body'];
export type Sample = NonNullable<Quote['sample']>;
export type RetryForecast = Extract<Success<'retryRun'>, { readonly status: 200 }>['body'];
export type Recount = Extract<Success<'verifyContainer'>, { readonly status: 200 }>['body'];
/** What a run did with one image. */
export type Outcome = Success<'listRunImages'>['body']['value'][number];
export type Step = Success<'listRunSteps'>['body']['value'][number];
export type AuditEntry = Success<'getAudit'>['body']['value'][number];
