import type { Actors } from '../../actors';
import type { EventsGateway } from '../../gateways/events/port';
import type { ManifestsGateway } from '../../gateways/manifests/port';
import type { ResultsGateway } from '../../gateways/results/port';
import type { VisionGateway } from '../../gateways/vision/port';
import type { ChunkWork } from '../../pipeline/chunk-work';
import type { Listing } from '../../pipeline/listing';
import type { ContainerWatcher } from '../../use-cases/watches/container-watcher';
import type { QuoteSettings } from '../../use-cases/quotes/price-plan';
import type { ErrorValue } from '../../domain/outcome';
import { failureReason } from '../../use-cases/runs/failure-reason';
import type { RunClosing } from '../../use-cases/runs/run-closing';
import type { RunIndex } from '../../use-cases/runs/run-index';
import type { RunMilestones } from '../../use-cases/runs/run-milestones';
import { type Clock, systemClock } from '../../pipeline/clock';
import { type Activity, withShortAnswer, withTroubleTold } from './activity';
import { createAnalyzeChunk } from './analyze-chunk';
import { createAnnounce } from './announce';
import { GivingWay } from './giving-way';
import { createCleanPage } from './clean-page';
import { createCleanRun } from './clean-run';
import { createCloseRun } from './close-run';
import { createListPage } from './list-page';
import { createLookAtContainer } from './look-at-container';
import { createMarkPaused } from './mark-paused';
import { createOpenPage } from './open-page';
import { createSeekApproval } from './seek-approval';
import { createSetPhase } from './set-phase';
import { createTakeApproval } from './take-approval';
import { createVerifyTotals } from './verify-totals';
import { createWriteQuote } from './write-quote';

export type { Activity } from './activity';

export interface ActivityDeps {
  readonly actors: Actors;
  readonly listing: Listing;
  readonly chunks: ChunkWork;
  readonly vision: VisionGateway;
  readonly results: ResultsGateway;
  readonly manifests: ManifestsGateway;
  readonly index: Pick<RunIndex, 'write'>;
  readonly milestones: RunMilestones;
  readonly events: EventsGateway;
  readonly quote: QuoteSettings;
  readonly closing: Pick<RunClosing, 'close'>;
  readonly watcher: Pick<ContainerWatcher, 'look'>;
  /** Default the system's. */
  readonly clock?: Pick<Clock, 'sleep'>;
}

/** Every activity under its wire name. */
export function createActivities(deps: ActivityDeps): readonly Activity[] {
  const { actors, milestones } = deps;
  const activities = [
    createSetPhase(milestones),
    createListPage(deps),
    createWriteQuote(deps),
    createSeekApproval(milestones),
    createTakeApproval(deps),
    createOpenPage(deps),
    createAnalyzeChunk(deps),
    createCleanPage(deps),
    createMarkPaused(milestones),
    createVerifyTotals(deps),
    createCloseRun(deps.closing),
    createAnnounce(deps),
    createCleanRun(deps),
  ];
  const words = {
    trouble: (id: string, reason: string) => actors.run(id).trouble({ reason }),
    fail: (id: string, error: Pick<ErrorValue, 'code' | 'message'>) =>
      actors.run(id).command({ verb: 'fail', reason: failureReason(error) }),
  };
  const control = async (id: string) => (await actors.run(id).control()).control;
  const givingWay = new GivingWay({ control, clock: deps.clock ?? systemClock });
  const ofRuns = activities.map((each) => givingWay.wrap(withTroubleTold(each, words)));
  return [...ofRuns, createLookAtContainer(deps.watcher)].map(withShortAnswer);
}
