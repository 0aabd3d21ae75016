import type { Container, ContainerEntry } from '../api/documents';
import { type ListView, MORE, type Output } from '../output';
import { bytes, count, time } from '../text/quantities';
import { pairLines, tableLines } from '@contactsheet/terminal';

/** Containers and their tags as text. */

const TAGS_SHOWN = 10;

export const containersView: ListView<ContainerEntry> = {
  columns: [
    { title: 'CONTAINER', shrinks: 'middle' },
    { title: 'IMAGES', align: 'right' },
    { title: 'ACTIVE RUN', drops: 3 },
    { title: 'LAST RUN', drops: 2 },
    { title: 'UPDATED', drops: 1 },
  ],
  row: ({ container, images, activeRun = '', lastRun = '', updatedAt }) => [
    container,
    count(images.total),
    activeRun,
    lastRun,
    time(updatedAt),
  ],
  empty: 'No container has been analysed yet. Start with: contactsheet run start <container>',
};

export const tagsView: ListView<Container['tags'][number]> = {
  columns: [
    { title: 'TAG', shrinks: 'end' },
    { title: 'IMAGES', align: 'right' },
    { title: 'MEAN CONFIDENCE', align: 'right' },
  ],
  row: (tag) => [tag.name, count(tag.count), tag.meanConfidence?.toFixed(2) ?? ''],
  empty: 'No tags.',
};

export function containerLines(container: Container, { width }: Pick<Output, 'width'>): string[] {
  const { images } = container;
  const tags = container.tags.slice(0, TAGS_SHOWN);
  return [
    ...pairLines(
      [
        ['container', container.container],
        ['images', count(images.total)],
        ['  analysed', count(images.succeeded)],
        ['  failed', count(images.failed)],
        ['  skipped', count(images.skipped)],
        ['  removed', images.removed > 0 ? count(images.removed) : undefined],
        ['size', bytes(container.bytes)],
        ['formats', tally(container.formats)],
        ['categories', tally(container.categories)],
        ['colours', tally(container.colors)],
        ['analysers', tally(container.analyzers)],
        ['active run', container.activeRun],
        ['last run', container.lastRun],
      ],
      width,
    ),
    ...(tags.length === 0 ? [] : ['', ...tableLines(tagsView.columns, tags.map(tagsView.row), width, MORE)]),
  ];
}

function tally(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .sort(([, a], [, b]) => b - a)
    .map(([name, n]) => `${name} ${count(n)}`)
    .join(', ');
}
