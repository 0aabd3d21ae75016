import { DaprWorkflowClient } from '@dapr/dapr';
import { InterceptingCall, type Interceptor } from '@grpc/grpc-js';
import { defined } from '../domain/defined';
import { AppError } from '../domain/errors';

import type { WorkflowStarter, WorkflowStatus } from '../use-cases/workflow-starter';

export interface WorkflowClientSettings {
  readonly host: string;
  readonly grpcPort: number;
  readonly apiToken?: string;
  readonly deadlineMs: number;
}

const ALREADY_EXISTS = 6;
/** WorkflowRuntimeStatus of the SDK: completed, failed, terminated. */
const ENDED = new Set([1, 3, 5]);

/**
 * With a deadline on every call.
 *
 * @dapr/dapr 3.18.0 sets none: scheduleNewWorkflow blocks for ever on a silent sidecar. A deadline interceptor is safe on
 * the client only; on the worker it would cut the stream of work items.
 */
export function createWorkflowStarter(settings: WorkflowClientSettings): WorkflowStarter {
  const client = new DaprWorkflowClient({
    daprHost: settings.host,
    daprPort: String(settings.grpcPort),
    ...defined({ daprApiToken: settings.apiToken }),
    grpcOptions: { interceptors: [deadline(settings.deadlineMs)] } as object,
  });
  async function status(instanceId: string): Promise<WorkflowStatus> {
    try {
      const state = await client.getWorkflowState(instanceId, false);
      if (!state) return 'unknown';
      return ENDED.has(state.runtimeStatus as number) ? 'ended' : 'active';
    } catch (error) {
      // The SDK's status map ends before STALLED (8): it throws a TypeError (orchestration-status.enum.js).
      if (error instanceof TypeError) return 'stalled';
      throw unavailable('read', error);
    }
  }

  return {
    status,
    async schedule(name, instanceId, input) {
      try {
        // A start time skips the wait for the first turn, which needs a connected worker.
        await client.scheduleNewWorkflow(name, input, instanceId, new Date());
        return 'scheduled';
      } catch (error) {
        if ((error as { code?: number }).code === ALREADY_EXISTS) return 'exists';
        throw unavailable('start', error);
      }
    },
    async raiseEvent(instanceId, name, payload) {
      try {
        await client.raiseEvent(instanceId, name, payload);
      } catch (error) {
        throw unavailable('wake', error);
      }
    },
    async purge(instanceId) {
      try {
        await client.purgeWorkflow(instanceId);
      } catch (error) {
        // What the engine has forgotten by itself is refused in various words (daprd 1.18.2): whether it is there decides.
        if ((await status(instanceId)) !== 'unknown') throw unavailable('forget', error);
      }
    },
    // Not awaited: it closes the connection at once, and sleeps for a second (@dapr/dapr 3.18.0, client.js).
    close: () => void client.stop().catch(() => undefined),
  };
}

function deadline(ms: number): Interceptor {
  return (options, nextCall) =>
    new InterceptingCall(nextCall({ ...options, deadline: options.deadline ?? Date.now() + ms }));
}

function unavailable(verb: string, cause: unknown): AppError {
  const message = cause instanceof Error ? cause.message : String(cause);
  return new AppError('workflow-unavailable', `The workflow engine did not ${verb} the run: ${message}`, {
    retryable: true,
    cause,
  });
}
