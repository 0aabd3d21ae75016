import { v7 as uuidv7 } from 'uuid';
import type { Logger } from 'pino';
import type { Actors } from '../actors';
import type { Config } from '../config';
import { systemClock } from '../pipeline/clock';
import type { ContainerIndex } from '../use-cases/containers/container-index';
import { createApproveRun } from '../use-cases/runs/approve-run';
import { createCancelRun } from '../use-cases/runs/cancel-run';
import { createDeclineRun } from '../use-cases/runs/decline-run';
import { createExpireRuns, type ExpireRuns } from '../use-cases/runs/expire-runs';
import { createForecastRetry } from '../use-cases/runs/forecast-retry';
import { createGetAudit } from '../use-cases/runs/get-audit';
import { createGetCourse } from '../use-cases/runs/get-course';
import { createGetReceipt } from '../use-cases/runs/get-receipt';
import { createGetRun } from '../use-cases/runs/get-run';
import { InstanceIds } from '../use-cases/runs/instance-ids';
import { createListRunImages } from '../use-cases/runs/list-run-images';
import { createListRunSteps } from '../use-cases/runs/list-run-steps';
import { createListRuns } from '../use-cases/runs/list-runs';
import { createLiveRun } from '../use-cases/runs/live-run';
import { createPauseRun } from '../use-cases/runs/pause-run';
import type { ControlCommand, RunUseCases } from '../use-cases/runs/port';
import { createPurgeRun } from '../use-cases/runs/purge-run';
import { createReadRunReport } from '../use-cases/runs/read-run-report';
import { createReconcileRuns, type ReconcileRuns } from '../use-cases/runs/reconcile-runs';
import { createRestartRun } from '../use-cases/runs/restart-run';
import { createResumeRun } from '../use-cases/runs/resume-run';
import { createRetryRun } from '../use-cases/runs/retry-run';
import type { RunClosing } from '../use-cases/runs/run-closing';
import { RunLedger } from '../use-cases/runs/run-ledger';
import { createStartRun } from '../use-cases/runs/start-run';
import type { Gateways } from './gateways';

export interface Runs {
  readonly useCases: RunUseCases;
  readonly instanceIds: InstanceIds;
  readonly reconcileRuns: ReconcileRuns;
  readonly expireRuns: ExpireRuns;
}

/** What a person asks of runs, and what the jobs do with them. */
export function createRuns(
  { approval }: Pick<Config, 'approval'>,
  { blobs, results, runs, manifests, vision, workflows, instances }: Gateways,
  actors: Actors,
  { containerIndex, closing }: { readonly containerIndex: ContainerIndex; readonly closing: RunClosing },
  log: Logger,
): Runs {
  const { nowMs, sleep } = systemClock;
  const newRunId = () => uuidv7().replaceAll('-', '');
  const analyzer = () => vision.analyzer;
  const ledger = new RunLedger(manifests, actors);
  const liveRun = createLiveRun(actors);
  const getRun = createGetRun({ runs, liveRun });
  const instanceIds = new InstanceIds({ instances, getRun, nowMs });
  const purgeRun = createPurgeRun({ getRun, actors, runs, manifests, workflows, instanceIds, sleep });
  const starting = {
    ...{ actors, blobs, runs, liveRun, instanceIds, purgeRun, containerIndex, workflows },
    ...{ approval, vision, nowMs, newRunId },
  };
  const startRun = createStartRun(starting);
  const commanding = { getRun, actors, runs, workflows };
  const following = { getRun, startRun, actors, runs, results, approval, analyzer, sleep };
  const recorded = { getRun, actors, manifests, results, vision, ledger };
  const control: Record<ControlCommand['verb'], RunUseCases['controlRun']> = {
    pause: createPauseRun(commanding),
    resume: createResumeRun(commanding),
    cancel: createCancelRun(commanding),
    decline: createDeclineRun(commanding),
  };
  return {
    useCases: {
      ...{ startRun, getRun, purgeRun },
      listRuns: createListRuns({ runs, liveRun }),
      controlRun: (command) => control[command.verb](command),
      approveRun: createApproveRun(commanding),
      getAudit: createGetAudit(commanding),
      forecastRetry: createForecastRetry(following),
      retryRun: createRetryRun(following),
      restartRun: createRestartRun(following),
      getCourse: createGetCourse(recorded),
      listRunImages: createListRunImages(recorded),
      readRunReport: createReadRunReport(recorded),
      listRunSteps: createListRunSteps(recorded),
      getReceipt: createGetReceipt(recorded),
    },
    instanceIds,
    reconcileRuns: createReconcileRuns({ actors, runs, workflows, closing, nowMs, log }),
    expireRuns: createExpireRuns({ runs, purgeRun, log }),
  };
}
