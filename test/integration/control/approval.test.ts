import { judge } from '../../chaos/oracle';
import { eventually, withLogs } from '../framework';
import { activityIds, quoteOf } from '../main-job/client';
import { asAnn, callsSeen, inStatus, runOf, seeded, slowStack, startRun } from './control';

const IMAGES = 40;

// A run above the configured amount spends nothing before its owner has agreed to its very plan.
test('a run asks, is approved, declined, or expires', async () => {
  const stack = await slowStack({ appEnv: { APPROVAL: 'above:0.01', APPROVAL_EXPIRES_SECONDS: '30' } });
  try {
    await withLogs(async () => {
      await seeded(stack, 'expired', IMAGES);
      const late = await startRun(stack, 'expired', { approval: 'always' }); // nobody answers it

      await seeded(stack, 'asked', IMAGES);
      const quote = await quoteOf(stack, 'asked');
      expect(quote).toMatchObject({ container: 'asked', calls: IMAGES, images: { total: IMAGES, new: IMAGES } });

      const declined = await startRun(stack, 'asked');
      await inStatus(stack, declined, /^AwaitingApproval$/);
      const no = await asAnn(stack).declineRun({ params: { id: declined }, body: { reason: 'too dear' } });
      expect([no.status, no.body.status]).toEqual([202, 'Cancelling']);
      expect((await inStatus(stack, declined, /^Cancelled$/)).reason).toBe('too dear');

      const id = await startRun(stack, 'asked');
      const waiting = await inStatus(stack, id, /^AwaitingApproval$/);
      expect(waiting.quote?.planHash).toBe(quote.planHash); // the plan of the dry run still holds
      await eventually(async () => (await activityIds(stack, 'asked')).includes(`${id}/approval-requested`), {
        what: 'approval-requested is announced',
      });
      expect(await callsSeen(stack)).toBe(0);
      expect((await asAnn(stack).approveRun({ params: { id }, body: { planHash: '0'.repeat(64) } })).status).toBe(409);
      const paused = await asAnn(stack).pauseRun({ params: { id } });
      expect([paused.status, paused.body.status]).toEqual([202, 'Paused']);
      const approval = { planHash: waiting.quote?.planHash ?? '', maxTransactions: 10_000 };
      expect((await asAnn(stack).approveRun({ params: { id }, body: approval })).body.status).toBe('Paused');
      expect((await asAnn(stack).resumeRun({ params: { id } })).status).toBe(202);
      await inStatus(stack, id, /^Completed/);
      expect((await asAnn(stack).approveRun({ params: { id }, body: approval })).status).toBe(409);
      const { violations } = await judge({ endpoints: stack.endpoints, container: 'asked', runId: id });
      expect(violations).toEqual([]);

      const free = await startRun(stack, 'asked'); // nothing new: nothing to ask
      await inStatus(stack, free, /^Completed$/);

      await seeded(stack, 'byevent', IMAGES);
      const raised = await startRun(stack, 'byevent', { approval: 'always' });
      const plan = (await inStatus(stack, raised, /^AwaitingApproval$/)).quote?.planHash;
      const workflows = stack.workflows();
      await workflows.raiseEvent(raised, 'approval', { approved: true, planHash: plan });
      workflows.close();
      await inStatus(stack, raised, /^Completed$/);

      expect((await inStatus(stack, late, /^Cancelled$/, 60_000)).reason).toBe('approval expired');
      // Those of the two runs that were approved.
      expect([await callsSeen(stack), (await runOf(stack, late)).calls]).toEqual([2 * IMAGES, 0]);
    });
  } finally {
    await stack.stop();
  }
}, 300_000);
