import { BANNER } from '../../../packages/dev-vision/src/main';
import { SERVICE_LIMITS } from '../../../packages/dev-vision/src/service-limits';

/** Guarantee: who starts the local Vision is told every format that it reads, and that it is not the real one. */
test('the start names every format that is read', () => {
  const said = BANNER.join(' ').toLowerCase();
  for (const format of SERVICE_LIMITS['4.0'].formats) expect(said).toContain(format);
  expect(said).toContain('stand-in');
});
