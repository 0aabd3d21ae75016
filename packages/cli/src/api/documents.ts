import type { Answer } from './client';

/** The documents that are shown, named for what they are. Their shapes are those of the contract. */
/** Text shows no links. */
export type Run = Omit<Answer<'getRun'>['body'], 'links'>;
export type FailureGroup = Run['failureGroups'][number];
export type Container = Answer<'getContainer'>['body'];
export type ContainerEntry = Answer<'listContainers'>['body']['value'][number];
export type Image = Answer<'getImage'>['body'];
export type Quote = Extract<Answer<'quote'>, { readonly status: 200 }>['body'];
export type Sample = NonNullable<Quote['sample']>;
export type RetryForecast = Extract<Answer<'retryRun'>, { readonly status: 200 }>['body'];
export type Recount = Extract<Answer<'verifyContainer'>, { readonly status: 200 }>['body'];
/** What a run did with one image. */
export type Outcome = Answer<'listRunImages'>['body']['value'][number];
export type Step = Answer<'listRunSteps'>['body']['value'][number];
export type AuditEntry = Answer<'getAudit'>['body']['value'][number];
