import { type Task, type WorkflowContext, WorkflowRuntime } from '@dapr/dapr';
import { WORK_ITEMS, widen } from '../../src/dapr/worker';
import { events, Instance, type NamedWorkflow } from './harness';

/**
 * What @dapr/dapr 3.18.0 does, as far as src/workflows/sdk works around it. A test that fails here after an upgrade says
 * that a workaround may go.
 */
type Body = (ctx: WorkflowContext, input: unknown) => unknown;

const AT = new Date(Date.UTC(2026, 0, 1));

function instance(body: Body, input: unknown = {}): Instance {
  const workflow: NamedWorkflow = { name: 'body', run: body as NamedWorkflow['run'] };
  return new Instance([workflow], 'body', 'i', input);
}

async function turn(of: Instance, ...arrived: ReturnType<typeof events.turnStarted>[]) {
  for (const event of arrived) of.deliver(event);
  return of.turn(AT);
}

type Fence = AsyncGenerator<Task<unknown>, unknown, unknown>;

describe('defects of the SDK that the seam works around', () => {
  it('completes a plain generator at once with {}', async () => {
    const of = instance(function* (ctx: WorkflowContext) {
      yield ctx.callActivity('step', {});
    });
    expect(await turn(of)).toEqual([{ kind: 'completed', output: {} }]);
  });

  it('waits for ever on whenAll of nothing', async () => {
    const of = instance(async function* (ctx: WorkflowContext): Fence {
      yield ctx.whenAll([]);
      return 'done';
    });
    expect(await turn(of)).toEqual([]);
    expect(await turn(of, events.raised('nudge', {}))).toEqual([]);
    expect(of.end).toBeUndefined();
  });

  it('waits for ever on whenAll when a child was complete before', async () => {
    const of = instance(async function* (ctx: WorkflowContext): Fence {
      const [a, b] = [ctx.callActivity('a', {}), ctx.callActivity('b', {})];
      yield a;
      yield ctx.whenAll([a, b]);
      return 'done';
    });
    await turn(of);
    await turn(of, events.taskCompleted(1, 1));
    await turn(of, events.taskCompleted(2, 2));
    expect(of.end).toBeUndefined();
  });

  it('fails the workflow when the last child of whenAll fails, past its try and catch', async () => {
    const of = instance(async function* (ctx: WorkflowContext): Fence {
      try {
        yield ctx.whenAll([ctx.callActivity('a', {})]);
      } catch {
        return 'caught';
      }
      return 'done';
    });
    await turn(of);
    await turn(of, events.taskFailed(1, new Error('broken')));
    expect(of.end).toMatchObject({ kind: 'failed', errorType: 'TaskFailedError' });
  });

  it('fails the workflow when a sibling completes after a caught whenAll', async () => {
    const of = instance(async function* (ctx: WorkflowContext): Fence {
      try {
        yield ctx.whenAll([ctx.callActivity('a', {}), ctx.callActivity('b', {})]);
      } catch {
        yield ctx.callActivity('after', {});
      }
      return 'done';
    });
    await turn(of);
    await turn(of, events.taskFailed(1, new Error('broken')));
    await turn(of, events.taskCompleted(2, 'late'));
    expect(of.end).toMatchObject({ kind: 'failed', message: 'Task is already completed' });
  });

  it('answers undefined for a yielded task that had already failed', async () => {
    const of = instance(async function* (ctx: WorkflowContext): Fence {
      const [bad, good] = [ctx.callActivity('bad', {}), ctx.callActivity('good', {})];
      yield ctx.whenAny([bad, good]);
      const seen = yield bad;
      return { seen: seen ?? 'undefined', failed: bad.isFailed };
    });
    await turn(of);
    await turn(of, events.taskFailed(1, new Error('broken')));
    expect(of.output).toEqual({ seen: 'undefined', failed: true });
  });

  it.each([0, false, '', null])('sends the input %p as undefined', async (input) => {
    const of = instance(async function* (ctx: WorkflowContext): Fence {
      yield ctx.callActivity('step', input);
      return undefined;
    });
    expect(await turn(of)).toEqual([{ kind: 'activity', id: 1, name: 'step', input: undefined }]);
  });

  it('drops the payload of a carried event that is falsy', async () => {
    const of = instance(async function* (ctx: WorkflowContext, input: unknown): Fence {
      if ((input as { again?: boolean }).again) return { got: (yield ctx.waitForExternalEvent('word')) ?? 'undefined' };
      yield ctx.callActivity('step', {});
      ctx.continueAsNew({ again: true }, true);
      return undefined;
    });
    await turn(of);
    await turn(of, events.raised('word', 0));
    await turn(of, events.taskCompleted(1, 'x'));
    expect(of.output).toEqual({ got: 'undefined' });
  });

  it('gives an event to the wait that was given up, not to the one that waits', async () => {
    const of = instance(async function* (ctx: WorkflowContext): Fence {
      yield ctx.whenAny([ctx.waitForExternalEvent('word'), ctx.createTimer(60)]);
      const second = ctx.waitForExternalEvent('word');
      yield second;
      return 'heard';
    });
    await turn(of);
    await turn(of, events.timerFired(1, AT));
    await turn(of, events.raised('word', {}));
    expect(of.end).toBeUndefined();
  });

  it('takes an answer of an earlier generation for its own when the ids are the same', async () => {
    const of = instance(async function* (ctx: WorkflowContext, input: unknown): Fence {
      const { again } = input as { again?: boolean };
      const answer = yield ctx.callActivity(again ? 'second' : 'first', {});
      if (again) return answer;
      ctx.continueAsNew({ again: true }, true);
      return undefined;
    });
    await turn(of);
    await turn(of, events.taskCompleted(1, 'first answer'));
    await turn(of, events.taskCompleted(1, 'first answer, delivered again'));
    expect(of.output).toBe('first answer, delivered again');
  });

  it('throws a failed activity into the workflow once it is yielded alone', async () => {
    const of = instance(async function* (ctx: WorkflowContext): Fence {
      try {
        return yield ctx.callActivity('step', {});
      } catch (thrown) {
        return (thrown as Error).constructor.name;
      }
    });
    await turn(of);
    await turn(of, events.taskFailed(1, new Error('broken')));
    expect(of.output).toBe('TaskFailedError');
  });

  it('runs ten work items at once, which its only setting is a private field for', () => {
    const runtime = new WorkflowRuntime({ daprHost: '127.0.0.1', daprPort: '1' });
    expect(runtime).toMatchObject({ worker: { _maxConcurrentWorkItems: 10 } });
    widen(runtime);
    expect(runtime).toMatchObject({ worker: { _maxConcurrentWorkItems: WORK_ITEMS } });
    expect(() => widen({ worker: {} } as never)).toThrow('has another limit');
  });

  it('sleeps for a second when all is answered and its connection is closed, which it tells nobody else', () => {
    const runtime = new WorkflowRuntime({ daprHost: '127.0.0.1', daprPort: '1' });
    expect(runtime).toMatchObject({ worker: { _isRunning: false } });
  });
});
