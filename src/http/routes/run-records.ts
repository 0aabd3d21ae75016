import { AuditEntrySchema } from '../../contract/schemas/run';
import { type ReportLine, ReportLineSchema } from '../../contract/schemas/run-image';
import { defined } from '../../domain/defined';
import { adviceFor } from '../../domain/image/advice';
import type { ImageOutcome } from '../../domain/run/report';
import type { RunUseCases } from '../../use-cases/runs/port';
import type { Handler } from '../bind';
import { onlyFields } from '../field-order';

/** What a run leaves behind, page by page. */

/** Oldest first. */
export function getAudit(ask: Pick<RunUseCases, 'getAudit'>): Handler<'getAudit'> {
  return async ({ params: { id } }) => {
    const entries = await ask.getAudit(id);
    return { status: 200, body: { value: entries.map((entry) => onlyFields(entry, AuditEntrySchema)) } };
  };
}

/** What the run did with each image: of chunks that are finished, while it goes on. */
export function listRunImages(ask: Pick<RunUseCases, 'listRunImages' | 'getRun'>): Handler<'listRunImages'> {
  return async ({ params: { id }, query: { maxpagesize, continuation, ...filter }, links, pages }) => {
    const page = await pages.asked({ maxpagesize, continuation });
    const [images, { container }] = await Promise.all([ask.listRunImages(id, defined(filter), page), ask.getRun(id)]);
    const body = await pages.shown(images, (outcome) => ({
      ...reportLine(outcome),
      links: { image: links.image(container, outcome.blob), history: links.imageHistory(container, outcome.blob) },
    }));
    return { status: 200, body };
  };
}

/** The workflow as it happened. A page holds so many pages of the listing, and the phases around them. */
export function listRunSteps(ask: Pick<RunUseCases, 'listRunSteps'>): Handler<'listRunSteps'> {
  return async ({ params: { id }, query, pages }) => {
    const steps = await ask.listRunSteps(id, await pages.asked(query));
    return { status: 200, body: await pages.shown(steps, (step) => step) };
  };
}

export function reportLine(outcome: ImageOutcome): ReportLine {
  const { code, retryable = false } = outcome;
  const advice = adviceFor({ ...outcome, ...(code !== undefined && { error: { code, retryable } }) });
  return { ...onlyFields(outcome, ReportLineSchema), ...defined({ advice }) };
}
