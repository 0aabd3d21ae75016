import { VisionQuotaActorLogic } from '../../../src/actors/quota/vision-quota-actor';
import { QuotaControl } from '../../../src/use-cases/quota/quota-control';
import { createMemoryActorStore } from '../actors/memory-actors';

function site() {
  const actor = new VisionQuotaActorLogic(createMemoryActorStore(), { ratePerSecond: 10 }, () => Date.UTC(2026, 0, 1));
  return new QuotaControl({ quota: () => actor }, 'me-cognitiveservices-azure-com');
}

test('shows the settings, the month and the pause of the one resource', async () => {
  expect(await site().view()).toEqual({
    resource: 'me-cognitiveservices-azure-com',
    ratePerSecond: 10,
    spent: { month: '2026-01', transactions: 0, byContainer: {} },
    factor: 1,
  });
});

test('sets what is named, of that resource alone', async () => {
  const control = site();
  const { resource } = await control.view();
  expect(await control.set({ resource, monthlyTransactions: 7 })).toMatchObject({
    ratePerSecond: 10,
    monthlyTransactions: 7,
  });
  await expect(control.set({ resource: 'other', monthlyTransactions: 8 })).rejects.toMatchObject({
    code: 'invalid-request',
  });
  expect((await control.view()).monthlyTransactions).toBe(7);
});
