import { ActivityEntrySchema } from '../../contract/schemas/activity';
import {
  type ContainerBody,
  type ContainerEntryBody,
  ContainerEntrySchema,
  ContainerSchema,
} from '../../contract/schemas/container';
import type { ContainerEntry } from '../../domain/container/container-entry';
import type { ContainerSummary } from '../../domain/container/container-summary';
import { pageOfShown } from '../../domain/page';
import type { ContainerUseCases } from '../../use-cases/containers/port';
import type { Handler } from '../bind';
import { onlyFields } from '../field-order';
import type { Links } from '../links';

export function listContainers(ask: Pick<ContainerUseCases, 'listContainers'>): Handler<'listContainers'> {
  return async ({ query, links, pages, isShown }) => {
    const entries = await pageOfShown(ask.listContainers, isShown, await pages.asked(query));
    return { status: 200, body: await pages.shown(entries, (entry) => entryBody(entry, links)) };
  };
}

export function getContainer(ask: Pick<ContainerUseCases, 'getContainer'>): Handler<'getContainer'> {
  return async ({ params: { container }, links }) => ({
    status: 200,
    body: containerBody(await ask.getContainer(container), links),
  });
}

export function listActivity(ask: Pick<ContainerUseCases, 'listActivity'>): Handler<'listActivity'> {
  return async ({ params: { container }, query, pages }) => {
    const entries = await ask.listActivity(container, await pages.asked(query));
    return {
      status: 200,
      body: await pages.shown(entries, (entry) => onlyFields({ ...entry, container }, ActivityEntrySchema)),
    };
  };
}

function containerBody(summary: ContainerSummary, links: Links): ContainerBody {
  const { container, activeRun, lastRun } = summary;
  return {
    ...onlyFields(summary, ContainerSchema),
    links: {
      self: links.container(container),
      images: links.images(container),
      runs: links.runs(container),
      activity: links.activity(container),
      ...(activeRun !== undefined && { activeRun: links.run(activeRun) }),
      ...(lastRun !== undefined && { lastRun: links.run(lastRun) }),
    },
  };
}

function entryBody(entry: ContainerEntry, links: Links): ContainerEntryBody {
  const { container, activeRun, lastRun } = entry;
  return {
    ...onlyFields(entry, ContainerEntrySchema),
    links: {
      self: links.container(container),
      images: links.images(container),
      runs: links.runs(container),
      ...(activeRun !== undefined && { activeRun: links.run(activeRun) }),
      ...(lastRun !== undefined && { lastRun: links.run(lastRun) }),
    },
  };
}
