import { spokenBy } from '../../domain/caller';
import { defined } from '../../domain/defined';
import type { RunUseCases } from '../../use-cases/runs/port';
import type { Handler } from '../bind';
import { accepted, runBody } from './runs';

/** What an owner says to a run. Said again it answers the same, and 409 with the present state where it makes no sense. */

type ControlVerb = 'pause' | 'resume' | 'cancel' | 'decline';

export function controlRun<Verb extends ControlVerb>(
  verb: Verb,
  ask: Pick<RunUseCases, 'controlRun'>,
): Handler<'pauseRun' | 'resumeRun' | 'cancelRun' | 'declineRun'> {
  return async ({ params: { id }, body, caller, links }) =>
    accepted(runBody(await ask.controlRun({ id, verb, ...spokenBy(caller), ...defined(body) }), links));
}

export function approveRun(ask: Pick<RunUseCases, 'approveRun'>): Handler<'approveRun'> {
  return async ({ params: { id }, body: { planHash, ...cap }, caller, links }) =>
    accepted(runBody(await ask.approveRun({ id, ...spokenBy(caller), planHash, ...defined(cap) }), links));
}

export function retryRun(ask: Pick<RunUseCases, 'forecastRetry' | 'retryRun'>): Handler<'retryRun'> {
  return async ({ params: { id }, body: { dryRun, maxTransactions, ...asked }, caller, links }) => {
    const filter = defined(asked);
    if (dryRun) return { status: 200, body: await ask.forecastRetry({ id, filter }) };
    const run = await ask.retryRun({ id, filter, ...spokenBy(caller), ...defined({ maxTransactions }) });
    return accepted(runBody(run, links));
  };
}
