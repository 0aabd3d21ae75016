import { defined } from '../domain/defined';
import type { ImageDocument } from '../domain/image/image';
import type { Page } from '../domain/page';
import { instanceIdOf } from '../domain/run/instance-id';
import type { RunView } from '../domain/run/run';
import type { Watch } from '../domain/watch/watch';
import type { UseCases } from './port';
import type { QuotaReading } from './quota/port';
import type { InstanceIds } from './runs/instance-ids';

type Asked = Omit<UseCases, 'health'>;

/** The same questions, asked and answered in the ids that callers choose. Inside, every run has an id that was made for it. */
export function byInstanceId(ask: Asked, ids: Pick<InstanceIds, 'run' | 'inside'>): Asked {
  /** A command names its run beside what else it says. */
  const of = <Command extends { readonly id: string }, T>(work: (command: Command) => Promise<T>) => {
    return (command: Command) => ids.run(command.id, (id) => work({ ...command, id }));
  };
  return {
    ...ask,
    startRun: async (command) => shownRun(await ask.startRun(command)),
    getRun: async (id) => shownRun(await ids.run(id, ask.getRun)),
    listRuns: async (filter, page) => shownPage(await ask.listRuns(filter, page), shownRun),
    controlRun: async (command) => shownRun(await of(ask.controlRun)(command)),
    approveRun: async (command) => shownRun(await of(ask.approveRun)(command)),
    getAudit: (id) => ids.run(id, ask.getAudit),
    forecastRetry: of(ask.forecastRetry),
    retryRun: async (command) => shownRun(await of(ask.retryRun)(command)),
    restartRun: async (command) => shownRun(await of(ask.restartRun)(command)),
    purgeRun: (id) => ids.run(id, ask.purgeRun),
    listRunImages: (id, filter, page) => ids.run(id, (runId) => ask.listRunImages(runId, filter, page)),
    readRunReport: (id) => ids.run(id, ask.readRunReport),
    listRunSteps: (id, page) => ids.run(id, (runId) => ask.listRunSteps(runId, page)),
    async getCourse(id) {
      const course = await ids.run(id, ask.getCourse);
      return { ...course, run: shownRun(course.run) };
    },
    async getReceipt(id) {
      const { receipt, ...reports } = await ids.run(id, ask.getReceipt);
      return { ...reports, receipt: { ...receipt, run: instanceIdOf(receipt.run) } };
    },
    getContainer: async (container) => shownContainer(await ask.getContainer(container)),
    listContainers: async (page) => shownPage(await ask.listContainers(page), shownContainer),
    listImages: async (container, filter, page) => shownPage(await ask.listImages(container, filter, page), shownImage),
    getImage: async (container, blob) => shownImage(await ask.getImage(container, blob)),
    getQuota: async () => shownQuota(await ask.getQuota()),
    async setQuota({ weights, ...change }) {
      const inside = weights && (await namedAnew(weights, (id) => ids.inside(id)));
      return shownQuota(await ask.setQuota({ ...change, ...defined({ weights: inside }) }));
    },
    getWatch: async (container) => shownWatch(await ask.getWatch(container)),
    setWatch: async (settings) => shownWatch(await ask.setWatch(settings)),
  };
}

function shownPage<T>({ value, ...goesOn }: Page<T>, shown: (one: T) => T): Page<T> {
  return { ...goesOn, value: value.map(shown) };
}

const shownId = (id: string | undefined) => (id === undefined ? undefined : instanceIdOf(id));

function shownRun(run: RunView): RunView {
  const { id, retryOf, retriedBy } = run;
  return { ...run, id: instanceIdOf(id), ...defined({ retryOf: shownId(retryOf), retriedBy: shownId(retriedBy) }) };
}

interface OfRuns {
  readonly activeRun?: string;
  readonly lastRun?: string;
}

function shownContainer<T extends OfRuns>(container: T): T {
  const { activeRun, lastRun } = container;
  return { ...container, ...defined({ activeRun: shownId(activeRun), lastRun: shownId(lastRun) }) };
}

/** Its chunk keeps the id inside: that is a key in the records, and no run to ask for. */
function shownImage(image: ImageDocument): ImageDocument {
  const attempts = image.attempts.map((attempt) => ({ ...attempt, runId: instanceIdOf(attempt.runId) }));
  return { ...image, runId: instanceIdOf(image.runId), attempts };
}

function shownQuota({ weights, ...quota }: QuotaReading): QuotaReading {
  if (weights === undefined) return quota;
  const shown = Object.entries(weights).map(([id, weight]) => [instanceIdOf(id), weight] as const);
  return { ...quota, weights: Object.fromEntries(shown) };
}

/** The same values under other names. */
async function namedAnew<T>(
  values: Readonly<Record<string, T>>,
  nameOf: (name: string) => Promise<string>,
): Promise<Record<string, T>> {
  const entries = Object.entries(values).map(async ([name, value]) => [await nameOf(name), value] as const);
  return Object.fromEntries(await Promise.all(entries));
}

function shownWatch(watch: Watch): Watch {
  const { lastLook, lastStart } = watch;
  return {
    ...watch,
    ...(lastLook && { lastLook: { ...lastLook, ...defined({ run: shownId(lastLook.run) }) } }),
    ...(lastStart && { lastStart: { ...lastStart, run: instanceIdOf(lastStart.run) } }),
  };
}
